"""The savings that benchmarks/energy_steps.py undoes are still there to be undone."""

from __future__ import annotations

import io
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from energy_steps import POOLING_AFTER, SAVINGS, Edit, Row, designs, patch, shares, table
from mutations import ROOT
from rich.console import Console

FILES = sorted({edit.file for edits in SAVINGS.values() for edit in edits})


def tree(folder: Path) -> Path:
    for name in FILES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text((ROOT / name).read_text("utf-8"), "utf-8")
    return folder


@pytest.mark.parametrize("saving", SAVINGS)
def test_every_edit_applies_and_gives_a_program(saving: str, tmp_path: Path) -> None:
    patch(tree(tmp_path), [name for name in SAVINGS if name != saving])
    for name in FILES:
        text = (tmp_path / name).read_text("utf-8")
        compile(text, name, "exec")
        edited = any(edit.file == name for edit in SAVINGS[saving])
        assert (text != (ROOT / name).read_text("utf-8")) == edited


def test_with_all_savings_nothing_is_edited(tmp_path: Path) -> None:
    patch(tree(tmp_path), SAVINGS)
    for name in FILES:
        assert (tmp_path / name).read_text("utf-8") == (ROOT / name).read_text("utf-8")


def test_all_can_be_undone_together(tmp_path: Path) -> None:
    patch(tree(tmp_path), [])
    for name in FILES:
        compile((tmp_path / name).read_text("utf-8"), name, "exec")


def test_a_text_that_is_gone_is_refused() -> None:
    with pytest.raises(ValueError, match=r"'old' must occur once in file\.py, not 0 times"):
        Edit("file.py", "old", "new").applied("a text")
    assert all(edit.old != edit.new for edit in POOLING_AFTER)


def test_designs_are_one_saving_after_another_and_all_but_each() -> None:
    exact = [savings for blocks, savings in designs() if blocks == "exact"]
    assert len(exact) == len(set(exact))
    assert [len(savings) for savings in exact[:4]] == [0, 1, 2, 3]
    assert {frozenset(SAVINGS) - {name} for name in SAVINGS} <= set(exact)


def row(blocks: str, savings: frozenset[str]) -> Row:
    """100 nJ of blocks, and of the clock 60, 30, 10 for each saving that is missing, in order."""
    missing = [
        more for name, more in zip(SAVINGS, (60, 30, 10), strict=True) if name not in savings
    ]
    clock = float(sum(missing))
    power: Any = SimpleNamespace(
        energy_pj=1000 * (100 + clock),
        cycles=1000,
        layers=[SimpleNamespace(parts={"blocks": 60e3}),
                SimpleNamespace(parts={"blocks": 40e3, "clock": 1000 * clock})],
        memories=[SimpleNamespace(clock_fj=20e3 if 60 in missing else 0.0)],
    )  # fmt: skip
    return Row(blocks, savings, power)


def test_shares_are_of_the_energy_without_savings() -> None:
    rows = [row(*design) for design in designs()]
    assert shares(rows) == [
        "clock gating: 60.0 nJ, 30.0 % of the energy without savings; all without it take 60.0 % "
        "more",
        "pooling before requantization: 30.0 nJ, 15.0 % of the energy without savings; all without "
        "it take 30.0 % more",
        "words as wide as needed: 10.0 nJ, 5.0 % of the energy without savings; all without it take"
        " 10.0 % more",
        "of the clock, memories made of flip-flops and gates take 20.0 nJ without savings, 0.0 nJ "
        "with all; the others' energies fall by 44.4 %",
        "all: 200.0 to 100.0 nJ, 50.0 % less",
    ]


def test_the_table_has_parts_and_changes() -> None:
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(table([row(*design) for design in designs()]))
    lines = [line.split("│")[1:-1] for line in console.export_text().splitlines() if "│" in line]
    cells = [[cell.strip() for cell in line] for line in lines]
    assert cells[0] == ["exact", "none", "100.0", "100.0", "200.0", "", "+0.0 %", "1,000"]
    assert cells[1][1:] == ["clock gating", "100.0", "40.0", "140.0", "-60.0", "-30.0 %", "1,000"]
    assert cells[3][1:4] == ["all", "100.0", "0.0"]
    assert cells[-1][0] == "precision(w=3,a=3)"
