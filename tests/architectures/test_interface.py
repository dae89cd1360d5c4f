"""A fake architecture passes through config, search, emission and simulation."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from hawx_hw.architectures import registry
from hawx_hw.architectures.base import Plan
from hawx_hw.characterization.block_table import BlockMetrics, BlockTable
from hawx_hw.config.load import load_config, schema_text
from hawx_hw.config.models import Config
from hawx_hw.design.design import Design
from hawx_hw.errors import UserError, VerificationError
from hawx_hw.graph.pixels import codes
from hawx_hw.graph.reference import run, run_all
from hawx_hw.graph.storage import load_graph, save_graph
from hawx_hw.pipeline.inputs import ASSIGNED
from hawx_hw.pipeline.order import STAGES
from hawx_hw.pipeline.pipeline import Pipeline
from hawx_hw.pipeline.stage import Context, Stage
from hawx_hw.search.result import load_result
from hawx_hw.sweep.space import Space
from hawx_hw.technology import load
from hawx_hw.util.progress import console_for
from tests.architectures import serial
from tests.architectures.serial import graph

CONFIG = """\
name: serial
network: {model: lenet5, dataset: points.npz, calibration_images: 16}
accelerator:
  architecture: serial
  salt: 7
search:
  blocks: ["array(5,4,0)", "array(6,6,0)"]
  algorithm: random
  budget: 12
  images: 40
  profile_images: 16
  objective: multiplier_energy
  constraints: {accuracy_drop: 5.5}
verify: {images: 3, traced_images: 2}
power: {images: 3}
"""


@pytest.fixture(scope="module")
def architecture() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(registry.ARCHITECTURES, "serial", serial.Serial())
        Config.model_rebuild(force=True)
        yield
    Config.model_rebuild(force=True)


def quantized(context: Context) -> None:
    """Stands for the stage ``quantize``, whose networks do not fit this architecture."""
    save_graph(graph(), context.output / "quantized")


def written(folder: Path) -> Path:
    """The folder with a data set and a config in it."""
    images = np.random.default_rng(4).integers(0, 256, (120, 2, 3, 2)).astype(np.uint8)
    labels = run(graph(), codes(images)).argmax(axis=1)
    np.savez(folder / "points.npz", x=images, y=labels, layout="NCHW")
    (folder / "serial.yaml").write_text(CONFIG)
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return written(tmp_path)


def pipeline(project: Path) -> Pipeline:
    config = load_config(project / "serial.yaml")
    stages = (Stage("quantize", quantized, settings=("network",)), *STAGES[1:])
    return Pipeline(config, project / "build", stages, console_for(silent=True), base=project)


@pytest.fixture(scope="module")
def build(architecture: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build folder with the results of all stages up to verification and power."""
    project = written(tmp_path_factory.mktemp("serial"))
    work = pipeline(project)
    work.run(work.needed("search"))
    # So few images decide nothing; a mixture is to be built.
    designs = load_result(project / "build").designs
    mixture = next(i for i, each in enumerate(designs) if {1, 2} <= set(each.vector))
    constraints = "constraints: {accuracy_drop: 5.5}"
    (project / "serial.yaml").write_text(CONFIG.replace(constraints, f"index: {mixture}"))
    work = pipeline(project)
    work.run(work.needed("verify"))
    work.run(work.needed("power"))
    return project / "build"


def test_from_config_to_verified_verilog(build: Path) -> None:
    design = json.loads((build / "design.json").read_text())
    assert design["accelerator"] == {
        "architecture": "serial",
        "activation_kib": None,
        "parameter_kib": None,
        "parameters": "rom",
        "block_implementation": "smallest",
        "salt": 7,
        "blocks": None,
    }
    program = json.loads((build / "program.json").read_text())
    assert program["title"] == "one serial multiplier"
    assert len(program["blocks"]) >= 2, "the search should mix blocks"
    assert program["cycles"]["core"] == 4 * (12 + serial.OVERHEAD)
    verified = json.loads((build / "verify.json").read_text())
    assert (verified["images"], verified["mismatches"]) == (3, 0)
    assert verified["cycles_per_image"] == verified["cycles_predicted"]
    assert "HAWX_SALT_VALUE 0x00000007u" in (build / "hawx_registers.h").read_text()


def plan_of(build: Path) -> Plan:
    return Design.load(build / "design.json").plan(load_graph(build / ASSIGNED))


def test_synthesis_and_power(build: Path) -> None:
    program, synthesized, power = (
        json.loads((build / f"{name}.json").read_text()) for name in ("program", "synth", "power")
    )
    blocks = {name for name in synthesized["modules"] if name.startswith("hawx_block_")}
    assert len(blocks) == len(program["blocks"])
    assert power["blocks"].keys() == blocks
    # What blocks stand in.
    assert power["holders"].keys() == {"hawx_core"}
    assert power["parts"].keys() == {"blocks", "clock", "core", "memories", "shell"}
    assert all(part["energy_pj"] > 0 for part in power["parts"].values())
    assert [layer["name"] for layer in power["layers"]] == ["d", "image in, result out"]
    assert power["layers"][0]["cycles"] == program["cycles"]["core"]
    predicted = {(use.macro, use.width, use.depth): use for use in plan_of(build).accesses()}
    for memory in power["memories"]:
        use = predicted[memory["kind"], memory["width"], memory["depth"]]
        assert (memory["reads"], memory["writes"]) == (use.reads, use.writes), memory["path"]


