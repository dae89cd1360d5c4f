"""The address generator of the controller: where the kernel lies on the input."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.architectures.systolic.gateware.dimensions import Dimensions

__all__ = ["InputWalk"]


class InputWalk(wiring.Component):
    """Walks over the positions of a kernel in four nested loops.

    From the innermost: window column, window row, output column, output row. The walk can be taken
    back to where an output tile began, since each tile of taps walks over the same pixels again.

    **Latency**: ``position`` follows a command by :attr:`LATENCY`.

    Parameters
    ----------
    dimensions : Dimensions

    Attributes
    ----------
    layer : In(Dimensions.descriptor)
        The layer; holds still during the walk.
    restart : In(1)
        To the first position; the output tile begins there. Wins over the other commands.
    advance : In(1)
        To the next position.
    mark : In(1)
        With ``advance``: the next output tile begins at the next position.
    rewind : In(1)
        With ``advance``: back to the beginning of the output tile instead.
    position : Out(Dimensions.position)
    window_first, window_last : Out(1)
        The position is the first, the last of its window.
    """

    #: Cycles from a command to the position that it leads to.
    LATENCY = 1

    def __init__(self, dimensions: Dimensions):
        self._dimensions = d = dimensions
        super().__init__(
            {
                "layer": In(d.descriptor),
                "restart": In(1),
                "advance": In(1),
                "mark": In(1),
                "rewind": In(1),
                "position": Out(d.position),
                "window_first": Out(1),
                "window_last": Out(1),
            }
        )

    @property
    def dimensions(self) -> Dimensions:
        """Widths and depths."""
        return self._dimensions

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        d, layer = self._dimensions, self.layer
        # One record for all that a walk remembers, so that going back is one assignment.
        state = _walk_state(d)
        now = Signal(state)
        following = Signal(state)
        begin = Signal(state)
        m.d.comb += self.position.eq(now.position)

        columns_end = now.window_column == layer.window_columns
        rows_end = now.window_row == layer.window_rows
        line_ends = now.column == layer.output_columns
        m.d.comb += [
            self.window_first.eq((now.window_column == 0) & (now.window_row == 0)),
            self.window_last.eq(columns_end & rows_end),
            following.eq(now),
        ]

        def step(event: str, *, moves_y: bool = True) -> None:
            position = following.position
            m.d.comb += [
                position.x.eq(now.position.x + layer[f"x_step_{event}"]),
                position.offset.eq(now.position.offset + layer[f"offset_step_{event}"]),
            ]
            if moves_y:
                m.d.comb += position.y.eq(now.position.y + layer[f"y_step_{event}"])

        with m.If(~columns_end):
            step("window_column", moves_y=False)
            m.d.comb += following.window_column.eq(now.window_column + 1)
        with m.Elif(~rows_end):
            step("window_row")
            m.d.comb += [
                following.window_column.eq(0),
                following.window_row.eq(now.window_row + 1),
            ]
        with m.Else():
            m.d.comb += [following.window_column.eq(0), following.window_row.eq(0)]
            with m.If(~line_ends):
                step("column")
                m.d.comb += following.column.eq(now.column + 1)
            with m.Else():
                step("row")
                m.d.comb += following.column.eq(0)

        start = Signal(state)
        m.d.comb += [
            start.position.x.eq(layer.x_start),
            start.position.y.eq(layer.y_start),
            start.position.offset.eq(layer.offset_start),
        ]
        with m.If(self.restart):
            m.d.sync += [now.eq(start), begin.eq(start)]
        with m.Elif(self.advance):
            m.d.sync += now.eq(Mux(self.rewind, begin, following))
            with m.If(self.mark):
                m.d.sync += begin.eq(following)
        return m


def _walk_state(d: Dimensions) -> data.StructLayout:
    return data.StructLayout(
        {
            "position": d.position,
            "window_column": d.field("window_columns"),
            "window_row": d.field("window_rows"),
            "column": d.field("output_columns"),
        }
    )
