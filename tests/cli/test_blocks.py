"""``hawx blocks``: what it prints and writes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from hawx_hw.block_proofs import imports
from hawx_hw.block_proofs.imports import Import
from hawx_hw.blocks import by_name
from hawx_hw.blocks.catalogue import catalogue
from hawx_hw.blocks.statistics import statistics
from hawx_hw.blocks.user.import_store import ImportStore
from hawx_hw.blocks.user.imported import ImportedCircuit, Port
from hawx_hw.cli import main as cli
from hawx_hw.errors import UserError
from hawx_hw.simulation.simulators import usable_simulators

MULTIPLIER = """\
module mul8s_mine(input [7:0] B, A, output [15:0] O);
  wire signed [7:0] x, y;
  assign x = A & 8'hfe, y = B;
  assign O = x * y;
endmodule
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    # Not the whole cache: its compiled parts of the simulator save time.
    monkeypatch.setattr(
        "hawx_hw.blocks.user.import_store.required_cache_folder", lambda kind: tmp_path / kind
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("signal.signal", lambda number, handler: None)
    return tmp_path


def hawx(*arguments: str) -> int:
    with pytest.raises(SystemExit) as end:
        cli.main(arguments)
    return end.value.code or 0


def listed(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict]:
    assert hawx("blocks", "list", "--json", *arguments) == 0
    return json.loads(capsys.readouterr().out)


def test_list(capsys: pytest.CaptureFixture[str]) -> None:
    rows = listed(capsys)
    assert [row["name"] for row in rows] == [entry.block.name for entry in catalogue()]
    drum = next(row for row in rows if row["name"] == "drum(k=4)")
    assert drum["digest"] == by_name("drum(4)").digest
    assert drum["mae"] == statistics(by_name("drum(4)")).mae
    assert hawx("blocks", "list") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:3] == ["block", "mean", "error"]
    assert len(lines) == 1 + len(rows)


def test_list_by_family_metrics_and_order(capsys: pytest.CaptureFixture[str]) -> None:
    assert {row["family"] for row in listed(capsys, "--family", "udrum")} == {"udrum"}
    everything = listed(capsys)
    for option, key, limit in (
        ("--max-mae", "mae", 100),
        ("--max-wce", "wce", 2000),
        ("--max-bias", "mean_error", 1),
    ):
        content = listed(capsys, option, str(limit))
        expected = [row["name"] for row in everything if abs(row[key]) <= limit]
        assert [row["name"] for row in content] == expected
        assert 0 < len(content) < len(everything)
    for key in ("name", "mean_error", "wce"):
        values = [row[key] for row in listed(capsys, "--sort", key)]
        assert values == sorted(values, key=lambda v: v if key == "name" else abs(v))
    assert hawx("blocks", "list", "--sort", "beauty") == 2
    assert "Keys are name, mean_error" in capsys.readouterr().err
    assert hawx("blocks", "list", "--family", "dram") == 2


def test_show(capsys: pytest.CaptureFixture[str]) -> None:
    assert hawx("blocks", "show", "drum(4)", "--json") == 0
    content = json.loads(capsys.readouterr().out)
    block = by_name("drum(4)")
    assert content["name"] == "drum(k=4)"
    assert content["statistics"] == statistics(block).as_dict()
    assert (content["rank"], content["error_rank"]) == (1, 2)
    assert content["factors"]["terms"] == 1
    assert content["implementations"] == list(block.implementations)
    assert hawx("blocks", "show", "drum(4)") == 0
    assert f"digest                   {block.digest}" in capsys.readouterr().out.splitlines()
    assert hawx("blocks", "show", "dram(4)") == 2
    assert "Did you mean drum" in capsys.readouterr().err


def test_show_what_it_costs(capsys: pytest.CaptureFixture[str]) -> None:
    command = ("blocks", "show", "roup(p=1,r=2)", "--technology", "generic45")
    assert hawx(*command, "--json") == 0
    costs = json.loads(capsys.readouterr().out)["technologies"]["generic45"]
    assert [entry["implementation"] for entry in costs] == [
        "multiply", "booth", "tree", "chain",
    ]  # fmt: skip
    assert all(entry["area"] > 100 and entry["delay_ns"] > 0 for entry in costs)
    assert hawx(*command) == 0
    (line,) = [
        line for line in capsys.readouterr().out.splitlines() if line.startswith("on generic45")
    ]
    assert f"tree area {costs[2]['area']:.1f}, {costs[2]['delay_ns']:.3f} ns" in line


