"""The emitted folder: same bytes, readable names, accepted by every front end."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hawx_hw.architectures.systolic.pe_blocks import PeBlockMap
from hawx_hw.architectures.systolic.plan import Plan, plan
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.blocks import Block, by_name
from hawx_hw.blocks.families.exact import Exact
from hawx_hw.blocks.families.lower_precision import Precision
from hawx_hw.design.emission import TOP, emit_accelerator, plan_packet
from hawx_hw.design.emitted_blocks import emitted_blocks
from hawx_hw.design.program import EmitResult
from hawx_hw.errors import UserError
from hawx_hw.gateware.block_verilog import implementation_verilog
from hawx_hw.simulation.simulators import find_simulator
from hawx_hw.util.resources import rtl_templates
from tests.architectures.common.layers import convolution
from tests.architectures.simt.networks import random_plan

#: Where the system has tools of its own, besides those of the Python environment.
SYSTEM = "/usr/local/bin:/usr/bin:/bin"


HASH = 0x12345678
#: Of each folder of the fixture.
RESULTS: dict[Path, EmitResult] = {}


def mapped(*, loadable: bool = False, rows: int = 5, columns: int = 4) -> Plan:
    graph = convolution(np.random.default_rng(0), (3, 6, 6), 7, (3, 3), pool=(2, 2))
    shape = ArrayShape.complete(rows, columns, slice_columns=2, loadable=loadable)
    return plan(graph, shape)


@pytest.fixture(scope="module", params=["rom", "loaded", "unit"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp(request.param)
    # A SIMT unit of thirteen lanes, with blocks by filter.
    unit = request.param == "unit"
    made = random_plan(15) if unit else mapped(loadable=request.param == "loaded")
    RESULTS[target] = emit_accelerator(made, target, config_hash=HASH)
    return target


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def sources(folder: Path) -> list[str]:
    return (folder / "rtl" / "filelist.f").read_text().split()


@pytest.mark.parametrize("folder", ["rom"], indirect=True)
def test_same_plan_same_bytes_whatever_stood_there(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "rtl").mkdir()
    (tmp_path / "rtl" / "old.v").write_text("module old; endmodule\n")
    (tmp_path / "rtl" / "hawx_core.v").write_text("module hawx_core; endmodule\n")
    (tmp_path / "mem").mkdir()
    (tmp_path / "mem" / "old.hex").write_text("0\n")
    emit_accelerator(mapped(), tmp_path, config_hash=HASH)
    assert contents(tmp_path) == contents(folder)


def test_no_paths_and_no_dates(folder: Path) -> None:
    for name, content in contents(folder).items():
        if name.endswith(".bin"):
            continue
        text = content.decode()
        assert str(folder.parent) not in text, name
        assert "site-packages" not in text, name
        assert not re.search(r"\b20\d\d-\d\d-\d\d\b", text), name


def test_the_memory_macros_come_first(folder: Path) -> None:
    assert sources(folder)[:3] == ["hawx_sdp_ram.v", "hawx_sp_ram.v", "hawx_rom.v"]


def test_every_name_describes_its_module(folder: Path) -> None:
    names = [name.removesuffix(".v") for name in sources(folder)]
    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"hawx_[a-z0-9_]+", name) for name in names)


@pytest.mark.parametrize("folder", ["unit"], indirect=True)
def test_one_module_a_kind_of_lane(folder: Path) -> None:
    names = [name.removesuffix(".v") for name in sources(folder)]
    lanes = [name for name in names if name.startswith("hawx_lane_") and name != "hawx_lane_array"]
    texts = "".join((folder / "rtl" / f"{n}.v").read_text() for n in names if "cluster" in n)
    uses = re.findall(r"^  (hawx_lane_\w+) lane_\d+ \($", texts, re.MULTILINE)
    assert len(uses) == 13 and set(uses) == set(lanes) and len(lanes) == 2


@pytest.mark.parametrize("folder", ["rom", "unit"], indirect=True)
def test_blocks_are_those_that_are_written_alone(folder: Path) -> None:
    blocks = RESULTS[folder].blocks
    alone = implementation_verilog([(by_name(each.name), each.implementation) for each in blocks])
    for block, design, other in zip(blocks, emitted_blocks(folder, blocks), alone, strict=True):
        assert other.top == f"{design.top}_{block.implementation}"
        assert design.product_bits == other.product_bits
        texts = [text.replace(other.top, design.top) for text in other.files.values()]
        assert list(design.files.values()) == texts


@pytest.mark.parametrize("folder", ["rom", "loaded"], indirect=True)
def test_one_module_a_kind(folder: Path) -> None:
    """One module describes all PEs whose products and sums have the same widths."""
    names = [name.removesuffix(".v") for name in sources(folder)]
    slice_ = (folder / "rtl" / "hawx_array_slice.v").read_text()
    pes = re.findall(r"^  (hawx_pe_exact(?:_\d)?) pe_(\d+)_\d+ \($", slice_, re.MULTILINE)
    assert len(pes) == 5 * 2
    # Both PEs of a row are of one kind.
    assert len(set(pes)) == 5
    assert {kind for kind, _ in pes} <= set(names)
    core = (folder / "rtl" / "hawx_core.v").read_text()
    assert len(re.findall(r"^  hawx_array_slice slice_\d \($", core, re.MULTILINE)) == 2
    assert len(re.findall(r"^  hawx_row_feeder row_\d \($", core, re.MULTILINE)) == 5


def test_nothing_waits_for_an_event_at_time_zero(folder: Path) -> None:
    """Constant inputs never change, so nothing may wait for a change of what it reads."""
    for name in sources(folder):
        text = (folder / "rtl" / name).read_text()
        assert "always @*" not in text and "at_time_zero" not in text, name


def test_every_wire_has_a_name(folder: Path) -> None:
    """None is left of Amaranth's numbers; only keywords of SystemVerilog are escaped."""
    for name in sources(folder):
        text = re.sub(r"//.*", "", (folder / "rtl" / name).read_text())
        escaped = set(re.findall(r"\\\S+", text))
        assert all(re.fullmatch(r"\\[a-z]+", each) for each in escaped), (name, escaped)
        assert not re.search(r"\b(?:signal|like)(?:_\d+)?\b", text), name


