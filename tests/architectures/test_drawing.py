"""What a drawing refuses, and how layers' uses are stored."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from hawx_hw.architectures.drawing import Bus, Drawing, DrawnBlock, DrawnCell, DrawnUnit, LayerUse


def drawing(**changes: Any) -> Drawing:
    """Two cells, of which the second holds two blocks, and a unit."""
    content: dict[str, Any] = {
        "title": "two cells",
        "cell": "PE",
        "blocks": (DrawnBlock(name="a", module="m_a"), DrawnBlock(name="b", module="m_b")),
        "height": 100.0,
        "cell_width": 10.0,
        "cell_height": 10.0,
        "cells": (
            DrawnCell(name="0", x=0, y=0, blocks=(0,)),
            DrawnCell(name="1", x=10, y=0, blocks=(0, 1)),
        ),
        "units": (DrawnUnit(id="u", title="unit", x=0, y=20, width=30, height=10),),
        "memories": (),
        "layers": (LayerUse.of("conv", [(5.0,), (0.0, 5.0)]), LayerUse(layer="pool")),
        **changes,
    }
    return Drawing(**content)


def test_it_is_read_as_it_was_written() -> None:
    assert Drawing.model_validate(drawing().as_dict()) == drawing()


def test_cells_that_do_the_same_share_a_use() -> None:
    use = LayerUse.of("conv", [(5.0,), (3.0,), (5.0,)])
    assert (use.uses, use.cells) == (((5.0,), (3.0,)), (0, 1, 0))


def bus(source: str, target: str) -> Bus:
    return Bus(source=source, target=target, bits=8, label="codes", points=((0, 0), (1, 1)))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"units": (DrawnUnit(id="u", title="unit", x=0, y=20, width=30, height=10),) * 2},
            "Id 'u' must be of one thing",
        ),
        ({"buses": (bus("u", "v"),)}, "Bus 'codes' must end at something, not at 'v'"),
        (
            {"cells": (DrawnCell(name="0", x=0, y=0, blocks=(2,)),), "layers": ()},
            r"Cell '0' must hold blocks of the drawing, not \(2,\)",
        ),
        ({"layers": (LayerUse.of("conv", [(5.0,)]),)}, "Layer 'conv' must have 2 cells"),
        (
            {"layers": (LayerUse.of("conv", [(5.0,), (5.0,)]),)},
            "Layer 'conv' must have a number for each block of a cell",
        ),
    ],
)
def test_what_does_not_fit_together_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        drawing(**changes)


def test_a_bus_may_end_at_the_cells() -> None:
    assert drawing(buses=(bus("u", "cells"),)).buses[0].target == "cells"