def test_show_writes_table_and_picture(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("--save-table", "t.npy", "--plot", "p.svg", "--json")
    assert hawx("blocks", "show", "udrum(4)", *arguments) == 0
    table = np.load(folder / "t.npy")
    assert (table.dtype, table.shape) == (np.int32, (256, 256))
    assert table[-3 + 128, 1 + 128] == by_name("udrum(4)").multiply(np.array(-3), np.array(1))
    assert (folder / "p.svg").read_text().startswith("<?xml")
    assert hawx("blocks", "show", "exact", "--save-table", "t.npz") == 2
    assert "must be a file .npy, not 't.npz'" in capsys.readouterr().err


def test_show_on_histograms(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    counts = np.zeros(256)
    counts[128 + 15] = 1
    np.savez(folder / "h.npz", weights=counts, activations=counts)
    arguments = ("blocks", "show", "drum(3)", "--histograms", "h.npz")
    assert hawx(*arguments, "--json") == 0
    content = json.loads(capsys.readouterr().out)["on_histograms"]
    assert content == {"mean_error": 14 * 14 - 15 * 15, "variance": 0}
    assert hawx(*arguments) == 0
    assert "mean error on the histograms  -29.0000" in capsys.readouterr().out
    np.savez(folder / "h.npz", weights=counts[:9], activations=counts)
    assert hawx(*arguments) == 2
    assert "h.npz: weights must be of shape (256,), not (9,)" in capsys.readouterr().err


def test_import(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "mine.v").write_text(MULTIPLIER)
    command = ("blocks", "import", "mine.v", "--module", "mul8s_mine", "--name", "mine")
    assert hawx(*command, "--json") == 0
    content = json.loads(capsys.readouterr().out)
    assert content["name"] == "import:mine"
    assert content["signed"] is True
    assert content["ports"]["a"] == {"name": "A", "width": 8}
    codes = np.arange(-128, 128, dtype=np.int32)
    expected = (codes & -2)[:, None] * codes
    assert np.array_equal(by_name("import:mine").table, expected)
    assert content["simulators"] == [simulator.name for simulator in usable_simulators()]
    names = [row["name"] for row in listed(capsys)] + [n for r in listed(capsys) for n in r["also"]]
    assert "import:mine" in names
    (folder / "mine.v").write_text(MULTIPLIER.replace("fe", "fc"))
    assert hawx(*command) == 2
    assert "--replace" in capsys.readouterr().err


def imported(folder: Path, circuit: ImportedCircuit, *options: str) -> int:
    """Run the import with a circuit that was read and compared before."""
    block = ImportStore().save("mine", circuit, replace=True)

    def import_verilog(*arguments: object, **requested: object) -> Import:
        assert requested["a_signed"] is True
        assert requested["b_signed"] is False
        assert requested["signed"] is None
        return Import(block, (), ("verilator", "icarus"))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(imports, "import_verilog", import_verilog)
        return hawx(
            *("blocks", "import", "mine.v", "--module", "mine", "--a-signed", "--b-unsigned"),
            *options,
        )


NETLIST = "module hawx_import(A, B, O);\nendmodule\n"
CODE = np.arange(256, dtype=np.int32)
SIGNED = CODE - (CODE >> 7 << 8)
PORTS = Port("A", 8), Port("B", 8), Port("O", 16)


def test_import_of_a_signed_weight(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    circuit = ImportedCircuit(*PORTS, True, False, NETLIST, SIGNED[:, None] * CODE)
    assert imported(folder, circuit) == 0
    lines = [line.split("  ") for line in capsys.readouterr().out.splitlines()]
    shown = {line[0]: line[-1].strip() for line in lines}
    assert shown["weight"] == "A, 8 bits, signed"
    assert shown["activation"] == "B, 8 bits, unsigned"
    assert shown["product"] == "16 bits"
    assert shown["original and import agree"] == "in verilator and icarus"
    assert shown["errors are over"].endswith("activations in hardware 0 to 255: 65,536 pairs")
    assert shown["also"].startswith("exact, ")
    assert imported(folder, circuit, "--json") == 0
    content = json.loads(capsys.readouterr().out)
    assert content["signed"] == [True, False]
    assert "circuit_statistics" not in content


@pytest.mark.parametrize("a_signed", [False, True])
def test_import_with_swapped_operands(
    folder: Path, capsys: pytest.CaptureFixture[str], a_signed: bool
) -> None:
    """It is known with the other operand as the weight."""
    a, b = CODE[:, None], CODE
    member = by_name("ubroken_array(1,5)")
    if a_signed:
        a, b = SIGNED[:, None], SIGNED
        member = by_name("rad(6)")
    own = member.magnitudes(b, a) if not a_signed else member.multiply(b, a)
    circuit = ImportedCircuit(*PORTS, a_signed, a_signed, NETLIST, own.astype(np.int32))
    assert imported(folder, circuit) == 0
    result = capsys.readouterr()
    assert f"With swapped operands it would be {member.name}: check which port" in result.err
    assert ("the circuit itself" in result.out) is not a_signed
    assert imported(folder, circuit.swapped()) == 0
    result = capsys.readouterr()
    assert member.name in result.out
    assert result.err == ""


def test_import_of_several_files_with_parameters(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def called(files: list[Path], module: str, **options: object) -> None:
        calls.append((files, module, options["parameters"], options["defines"]))
        raise UserError("Enough")

    monkeypatch.setattr("hawx_hw.block_proofs.imports.import_verilog", called)
    command = ("blocks", "import", "a.v", "b.sv", "--module", "m")
    options = ("--parameter", "N=8", "--parameter", "K=4'd3", "--define", "X", "--define", "Y=a=b")
    assert hawx(*command, *options) == 2
    parameters, defines = {"N": "8", "K": "4'd3"}, {"X": "1", "Y": "a=b"}
    assert calls == [([Path("a.v"), Path("b.sv")], "m", parameters, defines)]
    capsys.readouterr()
    for wrong, message in (
        (("--parameter", "N"), "--parameter: Write NAME=VALUE, not 'N'"),
        (("--parameter", "N=1", "--parameter", "N=2"), "--parameter: N is given twice"),
        (("--define", "=1"), "--define: Write NAME or NAME=TEXT, not '=1'"),
    ):
        assert hawx(*command, *wrong) == 2
        assert message in capsys.readouterr().err


def test_import_tells_what_is_wrong(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "mine.v").write_text(MULTIPLIER)
    assert hawx("blocks", "import", "mine.v", "--module", "other") == 2
    message = "hawx: mine.v: There is no module 'other'. The modules are: mul8s_mine.\n"
    assert capsys.readouterr().err == message