@pytest.mark.parametrize("folder", ["rom"], indirect=True)
def test_a_processing_element_reads_like_one(folder: Path) -> None:
    text = (folder / "rtl" / "hawx_pe_exact_1.v").read_text()
    lines = {line.strip() for line in text.splitlines() if re.match(r"  +(?:if|assign)", line)}
    assert lines >= {
        "if (load) following <= weight;",
        "if (swap) present <= following;",
        "if (multiply) product <= selected_product[14:0];",
        "if (add) sum_out <= added;",
        "assign added = $signed(sum_in) + $signed(product);",
    }


def test_size_grows_with_kinds_not_with_pes(tmp_path: Path) -> None:
    small = emit_accelerator(mapped(rows=5), tmp_path / "small", config_hash=1)
    large = emit_accelerator(mapped(rows=24), tmp_path / "large", config_hash=1)
    by_row = ("hawx_weights", "hawx_taps", "hawx_pe_exact")
    kinds = [
        {name for name in result.sources if not name.startswith(by_row)}
        for result in (small, large)
    ]
    assert kinds[0] == kinds[1]
    # PEs are of one kind for each width of the sums, which grows with the logarithm of the rows.
    pes = [sum(n.startswith("hawx_pe_exact") for n in each.sources) for each in (small, large)]
    assert pes[0] <= 5 and pes[1] <= pes[0] + 5


@pytest.mark.parametrize("folder", ["rom"], indirect=True)
def test_memory_images(folder: Path) -> None:
    made = mapped()
    words = [int(line, 16) for line in (folder / "mem" / "program.hex").read_text().split()]
    assert words == list(made.program)
    words = [int(line, 16) for line in (folder / "mem" / "weights_1_1.hex").read_text().split()]
    assert words == made.weight_bank(1, 1)


class WithFile(Precision):
    """A block that names a Verilog file; nothing instantiates it."""

    text = "module part;\nendmodule\n"

    @property
    def sources(self) -> dict[str, str]:
        return {"part.v": self.text}


class WithAnotherFile(WithFile):
    text = "module part(input a);\nendmodule\n"


def with_blocks(*blocks: Block) -> Plan:
    graph = convolution(np.random.default_rng(0), (3, 6, 6), 7, (3, 3))
    return plan(graph, ArrayShape.complete(2, 2), pe_blocks=PeBlockMap.uniform(blocks, 2, 2))


def test_a_file_that_two_blocks_share_is_listed_once(tmp_path: Path) -> None:
    emit_accelerator(with_blocks(Exact(), WithFile(8, 4), WithFile(8, 5)), tmp_path, config_hash=1)
    assert sources(tmp_path).count("part.v") == 1
    assert (tmp_path / "rtl" / "part.v").read_text() == WithFile.text


