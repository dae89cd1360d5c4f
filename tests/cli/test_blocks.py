"""``hawx blocks``: what it prints and writes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from hawx_hw.blocks import by_name
from hawx_hw.blocks.catalogue import catalogue
from hawx_hw.blocks.statistics import statistics
from hawx_hw.cli import main as cli

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
    command = ("blocks", "show", "drum(4)", "--technology", "generic45")
    assert hawx(*command, "--json") == 0
    costs = json.loads(capsys.readouterr().out)["technologies"]["generic45"]
    assert [entry["implementation"] for entry in costs] == ["multiply", "tree"]
    assert all(entry["area"] > 100 and entry["delay_ns"] > 0 for entry in costs)
    assert hawx(*command) == 0
    (line,) = [
        line for line in capsys.readouterr().out.splitlines() if line.startswith("on generic45")
    ]
    assert f"tree area {costs[1]['area']:.1f}, {costs[1]['delay_ns']:.3f} ns" in line


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
    names = [row["name"] for row in listed(capsys)] + [n for r in listed(capsys) for n in r["also"]]
    assert "import:mine" in names
    (folder / "mine.v").write_text(MULTIPLIER.replace("fe", "fc"))
    assert hawx(*command) == 2
    assert "--replace" in capsys.readouterr().err


def test_import_tells_what_is_wrong(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "mine.v").write_text(MULTIPLIER)
    assert hawx("blocks", "import", "mine.v", "--module", "other") == 2
    message = "hawx: mine.v: There is no module 'other'. The modules are: mul8s_mine.\n"
    assert capsys.readouterr().err == message
