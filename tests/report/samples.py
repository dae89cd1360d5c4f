"""Results of a small run, for the tests of what is shown of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hawx_hw.architectures.drawing import (
    Bus,
    Caption,
    Drawing,
    DrawnBlock,
    DrawnCell,
    DrawnMemory,
    DrawnUnit,
    LayerUse,
)
from hawx_hw.architectures.timeline import Activity, TrackSpans, timeline
from hawx_hw.compensation.result import AssignedAccuracy, AssignResult
from hawx_hw.design.drawing_result import DrawingResult
from hawx_hw.design.program import (
    EmitResult,
    EmittedBlock,
    LayerMultiplications,
    ProgramCycles,
)
from hawx_hw.netlist.report import CellTotals
from hawx_hw.power.references import ReferenceDesign, ReferencesResult
from hawx_hw.power.result import (
    ClockedModule,
    ClockTree,
    Glitches,
    GlitchShare,
    GroupPower,
    LayerPower,
    MemoryModelEnergy,
    PowerMetrics,
    PowerResult,
)
from hawx_hw.prediction.alternatives import Alternative
from hawx_hw.prediction.choice_result import (
    AcceleratorChoice,
    AcceleratorResult,
    ConsideredAccelerator,
)
from hawx_hw.prediction.prediction import Interval, OutOfRange, Prediction
from hawx_hw.prediction.result import PredictedTechnology, PredictResult
from hawx_hw.quantize.result import (
    DatasetSummary,
    NetworkAccuracy,
    QuantizeResult,
    RolesSummary,
)
from hawx_hw.retraining.result import RetrainedDesign, RetrainResult, Seen, TrainingSettings
from hawx_hw.synthesis.result import (
    SynthesisOptions,
    SynthResult,
    TechnologyName,
    Timing,
    WiresTiming,
)
from hawx_hw.util.results import Result
from hawx_hw.verification.result import Cause, CyclesOfLayer, ScenarioResult, VerifyResult

TECHNOLOGY = TechnologyName(name="generic45", library="generic45", sha256="ab")

QUANTIZE = QuantizeResult(
    model="lenet5",
    dataset=DatasetSummary(
        name="mnist",
        classes=10,
        shape=(1, 28, 28),
        train_images=60_000,
        test_images=10_000,
        sha256="cd",
        note="Only a part is at hand.",
    ),
    roles=RolesSummary(learn=50_004, select=9_996, test=10_000, unseen=True),
    calibration_images=512,
    accuracy=NetworkAccuracy(float=0.9931, int8=0.9928, images=10_000),
    parameters=61_706,
)
ACCELERATOR = AcceleratorResult(
    accelerator=AcceleratorChoice(
        accelerator={"architecture": "systolic", "rows": 8, "columns": 4},
        chosen=("rows", "columns"),
        candidates=1_234,
        considered=tuple(
            ConsideredAccelerator(
                size=f"{rows} x {columns}",
                numbers={"columns": columns, "rows": rows},
                cycles=cycles,
                latency_us=cycles / 500,
                energy_nj=500.0,
                area_um2=70_000.0,
            )
            for rows, columns, cycles in ((8, 4, 1_000), (4, 8, 1_100))
        ),
    )
)
_SEEN = Seen(images=5_000, exact=0.99, before=0.9, after=0.975, lost=90, gained=15)
#: Nothing was retrained; and the network of the config's own blocks was.
NO_RETRAINING = RetrainResult()
RETRAIN = RetrainResult(
    settings=TrainingSettings(
        epochs=5,
        gradient="gain",
        learning_rate=0.5,
        distillation=True,
        seed=0,
        images=45_000,
        device="cpu",
        threads=1,
    ),
    designs=(
        RetrainedDesign(
            index=None,
            number=None,
            blocks=("drum(k=4)",),
            files="retrained/0",
            select=_SEEN,
            test=_SEEN.model_copy(update={"images": 10_000}),
        ),
    ),
)
ASSIGN = AssignResult(
    exact=False,
    accuracy=AssignedAccuracy(images=10_000, uncompensated=0.9, assigned=0.985, searched=0.98),
    compensation=(),
    training=None,
)
EMIT = EmitResult(
    generator="hawx_hw",
    config_hash="000000ab",
    top="hawx_accelerator",
    sources=("hawx_rom.v",),
    title="8 x 4 array, 32 PEs",
    cell="PE",
    loadable=False,
    multipliers=32,
    blocks=(
        EmittedBlock(name="exact", table_sha256="1", implementation="tree", instances=64),
        EmittedBlock(name="drum(k=4)", table_sha256="2", implementation="multiply", instances=24),
    ),
    multiplications=(
        LayerMultiplications(layer="conv1", blocks={"exact": 300, "drum(k=4)": 100}),
        LayerMultiplications(layer="fc", blocks={"exact": 50}),
    ),
    memories=(),
    parameters_sha256="ef",
    parameter_bytes=64_413,
    cycles=ProgramCycles(core=8000, layers=()),
)
_WEIGHTS = DrawnMemory(
    id="core/weights", title="weights", detail="99 x 8 b", x=20, y=60, width=90, height=30,
    part="memories", path="core/weights", use="weights", macro="hawx_rom", bits=8, words=99,
    group="weights",
)  # fmt: skip
#: Three cells of which two hold both blocks, and one layer; 60 multiplications of each block.
DRAWING = DrawingResult(
    drawing=Drawing(
        title="three PEs",
        cell="PE",
        cell_part="PEs without blocks",
        blocks=(
            DrawnBlock(name="exact", module="hawx_block_exact"),
            DrawnBlock(name="drum(k=4)", module="hawx_block_drum_k_4"),
        ),
        height=200.0,
        cell_width=30.0,
        cell_height=30.0,
        cells=tuple(
            DrawnCell(name=f"row 0, column {number}", x=150 + 30 * number, y=60, blocks=blocks)
            for number, blocks in enumerate(((0,), (0, 1), (0, 1)))
        ),
        units=(
            DrawnUnit(id="host", title="AXI4-Lite", x=20, y=2, width=90, height=18, port=True),
            DrawnUnit(
                id="control", title="control", x=20, y=30, width=90, height=20, part="control"
            ),
        ),
        memories=(_WEIGHTS,),
        buses=(
            Bus(source="core/weights", target="cells", bits=8, label="weights",
                points=((110, 75), (150, 75))),
        ),
        captions=(Caption(text="weights", x=20, y=100, width=60, strong=True),),
        layers=(LayerUse.of("conv1", [(60.0,), (0.0, 30.0), (0.0, 30.0)]),),
    ),
    timelines=(
        timeline(
            "conv1",
            100,
            {
                "work": Activity(title="multiply", causes=("useful",)),
                "wait": Activity(title="wait for weights", work=False, causes=("other",)),
            },
            [
                TrackSpans("cycles", [(0, 20, "wait", ""), (20, 100, "work", "")]),
                TrackSpans("array", [(20, 60, "work", "tile 0"), (60, 100, "work", "tile 1")]),
            ],
            source="a sample",
            window=50,
            bins=10,
        ),
    ),
)  # fmt: skip
#: A scenario that failed though all results are right.
STALLED = {"stalls": ScenarioResult(passed=False, failures=("Image 2 took 9 cycles.",))}
VERIFY = VerifyResult(
    images=20,
    traced=2,
    inferences=40,
    mismatches=0,
    cycles_per_image=8906,
    cycles_predicted=8906,
    cycles_of_layers={"conv1": 8906},
    scenarios={},
    simulator="verilator",
    macs=5000,
    multipliers=32,
    utilization=0.7307,
    causes=(
        Cause(name="useful", title="useful"),
        Cause(name="fill_and_drain", title="fill, drain"),
        Cause(name="other", title="other"),
    ),
    ledger=(
        CyclesOfLayer(
            name="conv1",
            cycles=8906,
            macs=5000,
            causes={"useful": 6506.0, "fill_and_drain": 1800, "other": 600},
        ),
    ),
)
SYNTH = SynthResult(
    **dict(
        CellTotals(
            cells=57_834,
            sequential_cells=5_129,
            area=83_394.192,
            sequential_area=23_193.338,
            combinational_area=60_200.854,
        )
    ),
    cells_by_kind={},
    modules={},
    memories=(),
    memory_bits=724_275,
    top="hawx_accelerator",
    technology=TECHNOLOGY,
    options=SynthesisOptions(period_ns=None, booth=False, flatten=False, clock_gating=False),
    keys={},
    timing=Timing(
        method="liberty tables",
        longest_path_ns=2.1264,
        module="hawx_array_slice",
        end="f/D",
        by_module_ns={},
        with_wires=WiresTiming(longest_path_ns=2.4961, module="hawx_requantizer", model="5K"),
        opensta=None,
        opensta_left_out=None,
    ),
)
_METRICS = dict(
    PowerMetrics(
        internal_uw=3000.0,
        clock_uw=1000.0,
        switching_uw=2000.0,
        glitch_uw=1000.0,
        memory_uw=2000.0,
        leakage_uw=1000.0,
        power_uw=10_000.0,
        energy_pj=200_000.0,
    )
)
_SHARES = {"blocks": 50_000.0, "memories": 150_000.0}
POWER = PowerResult(
    **_METRICS,
    supply=1.1,
    clock_mhz=500.0,
    images=64,
    cycles=10_000,
    layers=(
        LayerPower(
            **_METRICS, name="conv1", cycles=10_000, parts=_SHARES, part_glitches={}, blocks={}
        ),
    ),
    parts={
        part: GroupPower(**{**_METRICS, "energy_pj": energy}, instances=None)
        for part, energy in _SHARES.items()
    },
    blocks={},
    holders={},
    modules={},
    memory_model="published",
    memory_models={
        name: MemoryModelEnergy(memories_pj=energy - 50_000.0, energy_pj=energy)
        for name, energy in (("published", 200_000.0), ("cacti", 90_000.0), ("scaled", 450_000.0))
    },
    memories=(),
    clock_tree=ClockTree(
        modules={
            "hawx_core": ClockedModule(clock_gates=2, gated=30, free=4),
            "hawx_pe_exact": ClockedModule(clock_gates=8, gated=120, free=0),
        },
        buffer="BUF",
        buffers=3,
        estimated_uw=120.0,
    ),
    technology=TECHNOLOGY,
    clock="set by the technology",
    glitches=Glitches(
        cycles=512,
        images=64,
        settled_pj=80_000.0,
        glitch_pj=20_000.0,
        standard_error_pj=320.0,
        parts={
            "blocks": GlitchShare(settled_pj=40_000.0, glitch_pj=20_000.0, standard_error_pj=320.0)
        },
    ),
    method="toggles with glitches",
)
REFERENCES = ReferencesResult(
    designs=(
        ReferenceDesign(
            what="exact blocks",
            accelerator="8 x 4",
            blocks=("exact",),
            accuracy=None,
            area=90_000.0,
            longest_path_ns=1.1,
            power=POWER,
        ),
    )
)


def interval(value: float) -> Interval:
    """A tenth to both sides."""
    return Interval(value, 0.9 * value, 1.1 * value)


PREDICTION = Prediction(
    technology="generic45",
    designs=80,
    area=interval(100_000.0),
    memory_area=5.0,
    longest_path_ns=interval(2.0),
    fmax_mhz=interval(500.0),
    clock_mhz=100.0,
    cycles=8906,
    latency_us=12.34,
    power_uw=interval(9_800.0),
    energy_pj=interval(3e5),
    outside=(OutOfRange("pes", "number of PEs", 40.0, 4.0, 20.0),),
)
PREDICT = PredictResult(
    technology=PredictedTechnology(name="generic45", sha256="ab", memory_model="published"),
    prediction=PREDICTION,
    reason=None,
)
#: Other sizes: one that takes less energy, and one that is smaller but slower.
ALTERNATIVES = (
    Alternative(
        size="16 x 4",
        changed={"rows": 16, "columns": 4},
        multipliers=64,
        prediction=replace(
            PREDICTION, energy_pj=interval(2.4e5), area=interval(110_000.0), outside=()
        ),
    ),
    Alternative(
        size="4 x 4",
        changed={"rows": 4},
        multipliers=16,
        prediction=replace(
            PREDICTION, energy_pj=interval(3.3e5), area=interval(60_000.0), latency_us=20.0
        ),
    ),
)


def build_folder(base: Path, *results: Result) -> Path:
    """A build folder with the files of some results."""
    for result in results:
        result.write(base)
    return base
