"""The memories of a systolic accelerator, and how often an inference accesses them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hawx_hw.architectures.base import MemoryUse
from hawx_hw.architectures.common.arena import allocate
from hawx_hw.architectures.common.operations import Operation
from hawx_hw.architectures.systolic.cycles import TiledNetwork, output_tiles
from hawx_hw.architectures.systolic.gateware.dimensions import Dimensions
from hawx_hw.architectures.systolic.outline import Outline
from hawx_hw.architectures.systolic.plan import Plan
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.architectures.systolic.steps import Step
from hawx_hw.gateware.shell import shell_memories
from hawx_hw.util.macros import ROM, SDP_RAM, SP_RAM

__all__ = [
    "estimated_uses",
    "issued_pixels",
    "memory_uses",
    "read_sums",
    "requantizations",
    "weight_tiles_loaded",
]

# Bits of what an outline does not know: a product's beside those that adding up takes; a tap's;
# an addend's and its multiplier's.
_PRODUCT_BITS, _TAP_BITS, _CONSTANT_BITS = 16, 16, 40


def issued_pixels(plan: Plan) -> float:
    """Cycles of an inference in which pixels enter the array."""
    layers = plan.cycles().layers
    return sum(layer.causes["useful"] + layer.causes["edge_tiles"] for layer in layers)


def weight_tiles_loaded(plan: TiledNetwork) -> int:
    """How often an inference loads the array with weights."""
    return sum(
        (step.filter_tiles + 1) * (step.output_tiles + 1) * (step.tap_tiles + 1)
        for step in plan.steps
        if not step.stream
    )


def read_sums(plan: Plan) -> int:
    """Words of sums that the requantizers take in."""
    return sum(
        pixels * groups
        for step in plan.steps
        if not step.stream
        for pixels, groups in output_tiles(step, plan.array)
    )


def requantizations(plan: Plan) -> int:
    """Words of codes that the requantizers make, one a window, of sums and of streams."""
    return sum(each.stored for each in _accesses(plan))


@dataclass(frozen=True)
class _Accesses:
    """What a layer accesses.

    Parameters
    ----------
    activations : int
        Words of activations that all rows together read.
    added, sums : int
        Pixels whose sums each slice adds to what is there; pixels whose sums are read out, all
        slices together.
    constants : int
        Words of the requantization memory.
    stored : int
        Words that the layer stores.
    """

    activations: int
    added: int
    sums: int
    constants: int
    stored: int


def _inside(layer: Operation, axis: int) -> list[int]:
    """How many pixels each tap of the kernel reads along an axis, padding left out.

    A filter tile, or a stream of a plane of channels, takes each pixel as often as it is in a
    window of the pooling.
    """
    kernel, pool = layer.kernel, layer.pool
    padding = (kernel if layer.multiplies else pool).padding[axis]
    starts = np.arange(layer.output_shape[1 + axis]) * pool.stride[axis]
    pixels = np.add.outer(starts, np.arange(pool.kernel[axis])) * kernel.stride[axis] - padding
    reads = (pixels + tap for tap in range(kernel.kernel[axis]))
    return [int(np.sum((at >= 0) & (at < layer.input_shape[1 + axis]))) for at in reads]


def _read_activations(plan: Plan, step: Step, layer: Operation) -> int:
    """Words of activations that all rows together read for a layer."""
    rows, columns = (_inside(layer, axis) for axis in (0, 1))
    tiles = slice(step.taps, step.taps + step.tap_tiles + 1)
    taps = (tap for row in plan.taps for tap in row[tiles] if tap.live)
    operands = len(layer.sources) if step.stream else 1
    reads = sum(rows[tap.row] * columns[tap.column] for tap in taps)
    return reads * operands * (step.filter_tiles + 1)


def _of_stream(step: Step, activations: int) -> _Accesses:
    elements = (step.output_tile_pixels + 1) * (step.tap_tiles + 1)
    return _Accesses(
        activations=activations,
        added=0,
        sums=0,
        constants=elements if step.per_element else 1,
        stored=elements // (step.window + 1),
    )


def _of_array(step: Step, activations: int, array: ArrayShape) -> _Accesses:
    """Accesses of a layer of the array.

    The groups of a slice share a read of its sums. The constants of a slice's only group are read
    once an output tile, those of several with each window.
    """
    added = sums = constants = stored = 0
    for pixels, groups in output_tiles(step, array):
        windows = pixels // (step.window + 1)
        added += pixels * step.tap_tiles
        sums += pixels * -(-groups // array.slice_groups)
        constants += groups * (windows if array.slice_groups > 1 else 1)
        stored += groups * windows
    return _Accesses(activations, added, sums, constants, stored)


def _accesses(plan: Plan) -> list[_Accesses]:
    accesses = []
    for step, layer in zip(plan.steps, plan.layers, strict=True):
        read = _read_activations(plan, step, layer)
        if step.stream:
            accesses.append(_of_stream(step, read))
        else:
            accesses.append(_of_array(step, read, plan.array))
    return accesses


def _image_words(plan: Plan) -> int:
    """Words of the activation memories that an image fills."""
    _, height, width = plan.layers[0].input_shape
    planes = -(-plan.layouts[plan.graph.input].size // plan.array.requantizers)
    return planes * height * width


def memory_uses(plan: Plan) -> list[MemoryUse]:
    """All memories, with their accesses.

    Copies, sets and slices have an equal share of the accesses of all. Memories of the shell, which
    cost nothing beside the others, count as not accessed.
    """
    d = Dimensions.of(plan)
    a = d.array
    ram, parameters = SDP_RAM.kind, (SP_RAM if a.loadable else ROM).kind
    tiles, layers = weight_tiles_loaded(plan), _accesses(plan)
    pixels = sum(
        rows * (step.tap_tiles + 1)
        for step in plan.steps
        if not step.stream
        for rows, _ in output_tiles(step, a)
    )
    streamed = sum(step.tap_tiles + 1 for step in plan.steps if step.stream)
    stored = sum(
        each.stored for each, step in zip(layers, plan.steps, strict=True) if not step.to_result
    )
    uses = [
        MemoryUse(
            "activation",
            ram,
            d.word.size,
            d.arena,
            a.rows,
            sum(each.activations for each in layers) / a.rows,
            _image_words(plan) + stored,
        ),
        MemoryUse(
            "accumulator",
            ram,
            d.sum_bits * a.slice_columns,
            d.accumulators,
            2 * a.slices,
            sum(each.added + each.sums / a.slices for each in layers) / 2,
            pixels / 2,
        ),
        *(
            MemoryUse("other", ram, width, depth, 1, 0, 0)
            for _, width, depth in shell_memories(plan.signature())
        ),
    ]
    reads = {
        "weights": tiles * a.bank_rows,
        "taps": tiles,
        "requantization": sum(each.constants for each in layers),
        "program": d.layers,
    }
    for name, width, depth in d.memories():
        kind = name.partition("_")[0]
        # The first row's list has the tiles of streams, too.
        more = streamed if name == "taps_0" else 0
        use = "weight" if kind == "weights" else "other"
        uses.append(MemoryUse(use, parameters, width, depth, 1, reads[kind] + more, 0))
    return uses


def estimated_uses(network: Outline) -> list[MemoryUse]:
    """The large memories with their accesses, from an outline.

    Words and accesses are those of the plan; widths that follow from the values of the weights are
    estimated, and the memories of the shell and of the program are left out.
    """
    a, steps, layers = network.array, network.steps, network.layers
    ram, parameters = SDP_RAM.kind, (SP_RAM if a.loadable else ROM).kind
    pairs = list(zip(steps, layers, strict=True))
    each = [
        _of_stream(step, _read_once(step, layer))
        if step.stream
        else _of_array(step, _read_once(step, layer), a)
        for step, layer in pairs
    ]
    tiles = weight_tiles_loaded(network)
    stored = sum(one.stored for one, step in zip(each, steps, strict=True) if not step.to_result)
    shape = layers[0].input_shape
    image = -(-shape[0] // a.requantizers) * shape[1] * shape[2]
    sums, deepest, written = _sums_of(network)
    read_out = sum(one.added + one.sums / a.slices for one in each)
    weights = [(step, layer.weight) for step, layer in pairs if layer.weight is not None]
    loads = sum((step.filter_tiles + 1) * (step.tap_tiles + 1) for step, _ in weights)
    filters = sum(-(-len(weight) // a.requantizers) for _, weight in weights)
    # Use, kind, width, depth, count, reads, writes.
    return [
        MemoryUse(
            "activation",
            ram,
            8 * a.requantizers,
            allocate(layers, layers[0].sources[0], shape, a.requantizers).depth,
            a.rows,
            sum(one.activations for one in each) / a.rows,
            image + stored,
        ),
        MemoryUse(
            "accumulator",
            ram,
            sums * a.slice_columns,
            deepest,
            2 * a.slices,
            read_out / 2,
            written / 2,
        ),
        MemoryUse(
            "weight",
            parameters,
            8 * a.slice_columns,
            max(1, loads) * a.bank_rows,
            a.banks * a.slices,
            tiles * a.bank_rows,
            0,
        ),
        MemoryUse(
            "other",
            parameters,
            _TAP_BITS,
            sum(step.tap_tiles + 1 for step in steps),
            a.rows,
            tiles,
            0,
        ),
        MemoryUse(
            "other",
            parameters,
            _CONSTANT_BITS * a.requantizers,
            max(1, filters),
            1,
            sum(one.constants for one in each),
            0,
        ),
    ]


def _sums_of(network: Outline) -> tuple[int, int, int]:
    """Estimated bits of the sums, words of an accumulator set, and words that all sets write."""
    multiplied = [
        (step, layer.weight[0].size)
        for step, layer in zip(network.steps, network.layers, strict=True)
        if layer.weight is not None
    ]
    longest = max((taps for _, taps in multiplied), default=1)
    deepest = max((step.output_tile_pixels + 1 for step, _ in multiplied), default=1)
    written = sum(
        pixels * (step.tap_tiles + 1)
        for step, _ in multiplied
        for pixels, _ in output_tiles(step, network.array)
    )
    return _PRODUCT_BITS + (longest - 1).bit_length(), deepest, written


def _read_once(step: Step, layer: Operation) -> int:
    """Words of activations that all rows together read for a layer, each tap in one row."""
    rows, columns = (sum(_inside(layer, axis)) for axis in (0, 1))
    planes = step.tap_tiles + 1 if step.stream else layer.input_shape[0]
    operands = len(layer.sources) if step.stream else 1
    return rows * columns * planes * operands * (step.filter_tiles + 1)
