from pathlib import Path

from hawx_hw.power.result import (
    Accesses,
    ClockedModule,
    ClockTree,
    Glitches,
    GlitchShare,
    GroupPower,
    LayerPower,
    MacroPower,
    MemoryModelEnergy,
    PowerResult,
)
from hawx_hw.synthesis.result import TechnologyName
from hawx_hw.util.results import Header

METRICS = {
    "internal_uw": 4.0,
    "clock_uw": 1.0,
    "switching_uw": 2.0,
    "glitch_uw": 1.0,
    "memory_uw": 2.0,
    "leakage_uw": 1.0,
    "power_uw": 10.0,
    "energy_pj": 20.0,
}
RESULT = PowerResult(
    **METRICS,
    supply=1.1,
    clock_mhz=500.0,
    images=64,
    cycles=1000,
    layers=(
        LayerPower(
            **METRICS,
            name="conv1",
            cycles=1000,
            parts={"blocks": 20.0},
            part_glitches={"blocks": 2.0},
            blocks={},
        ),
    ),
    parts={"blocks": GroupPower(**METRICS, instances=None)},
    blocks={"hawx_block_exact": GroupPower(**METRICS, instances=16)},
    holders={},
    modules={},
    memory_model="published",
    memory_models={"published": MemoryModelEnergy(memories_pj=0.5, energy_pj=20.0)},
    memories=(
        MacroPower(
            path="core/ram",
            kind="hawx_sp_ram",
            width=8,
            depth=16,
            reads=2.5,
            writes=1.0,
            layers={"conv1": Accesses(reads=2.5, writes=1.0)},
            read_energy_fj=10.0,
            write_energy_fj=12.0,
            clock_fj=0.5,
            energy_pj=0.537,
            memory_models={"published": 0.537},
            leakage_nw=3.0,
            source="model",
        ),
    ),
    clock_tree=ClockTree(
        modules={"hawx_pe_exact": ClockedModule(clock_gates=2, gated=30, free=1)},
        buffer="BUF",
        buffers=2,
        estimated_uw=0.5,
    ),
    glitches=Glitches(
        cycles=100,
        images=64,
        settled_pj=10.0,
        glitch_pj=2.0,
        standard_error_pj=0.1,
        parts={"blocks": GlitchShare(settled_pj=10.0, glitch_pj=2.0, standard_error_pj=0.1)},
    ),
    technology=TechnologyName(name="generic45", library="generic45", sha256="ab"),
    clock="set by the technology",
    method="toggles with glitches",
)


def test_power_json_is_read_as_it_was_written(tmp_path: Path) -> None:
    RESULT.write(tmp_path, Header(stage="power", config="c", versions={"numpy": "2"}))
    assert PowerResult.read(tmp_path) == RESULT
    without = RESULT.model_copy(update={"glitches": None})
    without.write(tmp_path)
    assert PowerResult.read(tmp_path) == without
