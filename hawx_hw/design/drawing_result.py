"""How an emitted accelerator is drawn, and drawing.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from hawx_hw.architectures.drawing import Drawing
from hawx_hw.architectures.timeline import Timeline
from hawx_hw.util.results import Result

if TYPE_CHECKING:
    from hawx_hw.architectures.base import Plan

__all__ = ["DrawingResult", "drawing_result"]


class DrawingResult(Result):
    """The content of drawing.json.

    Parameters
    ----------
    drawing : Drawing
    timelines : tuple of Timeline
        One a layer; empty where the architecture has none.
    """

    FILE: ClassVar[str] = "drawing.json"
    STAGE: ClassVar[str] = "emit"
    SCHEMA: ClassVar[int] = 1
    COMPACT: ClassVar[bool] = True

    drawing: Drawing
    timelines: tuple[Timeline, ...] = ()


def drawing_result(plan: Plan) -> DrawingResult:
    """The drawing of a plan's accelerator, and the timelines of its layers."""
    every = (plan.timeline(layer) for layer in range(len(plan.cycles().layers)))
    return DrawingResult(
        drawing=plan.drawing(), timelines=tuple(each for each in every if each is not None)
    )
