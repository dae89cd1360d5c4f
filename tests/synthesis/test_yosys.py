"""Yosys in a process of its own: errors, time limits, ABC's constraints."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from hawx_hw.errors import UserError
from hawx_hw.synthesis.yosys import ENDED, check_yosys, constraints, refusal, run_yosys, variables
from hawx_hw.technology import load


@pytest.fixture
def worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for modules that stand in for a worker."""
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def test_the_job_reaches_the_worker(worker: Path, tmp_path: Path) -> None:
    (worker / "copies.py").write_text(
        "import pathlib, sys; job = pathlib.Path(sys.argv[1]);"
        " (job.parent / 'copy').write_text(job.read_text()); print('done')"
    )
    run_yosys({"top": "m", "sources": [1, 2]}, tmp_path, 60.0, worker="copies")
    assert (tmp_path / "copy").read_text() == '{"top": "m", "sources": [1, 2]}'


def test_an_error_of_yosys_has_its_place(worker: Path, tmp_path: Path) -> None:
    (worker / "fails.py").write_text("print('t.v:3: ERROR: no such thing'); exit(1)")
    with pytest.raises(UserError, match="refused the design: no such thing") as caught:
        run_yosys({}, tmp_path, 60.0, worker="fails")
    assert caught.value.where == "t.v:3"


def test_a_worker_that_takes_too_long_is_ended(worker: Path, tmp_path: Path) -> None:
    (worker / "waits.py").write_text("import time; time.sleep(600)")
    with pytest.raises(UserError, match=r"longer than 0\.01 s\.") as caught:
        run_yosys({}, tmp_path, 0.01, worker="waits")
    assert "HAWX_TIME_LIMITS" in str(caught.value.hint)


CORRECT = "Correct the Verilog or the library that this names."


@pytest.mark.parametrize(
    ("log", "what", "where"),
    [
        ("ERROR: first\nERROR: last", "Yosys refused the design: last", None),
        ("a.v:12: ERROR:wide!", "Yosys refused the design: wide!", "a.v:12"),
        ("a.v:12.3-4.5: ERROR: odd", "Yosys refused the design: odd", "a.v:12"),
        (
            "some words\nSegmentation fault\n",
            "status 3; its last message: Segmentation fault",
            None,
        ),
        ("", "status 3; its last message: nothing", None),
    ],
)
def test_refusals(log: str, what: str, where: str | None) -> None:
    error = refusal(log, "ended with status 3")
    assert what in error.what
    assert error.where == where
    assert error.hint == (ENDED if "status" in what else CORRECT)


def test_the_smallest_inverter_drives_inputs() -> None:
    technology = load("generic45")
    assert constraints(technology) == "set_driving_cell INV\nset_load 0\n"
    inverters = [
        cell for cell in technology.library.cells.values()
        if any(pin.function.replace(" ", "") in ("!A", "(!A)") for pin in cell.pins.values())
    ]  # fmt: skip
    assert min(inverters, key=lambda cell: cell.area).name == "INV"


def test_a_library_without_an_inverter(tmp_path: Path) -> None:
    cells = load("generic45").liberty.read_text()
    (tmp_path / "cells.lib").write_text(cells.replace("!A", "A"))
    with pytest.raises(UserError, match="no inverter") as caught:
        constraints(load(str(tmp_path / "cells.lib")))
    assert caught.value.where == str(tmp_path / "cells.lib")
    assert "another technology" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        (r"( area : )[\d.]+", r"\g<1>0", "cell with an area"),
        (r"      timing \(\) \{.*?\n      \}\n", "", "cell with delays"),
        (r"cell \(BUF\) \{", "cell (BUF) { dont_use : true;", "buffer for use in logic"),
        (
            r"cell \((?!BUF|INV)(\w+)\) \{",
            r"cell (\1) { dont_use : true;",
            "3 kinds of gates for use in logic",
        ),
    ],
)
def test_a_library_that_abc_does_not_work_with(
    tmp_path: Path, old: str, new: str, what: str
) -> None:
    cells = load("generic45").liberty.read_text("utf-8")
    path = tmp_path / "cells.lib"
    path.write_text(re.sub(old, new, cells, flags=re.DOTALL), "utf-8")
    with pytest.raises(UserError) as caught:
        constraints(load(str(path)))
    assert caught.value.what == f"The library has no {what}, which ABC needs."
    assert caught.value.where == str(path)


def test_temporary_files_go_to_the_workers_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", "/somewhere/shared")
    assert variables()["TMPDIR"] == "."


def test_a_missing_yosys_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyosys", None)
    monkeypatch.setattr("hawx_hw.synthesis.yosys.util.find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"^Yosys is missing\."):
        check_yosys()
