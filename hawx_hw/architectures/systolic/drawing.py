"""The drawing of a systolic accelerator.

The array is in the middle; on its left each row's feeder with its list of taps and its copy of the
activations, on its right the weight banks beside their rows, below it the accumulators of each
slice and the post-processor.
"""

from __future__ import annotations

import numpy as np
from amaranth.hdl import Shape

from hawx_hw.architectures.common.canvas import (
    BOX,
    LEFT,
    LEFT_EDGE,
    LEFT_INNER,
    MIDDLE,
    RIGHT,
    RIGHT_EDGE,
    TOP,
    WIDTH_OF_BOX,
    Canvas,
    cell_size,
    drawn_blocks,
    shares,
    size_text,
)
from hawx_hw.architectures.common.operations import Operation
from hawx_hw.architectures.drawing import Drawing, DrawnCell, LayerUse
from hawx_hw.architectures.systolic.gateware.dimensions import Dimensions
from hawx_hw.architectures.systolic.parts import PARTS
from hawx_hw.architectures.systolic.plan import Plan
from hawx_hw.util.macros import ROM, SDP_RAM, SP_RAM

__all__ = ["draw"]

# The array's field, and what stands on both sides of it.
_X, _Y, _WIDTH, _HEIGHT = 176.0, TOP + 80, 168.0, 230.0
_COPY_X, _COPY_WIDTH = 24.0, 64.0
_TAPS_X, _TAPS_WIDTH = 94.0, 30.0
_FEEDER_X, _FEEDER_WIDTH = 130.0, 18.0
_BANK_X, _BANK_WIDTH = 364.0, 68.0


def draw(plan: Plan) -> Drawing:
    """The drawing of a plan's accelerator."""
    d, canvas = Dimensions.of(plan), Canvas()
    array = plan.array
    cell_width, cell_height = cell_size(array.rows, array.columns, _HEIGHT, _WIDTH)
    bottom = _Y + array.rows * cell_height
    right = _X + array.columns * cell_width
    canvas.shell(plan.signature())
    _control(canvas, plan, d)
    _rows(canvas, plan, d, cell_height)
    _banks(canvas, plan, d, cell_height, right)
    _sums(canvas, plan, d, cell_width, bottom)
    _post(canvas, plan, d, bottom + 66)
    return canvas.drawing(
        title=f"{array.rows} x {array.columns} systolic array",
        cell=plan.pe_blocks.cell,
        cell_part=PARTS["pes"],
        blocks=drawn_blocks(plan.blocks),
        height=round(bottom + 156, 2),
        cell_width=cell_width,
        cell_height=cell_height,
        cells=tuple(
            DrawnCell(
                name=f"row {row}, column {column}",
                x=round(_X + column * cell_width, 2),
                y=round(_Y + row * cell_height, 2),
                blocks=plan.pe_blocks.at(row, column),
            )
            for row, column in np.ndindex(array.rows, array.columns)
        ),
        layers=tuple(_use(plan, layer) for layer in plan.layers),
    )


def _parameter_macro(plan: Plan) -> str:
    return (SP_RAM if plan.loadable else ROM).kind


def _control(canvas: Canvas, plan: Plan, d: Dimensions) -> None:
    part, macro = PARTS["layer_sequencer"], _parameter_macro(plan)
    canvas.unit("issuer", "tile issuer", LEFT, TOP, part=part)
    canvas.unit("sequencer", "layer sequencer", MIDDLE, TOP, part=part)
    canvas.unit("loader", "weight loader", RIGHT, TOP, part=PARTS["weight_loader"])
    width, depth = d.descriptor.size, d.layers
    canvas.memory(
        "core/program", "layer program", macro, (width, depth), MIDDLE, TOP + BOX, title="program"
    )
    centre, middle = MIDDLE + WIDTH_OF_BOX / 2, TOP + BOX / 2
    canvas.bus("registers", "sequencer", 0, "start", (centre, 78), (centre, TOP))
    canvas.bus("sequencer", "issuer", 0, "layer", (MIDDLE, middle), (LEFT + WIDTH_OF_BOX, middle))
    canvas.bus("sequencer", "loader", 0, "layer", (MIDDLE + WIDTH_OF_BOX, middle), (RIGHT, middle))


