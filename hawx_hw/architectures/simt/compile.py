"""The compiler: from the layers of a network to the program of a unit."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hawx_hw.architectures.common.arena import Arena, allocate
from hawx_hw.architectures.common.channels import Layout, channel_groups
from hawx_hw.architectures.common.derivation import blocks_of
from hawx_hw.architectures.common.operations import Operation
from hawx_hw.architectures.common.requantization import Ranges, offsets, ranges, spans
from hawx_hw.architectures.simt.descriptors import Stream
from hawx_hw.architectures.simt.isa import PC_BITS
from hawx_hw.architectures.simt.kernels import Emitter, Section
from hawx_hw.architectures.simt.lane_placement import (
    Placement,
    derive_lane_blocks,
    not_served,
    place,
)
from hawx_hw.architectures.simt.lanes import LaneBlockMap, LaneBlocks
from hawx_hw.architectures.simt.lowering import Bases, Lowered, lower, most_beats
from hawx_hw.architectures.simt.needs import narrowed
from hawx_hw.architectures.simt.program import MOST_DESCRIPTORS, Program
from hawx_hw.architectures.simt.tensors import Map, image_pixels_per_word
from hawx_hw.architectures.simt.tiling import beats_of, best_way
from hawx_hw.architectures.simt.unit import RANGES, Unit
from hawx_hw.blocks.registry import by_name
from hawx_hw.errors import UserError
from hawx_hw.graph.graph import Graph
from hawx_hw.util.divisors import divisors

__all__ = ["Compiled", "CompiledLayer", "compile_layers"]


@dataclass(frozen=True, eq=False)
class CompiledLayer:
    """A layer as the unit runs it.

    Parameters
    ----------
    operation : Operation
    sources : tuple of Map
        What it reads.
    target : Map
        What it writes; in the result memory if it is the last layer.
    placement : Placement or None
        Where it multiplies.
    beats : int
        Most of a tile.
    bases : Bases
    lowered : Lowered
    """

    operation: Operation
    sources: tuple[Map, ...]
    target: Map
    placement: Placement | None
    beats: int
    bases: Bases
    lowered: Lowered

    @property
    def groups(self) -> int:
        """Pixel groups."""
        return 1 if self.placement is None else self.placement.groups


@dataclass(frozen=True, eq=False)
class Compiled:
    """A network as the unit runs it.

    Parameters
    ----------
    program : Program
    layers : tuple of CompiledLayer
    image : Map
    arena : Arena
    ranges : Ranges
    lane_blocks : LaneBlockMap
        The blocks of each lane, whether in use or not.
    first : dict of int to int
        Address of the first instruction of each layer.
    sections : dict of int to Section
        The section that begins at each address.
    """

    program: Program
    layers: tuple[CompiledLayer, ...]
    image: Map
    arena: Arena
    ranges: Ranges
    lane_blocks: LaneBlockMap
    first: dict[int, int]
    sections: dict[int, Section]


def compile_layers(
    graph: Graph,
    layers: Sequence[Operation],
    unit: Unit,
    lane_blocks: LaneBlockMap | None = None,
    *,
    narrow: bool = True,
) -> Compiled:
    """Compile the layers of a network.

    Parameters
    ----------
    graph : Graph
    layers : sequence of Operation
        All of its layers, fused for as many registers as the unit has.
    unit : Unit
        The numbers that do not depend on the network count.
    lane_blocks : LaneBlockMap or None
        The blocks of each lane; derived from the layers' blocks if left out.
    narrow : bool
        Whether the unit has only the instructions, loops and predicates that the program uses.

    Raises
    ------
    UserError
        The unit cannot run a layer, or the lanes not serve its blocks.
    """
    widest = dataclasses.replace(
        unit, scalar_bits=RANGES["scalar_bits"][1], groups=divisors(unit.clusters)
    )
    image_shape = layers[0].input_shape
    placed = _place(graph, layers, widest, lane_blocks)
    layouts = placed.layouts
    pixels = image_pixels_per_word(layers, graph.input, unit.word)
    image = Map(0, image_shape, unit.word, layouts[graph.input], pixels)
    maps = {graph.input: image} | {
        layer.name: Map(0, layer.output_shape, unit.word, layouts[layer.name]) for layer in layers
    }
    ways = [_way(graph, layer, widest, maps, placed.ways.get(layer.name)) for layer in layers]
    arena = allocate(layers, graph.input, image_shape, unit.word, layouts, image_words=image.words)
    maps = {
        name: dataclasses.replace(each, first=arena.addresses.get(name, 0))
        for name, each in maps.items()
    }
    used = tuple(sorted({1} | {0 if p is None else p.groups for p, _ in ways} - {0}))
    widest = dataclasses.replace(widest, groups=used)
    selections: dict[bytes, int] = {}
    compiled: list[CompiledLayer] = []
    weights = constants = 0
    for layer, (placement, beats) in zip(layers, ways, strict=True):
        numbers = [
            [selections.setdefault(choice.tobytes(), len(selections)) for choice in tile]
            for tile in (() if placement is None else placement.selections)
        ]
        bases = Bases(weights, constants, numbers, layer is layers[-1])
        sources = tuple(maps[name] for name in layer.sources)
        target = maps[layer.name]
        lowered = lower(graph, layer, widest, sources, target, placement, beats, bases)
        weights, constants = weights + len(lowered.weights), constants + len(lowered.constants)
        compiled.append(CompiledLayer(layer, sources, target, placement, beats, bases, lowered))
    _check_descriptors(compiled)
    chosen = [np.frombuffer(key, dtype=np.int64) for key in selections]
    bits = ranges(
        layers,
        {layer.name: offsets(layer) for layer in layers if layer.multiplies},
        {layer.name: spans(layer) for layer in layers if layer.multiplies},
    )
    return _linked(graph, compiled, widest, image, arena, bits, placed.lane_blocks, chosen, narrow)


@dataclass(frozen=True, eq=False)
class _Placed:
    """Placements that layers may have, by the layer; layouts of all tensors."""

    lane_blocks: LaneBlockMap
    ways: dict[str, list[Placement]]
    layouts: dict[str, Layout]


def _place(
    graph: Graph, layers: Sequence[Operation], unit: Unit, lane_blocks: LaneBlockMap | None
) -> _Placed:
    groups = channel_groups(layers, graph.input)
    pixels = image_pixels_per_word(layers, graph.input, unit.word)
    packed = {layer.name for layer in layers if pixels > 1 and graph.input in layer.sources}
    by_name = {layer.name: layer for layer in layers}
    own = {
        root: [by_name[name] for name in names if name in by_name and by_name[name].multiplies]
        for root, names in groups.items()
    }
    if lane_blocks is None:
        lane_blocks = _derived(
            [(own[root], graph.input in names) for root, names in groups.items()], unit, packed
        )
    ways: dict[str, list[Placement]] = {}
    layouts: dict[str, Layout] = {}
    for root, names in groups.items():
        layout = Layout.natural(_channels(names[0], graph, by_name))
        if own[root]:
            fixed = graph.input in names
            options = _options(own[root], unit, lane_blocks, fixed, packed)
            for number, layer in enumerate(own[root]):
                ways[layer.name] = [option[number] for option in options]
            if not fixed:
                layout = options[0][0].layout
        layouts |= dict.fromkeys(names, layout)
    return _Placed(lane_blocks, ways, layouts)


def _channels(name: str, graph: Graph, layers: dict[str, Operation]) -> int:
    return layers[name].output_shape[0] if name in layers else graph.tensors[name].shape[0]


def _options(
    layers: Sequence[Operation],
    unit: Unit,
    lane_blocks: LaneBlockMap,
    fixed: bool,
    packed: set[str],
) -> list[list[Placement]]:
    """Placements of layers that share one order of channels, all with this order.

    Those with the channels in their natural order, which is that of any number of groups; where
    none of them is the best one, that alone.
    """
    options = {
        number: placed
        for number in divisors(unit.clusters)
        if (placed := place(layers, lane_blocks, number, fixed=fixed)) is not None
    }
    if not options:
        raise not_served(layers, lane_blocks, fixed)
    costs = {number: _estimate(layers, placed, unit, packed) for number, placed in options.items()}
    least = min(costs.values())
    natural = {number for number, placed in options.items() if placed[0].layout.is_natural}
    if any(costs[number] == least for number in natural):
        return [options[number] for number in sorted(natural)]
    return [options[min(costs, key=costs.__getitem__)]]


def _estimate(
    layers: Sequence[Operation], placed: Sequence[Placement], unit: Unit, packed: set[str]
) -> int:
    """About the cycles of some layers; ``packed`` names those whose source has packed words."""
    cycles = 0
    for layer, placement in zip(layers, placed, strict=True):
        channels = layer.input_shape[0]
        _, lines, windows = layer.output_shape
        height, width = layer.kernel.kernel
        if layer.name in packed:
            runs, taps = height, width * channels
        else:
            runs, taps = -(-channels // unit.word) * height * width, min(channels, unit.word)
        beats = lines * -(-windows // placement.groups) * layer.elements
        cycles += placement.tiles * beats * runs * max(taps, placement.groups)
    return cycles


def _derived(
    groups: Sequence[tuple[Sequence[Operation], bool]], unit: Unit, packed: set[str]
) -> LaneBlockMap:
    """The lane block map of a network whose config gives none."""
    blocks = blocks_of([layer for layers, _ in groups for layer in layers])
    if not blocks:
        return LaneBlockMap.uniform([by_name("exact")], unit.lanes)
    everything = LaneBlockMap.uniform(blocks, unit.lanes)
    served = []
    for layers, fixed in groups:
        if not layers:
            continue
        options = {
            number: placed
            for number in divisors(unit.clusters)
            if (placed := place(layers, everything, number, fixed=fixed)) is not None
        }
        if not options:
            raise not_served(layers, everything, fixed)
        costs = {
            number: _estimate(layers, placed, unit, packed) for number, placed in options.items()
        }
        best = min(costs, key=costs.__getitem__)
        served.append((layers, fixed, options[best]))
    # The most work first; or, as all lanes of a group's place must hold the same, what has the most
    # groups.
    served.sort(key=lambda entry: -sum(layer.macs for layer in entry[0]))
    orders = [served, sorted(served, key=lambda entry: -entry[2][0].groups)]
    maps = [derive_lane_blocks(order, blocks, unit.lanes) for order in orders]
    return min(maps, key=lambda lanes: sum(lanes.instances))


def _way(
    graph: Graph,
    layer: Operation,
    unit: Unit,
    maps: dict[str, Map],
    placements: Sequence[Placement] | None,
) -> tuple[Placement | None, int]:
    """Placement and beats of a layer."""
    sources = [maps[name] for name in layer.sources]
    target = maps[layer.name]
    most = most_beats(layer, unit)
    windows = layer.output_shape[2] if layer.multiplies or layer.elements > 1 else most
    ways: list[tuple[Placement | None, int]] = [
        (placement, beats)
        for placement in placements or (None,)
        for beats in beats_of(-(-windows // (placement.groups if placement else 1)), most)
    ]

    def sections(way: tuple[Placement | None, int]) -> Sequence[Section]:
        placement, beats = way
        bases = Bases(selections=() if placement is None else _numbered(placement))
        return lower(graph, layer, unit, sources, target, placement, beats, bases).sections

    return ways[0] if len(ways) == 1 else best_way(ways, unit, sections)


def _numbered(placement: Placement) -> list[list[int]]:
    """Selections of a placement by number, for a layer alone."""
    seen: dict[bytes, int] = {}
    return [
        [seen.setdefault(choice.tobytes(), len(seen)) for choice in tile]
        for tile in placement.selections
    ]


def _check_descriptors(layers: Sequence[CompiledLayer]) -> None:
    streams: dict[Stream, str] = {}
    for layer in layers:
        for section in layer.lowered.sections:
            for walk in section.walks:
                streams.setdefault(walk.stream, layer.operation.title)
    if len(streams) <= MOST_DESCRIPTORS:
        return
    titles = list(streams.values())
    most = max(set(titles), key=titles.count)
    raise UserError(
        f"The program needs {len(streams)} streams, and a unit has {MOST_DESCRIPTORS}: layer "
        f"{most!r} alone needs {titles.count(most)}, one for each part of its taps that has one "
        "block",
        where="blocks",
        hint="Use fewer kinds of taps in a layer: blocks by layer or by filter need one stream; or "
        "fewer layers.",
    )


def _linked(
    graph: Graph,
    layers: Sequence[CompiledLayer],
    unit: Unit,
    image: Map,
    arena: Arena,
    bits: Ranges,
    lane_blocks: LaneBlockMap,
    selections: Sequence[np.ndarray],
    narrow: bool,
) -> Compiled:
    """The program of all layers."""
    reads_image = max(
        number for number, layer in enumerate(layers) if graph.input in layer.operation.sources
    )
    emitter = Emitter(unit)
    for number, layer in enumerate(layers):
        emitter.layer(
            number,
            layer.lowered.sections,
            releases=number == reads_image + 1,
            claims=number == len(layers) - 1,
        )
    emitter.halt()
    weights = np.concatenate([layer.lowered.weights for layer in layers])
    constants = np.concatenate([layer.lowered.constants for layer in layers])
    result = layers[-1].target
    words = emitter.words()
    final = dataclasses.replace(
        narrowed(unit, words) if narrow else unit,
        scalar_bits=_scalar_bits(unit, layers, arena, emitter, len(weights), len(constants)),
        register_bits=max(RANGES["register_bits"][0], bits.sum_bits),
        addend_bits=max(RANGES["addend_bits"][0], bits.addend_bits),
        product_bits=max(RANGES["product_bits"][0], bits.product_bits),
        activation_words=arena.depth,
        result_words=result.words,
    )
    if len(emitter.code) > 1 << PC_BITS:
        ends = [*list(emitter.first.values())[1:], len(emitter.code)]
        longest = max(
            zip(layers, emitter.first.values(), ends, strict=True),
            key=lambda entry: entry[2] - entry[1],
        )[0].operation.title
        raise UserError(
            f"The program of {len(emitter.code)} instructions does not fit the "
            f"{1 << PC_BITS} that a unit can have; layer {longest!r} takes the most",
            where="network",
            hint="Use fewer kinds of taps in a layer, or fewer layers.",
        )
    choice = (
        np.stack(selections)
        if selections
        else np.argmax(lane_blocks.present, axis=1)[None].astype(np.int64)
    )
    program = Program(
        final,
        LaneBlocks(lane_blocks.blocks, choice, lane_blocks.present),
        words,
        emitter.argument_words(final),
        tuple(emitter.streams),
        tuple(emitter.stores),
        weights,
        constants,
    )
    return Compiled(
        program,
        tuple(layers),
        image,
        arena,
        bits,
        lane_blocks,
        emitter.first,
        emitter.sections,
    )


def _scalar_bits(
    unit: Unit,
    layers: Sequence[CompiledLayer],
    arena: Arena,
    emitter: Emitter,
    weights: int,
    constants: int,
) -> int:
    """Bits of a scalar, so that it reaches every word and no coordinate wraps onto the map."""
    numbers = [arena.depth << unit.byte_bits, weights, constants, layers[-1].target.words]
    for layer in layers:
        for section in layer.lowered.sections:
            numbers += [section.items + unit.warps, section.windows + section.beats]
        _, height, width = layer.operation.input_shape
        kernel = max(*layer.operation.kernel.kernel, *layer.operation.pool.kernel)
        units = layer.sources[0].x_units
        numbers.append(
            (max(height, width) + 2 * kernel + unit.registers * unit.clusters) * units * 4
        )
    most = RANGES["scalar_bits"][1]
    bits = max(RANGES["scalar_bits"][0], *(number.bit_length() for number in numbers))
    if bits > most:
        what = "activations" if max(numbers) == numbers[0] else "weights"
        raise UserError(
            f"The network's {what} need addresses of {bits} bits, and a unit has at most {most}",
            where="network",
            hint="Use a smaller network.",
        )
    return bits
