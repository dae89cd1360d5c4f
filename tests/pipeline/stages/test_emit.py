import json
import shutil
import signal
import sys
from pathlib import Path

import pytest

from hawx_hw.architectures.systolic.config import SystolicConfig
from hawx_hw.blocks import by_name
from hawx_hw.cli.main import main
from hawx_hw.config.load import load_config
from hawx_hw.errors import UserError
from hawx_hw.pipeline.data import dataset_files
from hawx_hw.pipeline.stages.emit import STAGE


def ran(outcomes) -> list[str]:
    return [outcome.stage for outcome in outcomes if outcome.ran]


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.relative_to(folder).parts[0].startswith(".")
    }


def test_results_lie_where_they_should_and_name_no_place(emitted_project: Path, run) -> None:
    run(emitted_project, "emit")
    build = emitted_project / "build"
    for name in ("rtl/filelist.f", "rtl/hawx_accelerator.v", "mem", "hawx_registers.h"):
        assert (build / name).exists()
    result = json.loads((build / "program.json").read_text())
    assert result["stage"] == "emit"
    assert len(result["config_hash"]) == 8
    assert (result["array"]["rows"], result["array"]["columns"]) == (4, 4)
    for name, content in tree(build).items():
        assert str(emitted_project).encode() not in content, name


def test_same_config_same_bytes(emitted_project: Path, run) -> None:
    run(emitted_project, "emit")
    first = tree(emitted_project / "build")
    (emitted_project / "build" / "rtl" / "hawx_accelerator.v").unlink()
    assert ran(run(emitted_project, "emit")) == ["emit"]
    assert tree(emitted_project / "build") == first


@pytest.mark.parametrize("command", ["verify", "synth", "power"])
@pytest.mark.parametrize("name", ["rtl/hawx_core.v", "mem/program.hex"])
def test_verilog_that_is_not_the_emitted_one_is_refused(
    emitted_project: Path, command: str, name: str, monkeypatch, capsys
) -> None:
    monkeypatch.chdir(emitted_project)
    before = [(number, signal.getsignal(number)) for number in (signal.SIGINT, signal.SIGTERM)]
    path = Path("build", "tiny", name)
    shutil.move("build", "emitted")
    shutil.copytree("emitted", "build/tiny")
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    changed = path.read_text(encoding="utf-8")
    with pytest.raises(SystemExit) as end:
        main([command, "tiny.yaml"])
    for number, handler in before:
        signal.signal(number, handler)
    assert end.value.code == 2
    assert capsys.readouterr().err.splitlines()[-1] == (
        f"hawx: {path.absolute()}: This file is not what hawx emit wrote. "
        "To write it anew, run: hawx emit CONFIG"
    )
    assert path.read_text(encoding="utf-8") == changed


def test_only_the_accelerator_is_emitted_anew(emitted_project: Path, run, edit) -> None:
    run(emitted_project, "emit")
    edit(emitted_project, "rows: 4", "rows: 3")
    stages = ["accelerator", "search", "retrain", "pick", "assign", "emit"]
    assert ran(run(emitted_project, "emit")) == stages
    edit(emitted_project, "images: 2", "images: 3")
    assert ran(run(emitted_project, "emit")) == []


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        (
            "columns: 4",
            "columns: 4\n  slice_columns: 3",
            ":10: accelerator.slice_columns: slice_columns must divide columns (4), not 3. "
            "Leave the key out for a value that fits.",
        ),
        (
            "rows: 4",
            "rows: 4\n  weight_rows: 5",
            ":9: accelerator.weight_rows: weight_rows must be in [1, 4], not 5. "
            "Leave the key out for a value that fits.",
        ),
        (
            "columns: 4",
            "columns: 4\n  parameter_kib: 2",
            ":10: accelerator.parameter_kib: The network does not fit the chosen memories: ",
        ),
        (
            "columns: 4",
            "columns: 4\n  activation_kib: 1",
            ":10: accelerator.activation_kib: The network does not fit the chosen memories: ",
        ),
    ],
)
def test_bad_config(project: Path, run, edit, before: str, after: str, message: str) -> None:
    edit(project, before, after)
    with pytest.raises(UserError) as caught:
        run(project, "emit")
    assert str(caught.value).startswith(f"{project / 'tiny.yaml'}{message}")


def test_the_verilog_depends_on_every_key_but_the_clock_and_its_gates(
    project: Path, run, edit
) -> None:
    """What the design does not hold could leave outdated Verilog standing."""
    run(project, "pick")
    design = json.loads((project / "build" / "design.json").read_text())
    left_out = SystolicConfig.model_fields.keys() - design["accelerator"]
    assert left_out == {"clock_mhz", "clock_gating", "initial_values"}
    # Of these only one is written into the Verilog, and the stage reads it from the config.
    assert "accelerator.initial_values" in STAGE.settings
    assert "pick" in STAGE.needs
    edit(project, "rows: 4", "rows: 4\n  clock_mhz: 123\n  clock_gating: false")
    run(project, "pick")
    assert json.loads((project / "build" / "design.json").read_text()) == design


def test_initial_values_are_a_matter_of_emission(project: Path, run, edit) -> None:
    """The same design is emitted anew."""
    run(project, "emit")
    core = project / "build" / "rtl" / "hawx_core.v"
    with_values = core.read_text()
    edit(project, "rows: 4", "rows: 4\n  initial_values: false")
    run(project, "emit")
    assert json.loads((project / "build" / "program.json").read_text())["initial_values"] is False
    assert "  initial begin\n" in with_values and "initial" not in core.read_text()