def _rows(canvas: Canvas, plan: Plan, d: Dimensions, height: float) -> None:
    """Feeders, lists of taps, copies of the activations."""
    rows, word, bits = plan.array.rows, d.word.size, plan.widths.activation_bits
    gap = min(2.0, height / 8)
    for row in range(rows):
        y, own = _Y + row * height + gap / 2, height - gap
        path = f"core/activations_{row}"
        canvas.memory(
            path, "activations", SDP_RAM.kind, (word, d.arena), _COPY_X, y, _COPY_WIDTH, own
        )
        canvas.memory(
            f"core/taps_{row}", "taps", _parameter_macro(plan), (d.tap.size, d.tap_words),
            _TAPS_X, y, _TAPS_WIDTH, own,
        )  # fmt: skip
        canvas.unit(
            f"row_{row}", "", _FEEDER_X, y, _FEEDER_WIDTH, own, part=PARTS["row_feeder"],
            detail=f"feeder of row {row}", group="row feeders",
        )  # fmt: skip
        canvas.bus(
            f"row_{row}", "cells", bits, "codes",
            (_FEEDER_X + _FEEDER_WIDTH, y + own / 2), (_X, y + own / 2), labeled=row == 0,
        )  # fmt: skip
    first = _Y + height / 2
    middle = _FEEDER_X + _FEEDER_WIDTH / 2
    fetch = Shape.cast(d.fetch.payload_shape).width
    canvas.bus("issuer", "row_0", fetch, "pixels, tiles", (middle, TOP + BOX), (middle, _Y))
    canvas.bus(
        "image_loader",
        "core/activations_0",
        8 * plan.array.requantizers,
        "image",
        (LEFT, TOP - 58),
        (LEFT_INNER, TOP - 58),
        (LEFT_INNER, first),
        (_COPY_X, first),
        label_at=(LEFT_INNER + 5, TOP - 14),
    )
    bottom = _Y + rows * height
    captions = (
        ("activations", size_text(d.arena, word), _COPY_X, _COPY_WIDTH),
        ("taps", size_text(d.tap_words, d.tap.size), _TAPS_X - 2, 48.0),
        ("feeders", "", _FEEDER_X, 40.0),
    )
    for title, size, x, width in captions:
        canvas.caption(title, x, bottom + 13, width, strong=True)
        if size:
            canvas.caption(size, x, bottom + 25, width)


def _banks(canvas: Canvas, plan: Plan, d: Dimensions, height: float, right: float) -> None:
    """The weight banks, each beside the rows that it serves."""
    array, shape = plan.array, (d.weights.size, d.weight_words)
    gap = min(2.0, height / 8)
    for bank in range(array.banks):
        first = bank * array.bank_rows
        count = min(array.bank_rows, array.rows - first)
        for slice_, (x, width) in enumerate(shares(_BANK_WIDTH, array.slices, 3)):
            canvas.memory(
                f"core/weights_{bank}_{slice_}", "weights", _parameter_macro(plan), shape,
                _BANK_X + x, _Y + first * height + gap / 2, width, count * height - gap,
            )  # fmt: skip
        y = _Y + (first + count / 2) * height
        canvas.bus(
            f"core/weights_{bank}_0", "cells", shape[0], "weights", (_BANK_X, y), (right, y),
            labeled=bank == 0,
        )  # fmt: skip
    bottom = _Y + array.rows * height
    middle, load = RIGHT + WIDTH_OF_BOX / 2 + 28, Shape.cast(d.load.payload_shape).width
    canvas.bus("loader", "core/weights_0_0", load, "addresses", (middle, TOP + BOX), (middle, _Y))
    canvas.caption("weights", _BANK_X - 10, bottom + 13, 78, strong=True)
    canvas.caption(size_text(shape[1], shape[0]), _BANK_X - 10, bottom + 25, 78)


