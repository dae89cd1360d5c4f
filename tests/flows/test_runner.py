"""Tools with a limit and a log."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from hawx_hw.flows.base import FlowError
from hawx_hw.flows.runner import Runner, last_lines
from hawx_hw.util.processes import ToolMissingError


def python(text: str) -> list[str]:
    return [sys.executable, "-c", text]


def test_output_goes_to_the_log_and_to_the_caller(tmp_path: Path) -> None:
    runner = Runner(tmp_path, 60)
    done = runner.run(python("print(1); import sys; print(2, file=sys.stderr)"), tool="a tool")
    assert set(done.output.split()) == {"1", "2"}
    assert (tmp_path / "a_tool.log").read_text() == done.output
    assert runner.seconds > 0


def test_what_another_part_starts_counts_too(tmp_path: Path) -> None:
    begun: list[str] = []
    runner = Runner(tmp_path, 60, begun.append)
    with pytest.raises(ValueError, match="inside"), runner.working("simulator"):
        raise ValueError("inside")
    assert begun == ["simulator"]
    assert 0 < runner.seconds < 5


def test_a_status_may_be_accepted_for_the_caller_to_judge(tmp_path: Path) -> None:
    runner = Runner(tmp_path, 60)
    command = python("print('slow'); raise SystemExit(3)")
    assert runner.run(command, tool="router", accepted=(0, 3)).status == 3
    with pytest.raises(FlowError, match=r"router ended with status 3: slow \(log: .*mine.log"):
        runner.run(command, tool="router", log="mine.log")


def test_limits_and_missing_tools(tmp_path: Path) -> None:
    with pytest.raises(FlowError, match=r"sleeper\.log"):
        Runner(tmp_path, 0.2).run(python("import time; time.sleep(30)"), tool="sleeper")
    with pytest.raises(ToolMissingError):
        Runner(tmp_path, 5).run(["./no-such-tool"], tool="nothing")


def test_it_works_in_a_folder_of_the_flow(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    Runner(tmp_path, 60).run(python("open('made', 'w').close()"), tool="maker", folder="inner")
    assert (tmp_path / "inner" / "made").exists()
    assert (tmp_path / "maker.log").exists()


def test_last_lines() -> None:
    assert last_lines("\n".join(f" {number} " for number in range(9))) == "4 / 5 / 6 / 7 / 8"
    assert last_lines("\n \n") == "it wrote nothing"