def test_blocks_that_cannot_stand_together_are_refused_first(tmp_path: Path) -> None:
    (tmp_path / "rtl").mkdir()
    (tmp_path / "rtl" / "old.v").touch()
    blocks = with_blocks(Exact(), WithFile(8, 4), WithAnotherFile(8, 5))
    with pytest.raises(UserError, match=r"w=8,a=5\): Another block has another file part\.v"):
        emit_accelerator(blocks, tmp_path, config_hash=1)
    assert [path.name for path in tmp_path.rglob("*.v")] == ["old.v"]


@pytest.mark.parametrize("folder", ["loaded"], indirect=True)
def test_parameter_packet(folder: Path) -> None:
    made = mapped(loadable=True)
    packet = (folder / "mem" / "parameters.bin").read_bytes()
    assert packet == plan_packet(made)
    assert len(packet) == RESULTS[folder].parameter_bytes == made.parameter_bytes
    size = -(-made.format.bits // 8)
    assert int.from_bytes(packet[:size], "little") == made.program[0]
    assert not list((folder / "mem").glob("*.hex"))


def test_words_must_fit_their_memory(tmp_path: Path) -> None:
    made = mapped(loadable=True)
    made = replace(made, requantization=[1 << 4096, *made.requantization[1:]])
    with pytest.raises(ValueError, match="Word must be an unsigned number of"):
        emit_accelerator(made, tmp_path, config_hash=1)


def linted(command: Sequence[str], folder: Path, **variables: str) -> None:
    """Verilator lint, -Wall; every waiver is in one file."""
    answer = subprocess.run(
        [*command, "--lint-only", "-Wall", "--top-module", TOP], cwd=folder,
        capture_output=True, text=True, check=False, env=os.environ | variables,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr
    assert "%Warning" not in answer.stderr


def test_verilator_lint(folder: Path, tmp_path: Path) -> None:
    verilator = find_simulator("verilator")
    rtl = folder / "rtl"
    for lists in (["-F", str(rtl / "filelist.f")], ["-f", str(rtl / "filelist_anywhere.f")]):
        linted(
            [str(verilator.executable), str(rtl / "hawx_waivers.vlt"), *lists],
            tmp_path,
            HAWX_RTL=str(rtl),
            **verilator.environment,
        )


def older_verilator() -> str:
    """The system's, or the program that ``HAWX_TEST_VERILATOR`` names, which need not be in PATH.

    One from Debian's package that is only unpacked (``dpkg-deb -x``) is enough: usr/bin/verilator.
    """
    named = os.environ.get("HAWX_TEST_VERILATOR")
    if named is not None:
        assert os.access(named, os.X_OK), f"HAWX_TEST_VERILATOR: {named} is no program"
        return named
    return shutil.which("verilator", path=SYSTEM) or pytest.skip("the system has no Verilator")


def test_verilator_lint_of_the_system(folder: Path, tmp_path: Path) -> None:
    """An older one, such as Debian's 5.006, has fewer rules."""
    verilator, rtl = older_verilator(), shutil.copytree(folder / "rtl", tmp_path / "rtl")
    lint = [verilator, "hawx_waivers.vlt", "-f", "filelist.f"]
    linted(lint, rtl)
    if folder.name[:3] != "rom":
        return
    # An input that nothing drives, which no waiver is about.
    core = rtl / "hawx_core.v"
    core.write_text(core.read_text().replace("endmodule", "wire open, read = open;\nendmodule", 1))
    with pytest.raises(AssertionError, match=r"UNDRIVEN.*open"):
        linted(lint, rtl)


@pytest.mark.parametrize("standard", ["-g2005", "-g2012"])
def test_icarus(folder: Path, standard: str, tmp_path: Path) -> None:
    if shutil.which("iverilog") is None:
        pytest.skip("Icarus Verilog is not installed")
    for where, name in ((folder / "rtl", "filelist.f"), (tmp_path, "filelist_anywhere.f")):
        answer = subprocess.run(
            ["iverilog", standard, "-Wall", "-t", "null", "-s", TOP, "-c", folder / "rtl" / name],
            cwd=where, capture_output=True, text=True, check=False,
            env=os.environ | {"HAWX_RTL": str(folder / "rtl")},
        )  # fmt: skip
        assert answer.returncode == 0, answer.stderr
        assert answer.stdout + answer.stderr == ""


@pytest.mark.parametrize("list_", ["-F filelist.f", "-f filelist_anywhere.f"])
def test_slang(folder: Path, list_: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    driver = pytest.importorskip("pyslang").driver.Driver()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HAWX_RTL", str(folder / "rtl"))
    driver.addStandardArgs()
    option, name = list_.split()
    assert driver.parseCommandLine(f"slang --top {TOP} {option} {folder / 'rtl' / name}")
    assert driver.processOptions() and driver.parseAllSources()
    driver.reportCompilation(driver.createCompilation(), True)
    assert driver.reportDiagnostics(True)


def run_yosys(kind: str, commands: Sequence[str], folder: Path) -> str:
    """The log of Yosys: of pyosys, or of the system's own one."""
    if kind == "pyosys":
        pytest.importorskip("pyosys")
        lines = ["from pyosys import libyosys", "design = libyosys.Design()"]
        lines += [f"design.run_pass({command!r})" for command in commands]
        command = [sys.executable, "-c", "\n".join(lines)]
    else:
        yosys = shutil.which("yosys", path=SYSTEM)
        if yosys is None:
            pytest.skip("the system has no Yosys")
        (folder / "script.ys").write_text("\n".join(commands))
        command = [yosys, "-s", "script.ys"]
    answer = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout[-2000:] + answer.stderr
    return answer.stdout


@pytest.mark.parametrize("kind", ["pyosys", "system"])
def test_yosys_reads_every_file(folder: Path, kind: str, tmp_path: Path) -> None:
    """By a plain ``read_verilog``, in any folder, and with the words of the memories."""
    files = " ".join(str(folder / "rtl" / name) for name in sources(folder))
    log = run_yosys(
        kind,
        [
            f'read_verilog -DHAWX_MEMORY_PATH="{folder}/mem/" {files}',
            f"hierarchy -check -top {TOP}",
            "proc",
            "check -assert",
        ],
        tmp_path,
    )
    assert "Warning" not in log


@pytest.mark.parametrize("kind", ["pyosys", "system"])
@pytest.mark.parametrize("folder", ["rom"], indirect=True)
def test_a_memory_has_its_words_in_any_folder(folder: Path, kind: str, tmp_path: Path) -> None:
    files = f"{folder}/rtl/hawx_rom.v {folder}/rtl/hawx_program.v"
    run_yosys(
        kind,
        [
            f'read_verilog -DHAWX_MEMORY_PATH="{folder}/mem/" {files}',
            "hierarchy -top hawx_program",
            *("proc", "flatten", "memory_collect"),
            "write_rtlil program.il",
        ],
        tmp_path,
    )
    text = (tmp_path / "program.il").read_text()
    stored = int("".join(re.findall(r"parameter \\INIT \d+'([01]+)", text)), 2)
    width = int(re.findall(r"parameter \\WIDTH (\d+)", text)[0])
    words = [int(line, 16) for line in (folder / "mem" / "program.hex").read_text().split()]
    assert stored == sum(word << width * index for index, word in enumerate(words))


BENCH = """module bench;
  reg clk = 0;
  wire [7:0] data;
  hawx_rom #(.WIDTH(8), .DEPTH(2), .ADDRESS_WIDTH(1), .INIT_FILE("{file}")) rom (
    .clk(clk), .read_enable(1'b1), .read_address(1'b1), .read_data(data));
  initial begin #1 clk = 1; #1 $display("%h", data); $finish; end
endmodule
"""


@pytest.mark.parametrize(
    ("file", "path", "word"), [("w.hex", "images/", "7f"), ("w.hex", None, "2a"), ("", None, "xx")]
)
def test_memory_images_in_icarus(file: str, path: str | None, word: str, tmp_path: Path) -> None:
    if shutil.which("iverilog") is None:
        pytest.skip("Icarus Verilog is not installed")
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "w.hex").write_text("00\n7f\n")
    (tmp_path / "w.hex").write_text("00\n2a\n")
    (tmp_path / "bench.v").write_text(BENCH.format(file=file))
    macro = [f'-DHAWX_MEMORY_PATH="{path}"'] if path else []
    command = ["iverilog", "-g2005", "-Wall", *macro, "-o", "bench", "bench.v"]
    for arguments in ([*command, str(rtl_templates() / "hawx_rom.v")], ["vvp", "bench"]):
        answer = subprocess.run(arguments, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert answer.stdout.splitlines()[-1] == word


@pytest.mark.parametrize("folder", ["rom"], indirect=True)
def test_an_asic_has_no_initial_values(folder: Path, tmp_path: Path) -> None:
    without = emit_accelerator(mapped(), tmp_path, config_hash=1, initial_values=False)
    for place, result, initial in ((folder, RESULTS[folder], True), (tmp_path, without, False)):
        assert result.initial_values is initial
        texts = [(place / "rtl" / source).read_text() for source in result.sources]
        assert any("  initial begin\n" in text for text in texts) is initial
