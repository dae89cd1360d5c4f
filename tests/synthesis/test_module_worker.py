"""Many scripts of Yosys in forks of one process: apart from one another, each with its status."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from hawx_hw.synthesis import module_worker

#: All that ends a line for Python.
DIVIDERS = [c for c in map(chr, range(0x2100)) if len(f"a{c}b".splitlines()) > 1]


def run(folder: Path, scripts: list[list[str]], jobs: int = 2) -> dict[int, int]:
    """The exit status of each script, by number."""
    folders = []
    for number, script in enumerate(scripts):
        folders.append(folder / str(number))
        folders[-1].mkdir()
        (folders[-1] / "script.json").write_text(json.dumps(script))
    (folder / "jobs.json").write_text(json.dumps({"jobs": jobs, "folders": [*map(str, folders)]}))
    done = subprocess.run(
        [sys.executable, "-m", module_worker.__name__, str(folder / "jobs.json")],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    lines = [line.split() for line in done.stdout.splitlines()]
    assert len(lines) == len(scripts)
    return {int(number): int(status) for number, status in lines}


@pytest.mark.parametrize("jobs", [1, 3])
def test_each_script_in_its_own_folder_and_design(tmp_path: Path, jobs: int) -> None:
    # In one design the module would be there twice, which Yosys refuses.
    scripts = [
        ["read_verilog ../source.v", "write_json all.json"],
        ["read_verilog ../missing.v"],
        ["read_verilog ../source.v", "write_json all.json"],
    ]
    (tmp_path / "source.v").write_text("module top(input a, output y); assign y = ~a; endmodule\n")
    statuses = run(tmp_path, scripts, jobs)
    assert statuses[0] == statuses[2] == 0
    assert statuses[1] != 0
    for number in (0, 2):
        modules = json.loads((tmp_path / str(number) / "all.json").read_text())["modules"]
        assert list(modules) == ["top"]
    assert "missing.v" in (tmp_path / "1" / "log").read_text()
    assert not (tmp_path / "1" / "all.json").exists()


def test_logs_are_kept_apart(tmp_path: Path) -> None:
    statuses = run(tmp_path, [["log first message"], ["log second message"]])
    assert statuses == {0: 0, 1: 0}
    logs = [(tmp_path / str(number) / "log").read_text() for number in (0, 1)]
    assert "first message" in logs[0]
    assert "second" not in logs[0]
    assert "second message" in logs[1]


def test_a_command_is_never_cut(tmp_path: Path) -> None:
    """Nor does what follows a divider of lines become a command, such as one for the shell."""
    scripts = [[f"log a{divider}!touch made #"] for divider in DIVIDERS]
    run(tmp_path, scripts)
    assert not list(tmp_path.rglob("made"))