def _sums(canvas: Canvas, plan: Plan, d: Dimensions, width: float, bottom: float) -> None:
    """The accumulators of each slice, two sets, and their read-out."""
    array, part = plan.array, PARTS["accumulator_readout"]
    shape = (array.slice_columns * d.sum_bits, d.accumulators)
    own, gap = array.slice_columns * width, min(2.0, width / 4)
    for slice_ in range(array.slices):
        for number in range(2):
            canvas.memory(
                f"core/slice_{slice_}/accumulators_{number}",
                "accumulators",
                SDP_RAM.kind,
                shape,
                _X + slice_ * own + gap / 2,
                bottom + 8 + 16 * number,
                own - gap,
                14,
            )
        middle, y = _X + (slice_ + 0.5) * own, bottom + 38
        canvas.bus(
            "cells", f"core/slice_{slice_}/accumulators_0", shape[0], "sums",
            (middle, bottom), (middle, bottom + 8), labeled=False,
        )  # fmt: skip
        canvas.bus(
            f"core/slice_{slice_}/accumulators_1", "readout", shape[0], "sums",
            (middle, y), (middle, y + 18), labeled=slice_ == 0, label_at=(_X - 66, y + 12),
        )  # fmt: skip
    y = bottom + 38
    canvas.unit("readout", "accumulator read-out", _X, y + 18, _WIDTH, part=part)
    canvas.caption("accumulators", _BANK_X - 10, bottom + 41, 78, strong=True)
    canvas.caption(size_text(shape[1], shape[0]), _BANK_X - 10, bottom + 53, 78)


def _post(canvas: Canvas, plan: Plan, d: Dimensions, y: float) -> None:
    """The requantizers with their constants, and where their codes go."""
    count, part = plan.array.requantizers, PARTS["requantizer"]
    top = y + 36
    for number, (x, width) in enumerate(shares(_WIDTH, count, 3)):
        title = "requantizer" if width > 72 else ""
        canvas.unit(f"requantizer_{number}", title, _X + x, top, width, part=part,
                    detail="" if title else "requantizer", group="requantizers")  # fmt: skip
    middle, centre = _X + _WIDTH / 2, top + BOX / 2
    canvas.bus("readout", "requantizer_0", d.sums.size, "sums", (middle, y + 18), (middle, top))
    shape = (d.constants_word.size, d.requantization_words)
    canvas.memory(
        "core/requantization", "requantization", _parameter_macro(plan), shape,
        _BANK_X, top - 4, _BANK_WIDTH, BOX + 8, title="constants",
    )  # fmt: skip
    canvas.bus("core/requantization", "requantizer_0", shape[0], "constants",
               (_BANK_X, centre), (_X + _WIDTH, centre))  # fmt: skip
    if count > 2:
        text = f"{count} requantizers"
        canvas.caption(text, _X - 8, centre + 4, 130, anchor="end", strong=True)
    bits, bottom = d.codes.size, top + BOX
    store = _Y + 10
    canvas.bus("requantizer_0", "core/activations_0", bits, "codes",
               (middle - 30, bottom), (middle - 30, bottom + 18), (LEFT_EDGE, bottom + 18),
               (LEFT_EDGE, store), (_COPY_X, store))  # fmt: skip
    canvas.bus("requantizer_0", "results", bits, "results",
               (middle + 30, bottom), (middle + 30, bottom + 18), (RIGHT_EDGE, bottom + 18),
               (RIGHT_EDGE, TOP - 58), (RIGHT + WIDTH_OF_BOX, TOP - 58))  # fmt: skip


def _use(plan: Plan, layer: Operation) -> LayerUse:
    """The multiplications of each PE: its taps, its filters, all pixels."""
    placement = plan.placements.get(layer.name)
    if placement is None:
        return LayerUse(layer=layer.title)
    pixels = layer.macs // (placement.filters >= 0).sum() // (placement.taps >= 0).sum()
    counts = np.outer((placement.taps >= 0).sum(axis=0), (placement.filters >= 0).sum(axis=0))
    cells = []
    for place in np.ndindex(*counts.shape):
        active = int(placement.active[place])
        number = float(counts[place] * pixels)
        cells.append(
            tuple(number if block == active else 0.0 for block in plan.pe_blocks.at(*place))
        )
    return LayerUse.of(layer.title, cells)
