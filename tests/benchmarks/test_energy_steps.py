"""The savings that benchmarks/energy_steps.py undoes are still there to be undone."""

from __future__ import annotations

from pathlib import Path

import pytest
from energy_steps import POOLING_AFTER, SAVINGS, Edit, designs, patch
from mutations import ROOT

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
