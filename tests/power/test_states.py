"""States of cells at the edge of what there is."""

from __future__ import annotations

from hawx_hw.power.states import CellStates
from hawx_hw.technology.liberty import Cell, Pin


def test_a_cell_without_inputs_has_one_state() -> None:
    tie = Cell("TIE", 1.0, False, False, {"Z": Pin("Z", "output", 0.0, "1", ())})
    states = CellStates(tie, ["Z"])
    assert states.variables == ()
    assert states.holds("Z").tolist() == [True]
    assert states.probabilities({}, 3).tolist() == [[1.0]] * 3