def test_a_wrong_core_is_found(
    architecture: None, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        serial.SerialPlan,
        "core",
        lambda plan, implementations: serial.SerialCore(serial.broken(plan), implementations),
    )
    work = pipeline(project)
    # The first scenario that fails compares no writes; the layer is named all the same.
    message = r"scenario 'parameters': Image 0, layer 0 \(d\): channel \d, pixel \(0, 0\) is -?\d"
    with pytest.raises(VerificationError, match=message) as caught:
        work.run(work.needed("verify"))
    verified = json.loads((project / "build" / "verify.json").read_text())
    first, second, *_ = verified["scenarios"]["parameters"]["failures"]
    assert str(caught.value).endswith(first)
    assert second.startswith("Image 0, result of layer 0 (d): channel ")


def test_the_config_is_a_union(architecture: None, project: Path) -> None:
    schema = json.loads(schema_text())
    forms = {form["$ref"] for form in schema["properties"]["accelerator"]["oneOf"]}
    assert forms == {f"#/$defs/{name}Config" for name in ("Systolic", "Simt", "Serial")}
    path = project / "serial.yaml"
    unknown = "There is no such key"
    for before, after, message in (
        ("salt: 7", "rows: 7", rf"yaml:5: accelerator.rows: {unknown}. Known here: a.* salt\.$"),
        ("budget: 12", "variants: [{pepper: 7}]", rf"search.variants.0.pepper: {unknown}. A var"),
        (
            "architecture: serial",
            "architecture: parallel",
            "must be 'systolic', 'simt' or 'serial', not",
        ),
    ):
        path.write_text(CONFIG.replace(before, after))
        with pytest.raises(UserError, match=message):
            load_config(path)


def test_an_accelerator_is_checked_before_anything_runs(architecture: None, project: Path) -> None:
    (project / "serial.yaml").write_text(CONFIG.replace("salt: 7", "salt: -7"))
    work = pipeline(project)
    with pytest.raises(UserError, match="salt must not be negative"):
        work.run(work.needed("emit"))
    assert not (project / "build" / "quantized.npz").exists()


def test_the_description_is_complete_and_exact(build: Path) -> None:
    plan, technology = plan_of(build), load("generic45")
    entries = [
        BlockMetrics(block.digest, block.name, name, 10.0 * (1 + number), 2.0, 3.0, 4.0)
        for number, block in enumerate(plan.blocks)
        for name in block.implementations
    ]
    values = plan.features(technology, BlockTable(entries), clock_mhz=70)
    assert values.keys() == serial.Serial().features.keys() >= serial.QUANTITIES.features
    assert (values["clock_mhz"], values["block_area"], values["cycles"]) == (70, 30, 56)
    assert values["block_energy_pj"] == pytest.approx(48 * 3.0 / 1000)
    report = json.loads((build / "synth.json").read_text())
    area = sum(
        each["instances"]
        * technology.memories.metrics(each["kind"], each["width"], each["depth"]).area
        for each in report["memories"]
    )
    assert values["memory_area"] == pytest.approx(area)
    with pytest.raises(KeyError):
        plan.features(technology, BlockTable())


def test_operands_add_up_to_the_sums() -> None:
    network = graph()
    tensors = run_all(
        network, np.random.default_rng(0).integers(-128, 128, (3, 2, 3, 2)).astype("b")
    )
    made = serial.Serial().plan(network, serial.SerialConfig(), {})
    (layer,) = made.operand_layers
    stream = made.operands(layer, tensors, 1000)
    weights, activations = stream.weights, stream.activations
    assert weights.shape == activations.shape == stream.blocks.shape == (3 * 4 * 12, 1)
    assert stream.steps == 4 * 12
    sums = (weights.astype(int) * activations).reshape(3, 4, 12).sum(axis=2)
    np.testing.assert_array_equal(sums, tensors["f"].astype(int) @ made.layer.weight.T.astype(int))
    # Two steps of each image: the first ones, those in the middle, the last ones.
    part = made.operands(layer, tensors, 7)
    steps = [0, 1, 48 + 23, 48 + 24, 96 + 46, 96 + 47]
    np.testing.assert_array_equal(part.weights, weights[steps])
    np.testing.assert_array_equal(part.activations, activations[steps])


def test_its_designs_are_sampled(architecture: None) -> None:
    space = Space(architecture=serial.Serial())
    configs = [space[index].config().accelerator for index in range(64)]
    assert {type(each) for each in configs} == {serial.SerialConfig}
    assert len({each.model_dump()["salt"] for each in configs}) > 40
    mixed = [each.model_dump()["blocks"] for each in configs if each.block_key == "blocks"]
    assert 8 < len(mixed) < 24 and max(map(len, mixed)) == 2


def test_only_blocks_that_the_hardware_holds_are_assigned(build: Path) -> None:
    design, network = Design.load(build / "design.json"), load_graph(build / ASSIGNED)
    names = [block.name for block in plan_of(build).blocks]
    for blocks in ([*reversed(names), "drum(k=4)"], names[:1]):
        accelerator = serial.SerialConfig(blocks=blocks)
        if len(blocks) == 1:
            with pytest.raises(UserError, match="lacks a block"):
                serial.Serial().plan(network, accelerator, design.assignment)
            continue
        made = serial.Serial().plan(network, accelerator, design.assignment)
        assert [block.name for block in made.blocks] == blocks
        (counts,), (before,) = made.multiplications(), plan_of(build).multiplications()
        assert counts.blocks == {**before.blocks, "drum(k=4)": 0}