PE_BLOCKS = """columns: 4
  pe_blocks:
    - {blocks: [exact]}
    - {blocks: [exact, "drum(k=4)"], columns: 2-3}
    - {blocks: ["drum(k=4)"], rows: [0], columns: 3}
"""


def test_a_given_pe_block_map(project: Path, run, edit) -> None:
    edit(project, "columns: 4\n", PE_BLOCKS)
    run(project, "emit")
    result = json.loads((project / "build" / "program.json").read_text())
    assert [block["name"] for block in result["blocks"]] == ["exact", "drum(k=4)"]
    assert [block["instances"] for block in result["blocks"]] == [15, 8]
    rest = [[0], [0], [0, 1], [0, 1]]
    assert result["pe_blocks"] == [[[0], [0], [0, 1], [1]], rest, rest, rest]


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        (
            "columns: 2-3",
            "columns: 2-4",
            ":12: accelerator.pe_blocks.1.columns: There is no column 4: the array has 4 columns. "
            "Name columns from 0 to 3.",
        ),
        (
            "{blocks: [exact]}",
            "{blocks: [exact], rows: [0, 2, 3]}",
            ":10: accelerator.pe_blocks: The PE at row 1, column 0 holds no block. Add an entry",
        ),
        (
            "{blocks: [exact]}",
            "{blocks: [exakt]}",
            ":11: accelerator.pe_blocks.0.blocks: Unknown block 'exakt'",
        ),
        (
            '{blocks: ["drum(k=4)"], rows: [0], columns: 3}',
            '{blocks: ["drum(k=4)"]}',
            "accelerator.pe_blocks: Layer 'conv1' uses block exact, which no PE holds",
        ),
    ],
)
def test_bad_grids(project: Path, run, edit, before: str, after: str, message: str) -> None:
    edit(project, "columns: 4\n", PE_BLOCKS)
    edit(project, before, after)
    with pytest.raises(UserError) as caught:
        run(project, "emit")
    assert message in str(caught.value)


MINE = """
import numpy as np
from amaranth.hdl import Module
from hawx_hw.blocks.block import Block, BlockComponent

class Multiplier(BlockComponent):
    def elaborate(self, platform):
        m = Module()
        m.d.comb += self.product.eq((self.a & ~1) * self.b)
        return m

class Mine(Block):
    family = "mine"
    implementations = ("plain",)

    def multiply(self, a, b):
        return (np.asarray(a, dtype=np.int32) & -2) * b

    def component(self, implementation=None):
        return Multiplier(self.product_bits)
"""


def test_another_circuit_of_a_block_is_emitted(project: Path, run, edit) -> None:
    """Its table is the same, and only a PE holds it: no layer uses it."""
    holding = "[{blocks: [exact]}, {blocks: [exact, 'python:own_emitted:Mine'], rows: 0}]"
    edit(
        project, "columns: 4", f"columns: 4\n  block_implementation: first\n  pe_blocks: {holding}"
    )
    module, verilog = project / "own_emitted.py", "hawx_block_python_own_emitted_Mine.v"
    texts = []
    for product in ("(self.a & ~1) * self.b", "((self.a >> 1) * self.b) << 1"):
        module.write_text(MINE.replace("(self.a & ~1) * self.b", product), "utf-8")
        sys.modules.pop("own_emitted", None)
        assert "emit" in ran(run(project, "emit"))
        texts += [path.read_text("utf-8") for path in (project / "build" / "rtl").glob(verilog)]
    sys.modules.pop("own_emitted")
    assert len(set(texts)) == 2
    assert ran(run(project, "emit")) == []


def test_fastest_and_smallest_blocks_differ(project: Path, run, edit) -> None:
    chosen = {}
    for objective in ("smallest", "fastest", "first"):
        edit(project, "rows: 4", f"rows: 4\n  block_implementation: {objective}")
        run(project, "emit")
        (block,) = json.loads((project / "build" / "program.json").read_text())["blocks"]
        chosen[objective] = block["implementation"]
        assert "compared" not in block
        edit(project, f"rows: 4\n  block_implementation: {objective}", "rows: 4")
    assert chosen["first"] == "multiply"
    assert chosen["smallest"] != chosen["fastest"]


def test_the_block_of_the_least_energy_is_recorded_with_what_it_was_chosen_from(
    project: Path, run, edit
) -> None:
    edit(project, "rows: 4", "rows: 4\n  block_implementation: least_energy")
    run(project, "emit")
    first = tree(project / "build")
    (block,) = json.loads(first["program.json"])["blocks"]
    energies = {each["implementation"]: each["energy_fj"] for each in block["compared"]}
    assert list(energies) == list(by_name("exact").implementations)
    assert block["implementation"] == min(energies, key=energies.__getitem__) == "tree"
    smallest = min(block["compared"], key=lambda each: each["area"])
    assert smallest["implementation"] == "booth"
    (project / "build" / "rtl" / "hawx_accelerator.v").unlink()
    assert ran(run(project, "emit")) == ["emit"]
    assert tree(project / "build") == first


def test_only_the_least_energy_depends_on_images(project: Path) -> None:
    config = load_config(project / "tiny.yaml")
    files = {}
    for how in ("smallest", "least_energy", "first"):
        accelerator = config.accelerator.model_copy(update={"block_implementation": how})
        changed = config.model_copy(update={"accelerator": accelerator})
        files[how] = set(map(str, STAGE.files(changed, project).values()))
    images = set(map(str, dataset_files(config, project).values()))
    assert images
    assert files["first"] == set()
    assert files["least_energy"] == files["smallest"] | images
    assert not files["smallest"] & images
