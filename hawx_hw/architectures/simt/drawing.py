"""The drawing of a SIMT unit.

The front end is at the top, with the warps' scalars; below it the multiply engine, between the
activations on the left and the weights on the right; then the lanes with the registers of each
warp, and the post engine.
"""

from __future__ import annotations

import numpy as np

from hawx_hw.architectures.base import ParameterMemory
from hawx_hw.architectures.common.canvas import (
    BOX,
    DRAWER,
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
from hawx_hw.architectures.drawing import Drawing, DrawnCell, LayerUse
from hawx_hw.architectures.simt.compile import CompiledLayer
from hawx_hw.architectures.simt.isa import SCALARS
from hawx_hw.architectures.simt.parts import PARTS
from hawx_hw.architectures.simt.plan import Plan
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.util.macros import ROM, SDP_RAM, SP_RAM

__all__ = ["draw", "lane_multiplications"]

_ENGINE_Y = TOP + 106
_LANES_Y = _ENGINE_Y + 70
_LANES_X, _LANES_WIDTH = 20.0, 412.0
_MOST_ACROSS = 16
_CENTRE = MIDDLE + WIDTH_OF_BOX / 2
_SHELL_Y = TOP - 58


def draw(plan: Plan) -> Drawing:
    """The drawing of a plan's unit."""
    canvas, unit = Canvas(), plan.unit
    memories = {memory.name: memory for memory in plan.memories()}
    canvas.shell(plan.signature())
    _front(canvas, plan, memories)
    _feeds(canvas, plan, memories)
    across = _across(unit)
    lines = -(-unit.lanes // across)
    gap = 4.0 if unit.clusters > 1 else 0.0

    def x_of(lane: int) -> float:
        place = lane % across
        return round(_LANES_X + place * width + gap * (place // unit.cluster), 2)

    gaps = gap * (across // unit.cluster - 1) if across >= unit.cluster else 0.0
    width, height = cell_size(lines, across, 150.0, _LANES_WIDTH - gaps)
    bottom = _LANES_Y + lines * height
    _registers(canvas, plan, bottom)
    _post(canvas, plan, memories, _below(plan, bottom))
    return canvas.drawing(
        title=f"SIMT unit of {unit.lanes} lanes and {unit.warps} warps",
        cell=plan.compiled.lane_blocks.cell,
        cell_part=PARTS["lanes"],
        blocks=drawn_blocks(plan.blocks),
        height=round(_below(plan, bottom) + 72, 2),
        cell_width=width,
        cell_height=height,
        cells=tuple(
            DrawnCell(
                name=str(lane),
                x=x_of(lane),
                y=round(_LANES_Y + lane // across * height, 2),
                blocks=plan.compiled.lane_blocks.at(lane),
            )
            for lane in range(unit.lanes)
        ),
        layers=tuple(_use(plan, layer) for layer in plan.compiled.layers),
    )


def _below(plan: Plan, bottom: float) -> float:
    """y below the registers, of lanes that reach down to ``bottom``."""
    return bottom + 46 + 16 * plan.unit.warps


def _across(unit: Unit) -> int:
    """Lanes side by side: whole clusters, where these are not too wide."""
    return max(unit.cluster, _MOST_ACROSS // unit.cluster * unit.cluster)


def _parameters(
    canvas: Canvas,
    plan: Plan,
    memory: ParameterMemory,
    use: str,
    x: float,
    y: float,
    *size: float,
    title: str = "",
) -> None:
    macro = (SP_RAM if plan.loadable else ROM).kind
    shape = (memory.width, memory.depth)
    canvas.memory(f"core/{memory.name}", use, macro, shape, x, y, *size, title=title)


def _front(canvas: Canvas, plan: Plan, memories: dict[str, ParameterMemory]) -> None:
    """The front end with its memories."""
    unit, part = plan.unit, PARTS["front_end"]
    canvas.unit("front_end", "front end", MIDDLE, TOP, part=part)
    canvas.bus("registers", "front_end", 0, "start", (_CENTRE, 78), (_CENTRE, TOP))
    y = TOP + BOX
    _parameters(canvas, plan, memories["program"], "program", MIDDLE, y, title="program")
    _parameters(
        canvas, plan, memories["arguments"], "arguments", MIDDLE, y + DRAWER, title="arguments"
    )
    for warp, (x, width) in enumerate(shares(WIDTH_OF_BOX, unit.warps, 2)):
        canvas.memory(
            f"core/front_end/scalars/warp_{warp}",
            "scalars of a warp",
            SDP_RAM.kind,
            (unit.scalar_bits, SCALARS),
            MIDDLE + x,
            y + 2 * DRAWER,
            width,
        )
    size = size_text(SCALARS, unit.scalar_bits)
    canvas.caption(f"scalars {size}", MIDDLE, y + 3 * DRAWER + 12, 98)


def _feeds(canvas: Canvas, plan: Plan, memories: dict[str, ParameterMemory]) -> None:
    """Activations on the left, the multiply engine in the middle, weights on the right."""
    unit, y = plan.unit, _ENGINE_Y
    word = (8 * unit.word, unit.activation_words)
    canvas.memory(
        "core/activations", "activations", SDP_RAM.kind, word, LEFT, TOP, WIDTH_OF_BOX, 56,
        title="activations",
    )  # fmt: skip
    left, right = LEFT + WIDTH_OF_BOX / 2, RIGHT + WIDTH_OF_BOX / 2
    canvas.bus("image_loader", "core/activations", word[0], "image",
               (left, _SHELL_Y + 14), (left, TOP))  # fmt: skip
    canvas.unit("windows", "activation windows", LEFT, y, part=PARTS["activation_window"])
    canvas.bus("core/activations", "windows", word[0], "words", (left, TOP + 56), (left, y),
               label_at=(left + 5, TOP + 76))  # fmt: skip
    canvas.unit("multiply", "multiply engine", MIDDLE, y, part=PARTS["multiply_engine"])
    _parameters(canvas, plan, memories["streams"], "streams", MIDDLE, y + BOX, title="streams")
    down = TOP + BOX + 3 * DRAWER
    at = MIDDLE + 106
    canvas.bus("front_end", "multiply", 0, "instructions", (at, down), (at, y))
    canvas.unit("weight_feed", "weight feed", RIGHT, y, part=PARTS["weight_feed"])
    lanes = 8 * unit.lanes
    canvas.memory(
        "core/multiply_engine/weight_feed/buffer", "weight buffer", SDP_RAM.kind,
        (lanes, unit.taps), RIGHT, y + BOX, title="buffer",
    )  # fmt: skip
    banks = [memory for name, memory in memories.items() if name.startswith("weights")]
    for memory, (x, width) in zip(banks, shares(WIDTH_OF_BOX, len(banks), 2), strict=True):
        _parameters(canvas, plan, memory, "weights", RIGHT + x, TOP, width, 56)
    size = size_text(banks[0].depth, banks[0].width)
    canvas.caption(f"weights {size}", RIGHT, TOP + 70, WIDTH_OF_BOX)
    canvas.bus(f"core/{banks[0].name}", "weight_feed", lanes, "weights",
               (right, TOP + 76), (right, y))  # fmt: skip
    canvas.bus("windows", "cells", 8 * unit.clusters, "codes", (left, y + BOX), (left, _LANES_Y))
    canvas.bus("multiply", "cells", 0, "steps", (_CENTRE, y + BOX + DRAWER), (_CENTRE, _LANES_Y))
    canvas.bus("weight_feed", "cells", lanes, "weights",
               (right, y + BOX + DRAWER), (right, _LANES_Y))  # fmt: skip


def _registers(canvas: Canvas, plan: Plan, bottom: float) -> None:
    """The registers of each warp: a word has those of all lanes."""
    unit = plan.unit
    shape = (unit.lanes * unit.register_bits, unit.registers)
    for warp in range(unit.warps):
        canvas.memory(
            f"core/registers/warp_{warp}", "registers of a warp", SDP_RAM.kind, shape,
            _LANES_X, bottom + 18 + 16 * warp, _LANES_WIDTH, 15, title=f"registers of warp {warp}",
        )  # fmt: skip
    left, right = LEFT + WIDTH_OF_BOX / 2, RIGHT + WIDTH_OF_BOX / 2
    first = "core/registers/warp_0"
    canvas.bus("cells", first, shape[0], "sums", (left, bottom), (left, bottom + 18))
    canvas.bus(first, "cells", shape[0], "sums", (right, bottom + 18), (right, bottom))


def _post(canvas: Canvas, plan: Plan, memories: dict[str, ParameterMemory], y: float) -> None:
    """The post engine with its requantizers."""
    unit, part = plan.unit, PARTS["post_engine"]
    canvas.unit("post", "post engine", LEFT, y, part=part)
    _parameters(canvas, plan, memories["stores"], "stores", LEFT, y + BOX, title="stores")
    middle = y + BOX / 2
    canvas.bus("front_end", "post", 0, "instructions", (MIDDLE, TOP + 10), (154, TOP + 10),
               (154, _ENGINE_Y - 14), (LEFT_INNER, _ENGINE_Y - 14), (LEFT_INNER, middle),
               (LEFT, middle), labeled=False)  # fmt: skip
    for number, (x, width) in enumerate(shares(WIDTH_OF_BOX, unit.requantizers, 3)):
        canvas.unit(
            f"requantizer_{number}", "requantizer" if width > 72 else "", MIDDLE + x, y, width,
            part=PARTS["requantizer"], detail="" if width > 72 else "requantizer",
            group="requantizers",
        )  # fmt: skip
    if unit.requantizers > 1:
        many = f"{unit.requantizers} requantizers"
        canvas.caption(many, _CENTRE, y + BOX + 13, WIDTH_OF_BOX, anchor="middle", strong=True)
    constants = memories["requantization"]
    _parameters(
        canvas, plan, constants, "requantization", RIGHT, y - 4, WIDTH_OF_BOX, BOX + 8,
        title="constants",
    )  # fmt: skip
    canvas.bus("core/requantization", "requantizer_0", constants.width, "constants",
               (RIGHT, middle), (MIDDLE + WIDTH_OF_BOX, middle))  # fmt: skip
    canvas.bus("post", "requantizer_0", 0, "steps",
               (LEFT + WIDTH_OF_BOX, middle), (MIDDLE, middle))  # fmt: skip
    registers = f"core/registers/warp_{unit.warps - 1}"
    sums = unit.requantizers * unit.register_bits
    canvas.bus(registers, "requantizer_0", sums, "sums", (_CENTRE, y - 27), (_CENTRE, y))
    bits, bottom = 8 * unit.word, y + BOX + 36
    canvas.bus("post", "core/activations", bits, "codes", (LEFT + 56, y + BOX + DRAWER),
               (LEFT + 56, bottom), (LEFT_EDGE, bottom), (LEFT_EDGE, TOP + 28),
               (LEFT, TOP + 28), label_at=(8, bottom - 5))  # fmt: skip
    canvas.bus("post", "results", bits, "results", (LEFT + 86, y + BOX + DRAWER),
               (LEFT + 86, bottom), (RIGHT_EDGE, bottom), (RIGHT_EDGE, _SHELL_Y),
               (RIGHT + WIDTH_OF_BOX, _SHELL_Y))  # fmt: skip


def lane_multiplications(layer: CompiledLayer, lanes: int, blocks: int) -> np.ndarray:
    """The multiplications of an image that each lane does with each block.

    Pixel groups take the windows of a line in turn, from the first one on.

    Parameters
    ----------
    layer : CompiledLayer
        It multiplies.
    lanes, blocks : int

    Returns
    -------
    ndarray of int64, shape (lanes, blocks)
    """
    placement, operation = layer.placement, layer.operation
    assert placement is not None
    _, height, width = operation.output_shape
    own = lanes // placement.groups
    group = np.arange(lanes) // own
    windows = height * -(-(width - group) // placement.groups)
    counts = np.zeros((lanes, blocks), dtype=np.int64)
    taps = np.bincount(placement.tap_class.ravel(), minlength=placement.selections.shape[1])
    filters = np.tile(placement.filters, placement.groups)
    for tile, chosen in enumerate(placement.selections):
        for kind, block in enumerate(chosen):
            done = np.where(filters[tile] >= 0, taps[kind] * windows * operation.elements, 0)
            np.add.at(counts, (np.arange(lanes), block), done)
    return counts


def _use(plan: Plan, layer: CompiledLayer) -> LayerUse:
    if layer.placement is None:
        return LayerUse(layer=layer.operation.title)
    lane_blocks = plan.compiled.lane_blocks
    counts = lane_multiplications(layer, plan.unit.lanes, len(lane_blocks.blocks))
    cells = [
        tuple(float(number) for number in own[list(lane_blocks.at(lane))])
        for lane, own in enumerate(counts)
    ]
    return LayerUse.of(layer.operation.title, cells)
