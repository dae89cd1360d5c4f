"""Layers as sections of work: streams, stores, weights and constants.

A convolution is a MAC for each box of taps that have one block, and QST; a linear layer is a
convolution whose kernel is the whole map. What does not multiply is a stream of codes and QST.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import gcd

import numpy as np

from hawx_hw.architectures.common.operations import Operation, Window
from hawx_hw.architectures.common.requantization import constants, offsets, output_rule
from hawx_hw.architectures.simt.boxes import Box, TapSpace, boxes
from hawx_hw.architectures.simt.descriptors import Store, Stream
from hawx_hw.architectures.simt.kernels import Place, Section, Walk
from hawx_hw.architectures.simt.lane_placement import Placement
from hawx_hw.architectures.simt.tensors import Map
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.graph.graph import CODE_MIN, Add, AveragePool2d, Graph, MaxPool2d

__all__ = ["Bases", "Lowered", "lower", "most_beats"]


@dataclass(frozen=True)
class Bases:
    """The first words of a layer in the memories that layers share.

    Parameters
    ----------
    weights, constants : int
    selections : sequence of sequence of int
        The number of the selection of each tile of filters and tap class.
    result : bool
        Whether the layer writes the result memory.
    """

    weights: int = 0
    constants: int = 0
    selections: Sequence[Sequence[int]] = ()
    result: bool = False


@dataclass(frozen=True, eq=False)
class Lowered:
    """A layer as the unit runs it.

    Parameters
    ----------
    sections : tuple of Section
    weights : ndarray of int8, shape (words, lanes)
    constants : ndarray of int64, shape (words, L, 2)
    """

    sections: tuple[Section, ...]
    weights: np.ndarray
    constants: np.ndarray


def most_beats(layer: Operation, unit: Unit) -> int:
    """Beats of a tile for which there are registers."""
    if isinstance(layer.node, Add):
        return unit.registers // 2
    return unit.registers // (layer.elements if layer.multiplies else 1)


def lower(
    graph: Graph,
    layer: Operation,
    unit: Unit,
    sources: Sequence[Map],
    target: Map,
    placement: Placement | None,
    beats: int,
    bases: Bases,
) -> Lowered:
    """Lower a layer.

    Parameters
    ----------
    graph : Graph
    layer : Operation
    unit : Unit
    sources : sequence of Map
        What it reads.
    target : Map
        What it writes.
    placement : Placement or None
        Where the layer multiplies.
    beats : int
        Most of a tile.
    bases : Bases
    """
    pad = graph.tensors[layer.node.inputs[0]].zero_point
    if placement is not None:
        return _Convolution(layer, unit, sources[0], target, placement, beats, bases, pad).lowered()
    if isinstance(layer.node, (MaxPool2d, AveragePool2d)):
        sections = _pool(layer, unit, sources[0], target, beats, bases, pad)
    else:
        sections = _elementwise(layer, unit, sources, target, beats, bases)
    pairs = [(pair.multiplier, pair.addend) for pair in constants(layer)]
    return Lowered(
        tuple(sections),
        np.zeros((0, unit.lanes), dtype=np.int8),
        np.repeat(np.array(pairs, dtype=np.int64)[:, None], unit.word, axis=1),
    )


def _store(layer: Operation, bases: Bases, **fields: int) -> Store:
    rule = output_rule(layer)
    return Store(
        shift=rule.shift,
        low=rule.low,
        high=rule.high,
        step=rule.step,
        result=bases.result,
        **fields,
    )


def _planes(source: Map) -> Iterator[tuple[int, int, int]]:
    """Planes in a row with equally many codes that are used: the first, how many, and the codes."""
    used = [source.used(plane) for plane in range(source.planes)]
    first = 0
    for codes, alike in itertools.groupby(used):
        count = len(list(alike))
        if codes:
            yield first, count, codes
        first += count


def _pool(
    layer: Operation,
    unit: Unit,
    source: Map,
    target: Map,
    beats: int,
    bases: Bases,
    zero_point: int,
) -> Iterator[Section]:
    """A pooling of its own: the largest code, or the sum of codes, of each window."""
    largest = isinstance(layer.node, MaxPool2d)
    (height, width), (down, right) = layer.pool.kernel, layer.pool.stride
    top, left = layer.pool.padding
    _, lines, windows = layer.output_shape
    step = unit.address(source.pixel_bytes)
    line = unit.address(source.line_bytes)
    stream = Stream(
        beat_step=right * source.pixel_bytes,
        beat_x=right,
        kernel_x=width,
        kernel_x_step=source.pixel_bytes,
        kernel_x_x=1,
        kernel_y=height,
        kernel_y_step=source.line_bytes,
        kernel_y_y=1,
        pad=CODE_MIN if largest else zero_point,
        **_edges(layer.input_shape, layer.pool, windows, lines),
    )
    for first, planes, used in _planes(source):
        yield Section(
            walks=(Walk("RMAX" if largest else "RADD", stream, Place()),),
            store=_store(layer, bases, lanes=used, constant_step=0),
            suffix="",
            lanes=used,
            tiles=planes,
            lines=lines,
            windows=windows,
            beats=min(beats, windows),
            start=Place(
                unit.address((source.first + first * source.plane_words) * source.word)
                - top * line
                - left * step,
                -left,
                -top,
                0,
                target.first + first * target.plane_words,
                bases.constants,
            ),
            tile_step=Place(address=unit.address(source.plane_bytes), target=target.plane_words),
            line_step=Place(address=down * line, y=down, target=windows),
            window_step=Place(address=right * step, x=right, target=1),
        )


def _elementwise(
    layer: Operation, unit: Unit, sources: Sequence[Map], target: Map, beats: int, bases: Bases
) -> Iterator[Section]:
    """An addition or a clamp: words one after the other, whatever pixels they are."""
    source = sources[0]
    adds = isinstance(layer.node, Add)
    apart = (sources[-1].first - source.first) * source.word
    stream = Stream(across=len(sources), across_step=apart, beat_step=source.word)
    step = unit.address(source.word)
    beats = min(beats, source.plane_words)
    lines, rest = divmod(source.plane_words, beats)
    for first, planes, used in _planes(source):
        store = _store(layer, bases, lanes=used, window=len(sources), constant_step=0,
                       element_step=int(adds))  # fmt: skip
        start = Place(
            address=(source.first + first * source.plane_words) * step,
            target=target.first + first * target.plane_words,
            constants=bases.constants,
        )
        for begin, count, windows in ((0, lines, beats), (lines * beats, 1, rest)):
            if windows:
                each = Place(address=step, target=1)
                yield Section(
                    walks=(Walk("LDV", stream, Place()),),
                    store=store,
                    suffix="sum" if adds else "",
                    lanes=used,
                    tiles=planes,
                    lines=count,
                    windows=windows,
                    beats=windows,
                    start=start.plus(each, begin),
                    tile_step=each._replace(
                        address=source.plane_words * step, target=target.plane_words
                    ),
                    line_step=Place().plus(each, beats),
                    window_step=each,
                )


def _edges(
    shape: tuple[int, int, int], window: Window, windows: int, lines: int, units: int = 1
) -> dict[str, int]:
    """Width and height of a map, where a tap may lie beyond it; else none: nothing is compared.

    Parameters
    ----------
    shape : tuple of int
        Of the map.
    window : Window
        What slides.
    windows, lines : int
        Its places along x and y, those that are not stored included.
    units : int
        What a pixel counts along x.
    """
    _, height, width = shape
    top, left = window.padding
    bottom = (lines - 1) * window.stride[0] + window.kernel[0] - top
    right = (windows - 1) * window.stride[1] + window.kernel[1] - left
    edges = {}
    if left or right > width:
        edges["width"] = width * units
    if top or bottom > height:
        edges["height"] = height
    return edges


@dataclass(frozen=True, eq=False)
class _Convolution:
    """What the lowering of a convolution goes by; see :func:`lower`."""

    layer: Operation
    unit: Unit
    source: Map
    target: Map
    placement: Placement
    beats: int
    bases: Bases
    pad: int

    @property
    def groups(self) -> int:
        return self.placement.groups

    @property
    def own(self) -> int:
        """Lanes of a group."""
        return self.unit.group_lanes(self.groups)

    def lowered(self) -> Lowered:
        space = TapSpace(self.source, self.layer.kernel.kernel, self._longest())
        spread = space.spread(self.placement.tap_class, -1)
        parts = [
            (box, kind)
            for kind in range(self.placement.selections.shape[1])
            for box in boxes(space, spread == kind)
        ]
        assert self.layer.weight is not None
        weights = [space.weights(space.spread(self.layer.weight, 0), box) for box, _ in parts]
        words = [self._words(part) for part in weights]
        return Lowered(
            tuple(self._sections(parts, [each.shape[1] for each in words])),
            np.concatenate(words, axis=1).reshape(-1, self.unit.lanes),
            self._constants(),
        )

    def _longest(self) -> int:
        """Most taps of a run: it lies in at most two words."""
        word = self.source.word
        return min(self.unit.taps, word + 1) if self.source.packed else min(self.unit.taps, word)

    def _words(self, weights: np.ndarray) -> np.ndarray:
        """Memory words of the weights of a box: int8 ``(tiles, words, lanes)``.

        Parameters
        ----------
        weights : ndarray of int8, shape (taps, filters)
        """
        filters = self.placement.filters
        own = np.where(filters[:, None] >= 0, weights[:, filters].transpose(1, 0, 2), 0)
        short = -own.shape[1] % self.groups
        padded = np.pad(own, ((0, 0), (0, short), (0, 0)))
        return padded.reshape(len(filters), -1, self.unit.lanes).astype(np.int8)

    def _places(self, parts: Sequence[tuple[Box, int]], counts: Sequence[int]) -> list[Place]:
        """Where the streams of a tile begin in its first window.

        Parameters
        ----------
        parts : sequence of (Box, int)
            Each box and its tap class.
        counts : sequence of int
            Words of weights of each.
        """
        source, places, weights = self.source, [], 0
        for (box, _), count in zip(parts, counts, strict=True):
            across = 0 if source.packed else box.steps.start
            places.append(
                Place(
                    address=self.unit.address(
                        box.planes.start * source.plane_bytes
                        + box.lines.start * source.line_bytes
                        + across * source.pixel_bytes
                        + box.taps.start
                    ),
                    x=box.taps.start if source.packed else across,
                    y=box.lines.start,
                    weights=weights,
                )
            )
            weights += count
        return places

    def _stream(self, box: Box, selection: int, at: Place) -> Stream:
        source, groups = self.source, self.groups
        (down, right), (pool_down, pool_right) = self.layer.kernel.stride, self.layer.pool.kernel
        taps, units = len(box.taps), source.x_units
        column = taps if source.packed else source.pixel_bytes
        element, group = right * source.pixel_bytes, pool_right * right * source.pixel_bytes
        words, word_step = groups, group if groups > 1 else 0
        if source.packed:
            words, word_step = self._words_of_run(box, element, group, at), source.word
        return Stream(
            taps=taps,
            tap_step=int(taps > 1),
            tap_x=int(source.packed),
            across=pool_right,
            across_step=element,
            across_x=right * units,
            beat_step=groups * group,
            beat_x=groups * pool_right * right * units,
            down=pool_down,
            down_step=down * source.line_bytes,
            down_y=down,
            kernel_x=len(box.steps),
            kernel_x_step=column,
            kernel_x_x=taps if source.packed else 1,
            kernel_y=len(box.lines),
            kernel_y_step=source.line_bytes,
            kernel_y_y=1,
            blocks=len(box.planes),
            block_step=source.plane_bytes,
            groups=groups,
            group_step=group if groups > 1 else 0,
            group_x=pool_right * right * units if groups > 1 else 0,
            words=words,
            word_step=word_step,
            pad=self.pad,
            selection=selection,
            **self._edges(),
        )

    def _edges(self) -> dict[str, int]:
        _, lines, windows = self.layer.output_shape
        windows = -(-windows // self.groups) * self.groups
        down, right = self.layer.pool.kernel
        units = self.source.x_units
        return _edges(
            self.layer.input_shape, self.layer.kernel, windows * right, lines * down, units
        )

    def _words_of_run(self, box: Box, element: int, group: int, at: Place) -> int:
        """Words that the runs of all groups lie in, of a packed map.

        A run begins at any byte that the steps lead to.
        """
        word = self.source.word
        bytes_ = (self.groups - 1) * group + len(box.taps)
        step = gcd(element, len(box.taps) if len(box.steps) > 1 else 0, word)
        left = self.layer.kernel.padding[1] * self.source.pixel_bytes
        farthest = (at.address - left) % step + word - step
        return (farthest + bytes_ - 1) // word + 1

    def _sections(
        self, parts: Sequence[tuple[Box, int]], counts: Sequence[int]
    ) -> Iterator[Section]:
        """Tiles in a row of which equally many lanes are in use, with the same blocks."""
        places = self._places(parts, counts)
        layer, unit, source, target = self.layer, self.unit, self.source, self.target
        (down, right), (pool_down, pool_right) = layer.kernel.stride, layer.pool.kernel
        top, left = layer.kernel.padding
        _, lines, windows = layer.output_shape
        line, pixel = unit.address(source.line_bytes), unit.address(source.pixel_bytes)
        start = Place(
            unit.address(source.first * source.word) - top * line - left * pixel,
            -left * source.x_units,
            -top,
            self.bases.weights,
            target.first,
            self.bases.constants,
        ).plus(places[0])
        words = self.own // unit.word
        tile_step = Place(weights=sum(counts), target=words * target.plane_words, constants=words)
        lanes = [int(np.flatnonzero(tile >= 0)[-1]) + 1 for tile in self.placement.filters]
        tile = 0
        kinds = zip(lanes, map(tuple, self.bases.selections), strict=True)
        for (used, selections), alike in itertools.groupby(kinds):
            tiles = len(list(alike))
            walks = (
                Walk("MAC", self._stream(box, selections[kind], at), at.plus(places[0], -1))
                for (box, kind), at in zip(parts, places, strict=True)
            )
            yield Section(
                walks=tuple(walks),
                store=_store(
                    layer,
                    self.bases,
                    window=layer.elements,
                    lanes=used,
                    groups=self.groups,
                    block_step=target.plane_words,
                ),
                suffix="max" if layer.elements > 1 else "",
                lanes=used,
                tiles=tiles,
                lines=lines,
                windows=windows,
                beats=self.beats,
                start=start.plus(tile_step, tile),
                tile_step=tile_step,
                line_step=Place(
                    address=pool_down * down * line, y=pool_down * down, target=windows
                ),
                window_step=Place(
                    address=pool_right * right * pixel,
                    x=pool_right * right * source.x_units,
                    target=1,
                ),
            )
            tile += tiles

    def _constants(self) -> np.ndarray:
        filters = self.placement.filters
        pairs = constants(self.layer, offsets(self.layer))
        flat = np.array([(pair.multiplier, pair.addend) for pair in pairs], dtype=np.int64)
        placed = np.where(filters[..., None] >= 0, flat[filters], 0)
        words: np.ndarray = placed.reshape(-1, self.unit.word, 2)
        return words
