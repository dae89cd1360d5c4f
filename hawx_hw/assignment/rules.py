"""The block of every weight of a graph, by the config's rules."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from hawx_hw.assignment.accepted import check_codes
from hawx_hw.assignment.indexed import indexed
from hawx_hw.blocks.assignment import Assignment, LayerBlocks
from hawx_hw.blocks.block import Block
from hawx_hw.blocks.families.exact import Exact
from hawx_hw.blocks.registry import by_name
from hawx_hw.config.blocks import BlockRule, BlocksConfig
from hawx_hw.config.indices import Indices
from hawx_hw.errors import UserError
from hawx_hw.graph.graph import Conv2d, Graph, Linear

__all__ = ["assign"]


def assign(
    graph: Graph, rules: BlocksConfig, folder: Path | None = None, *, replaced: bool = True
) -> Assignment:
    """The blocks of every weight of ``graph``.

    In each layer the first rule that matches a weight determines its block. A rule matches the
    weights of its filters that lie in its kernel slice. A rule with a ``share`` considers the
    filters that have a weight in its slice that no earlier rule matched, and takes the first
    ``floor(share * filters + 1/2)`` of them, or all where there are fewer.

    The weights of a linear layer that reads a flattened map are taken as kernels of the map's
    shape, ``(channels, height, width)``; other inputs of linear layers are channels of height and
    width 1.

    Parameters
    ----------
    graph : Graph
    rules : BlocksConfig
    folder : Path or None
        The config's folder, where modules of ``python:`` blocks are searched first.
    replaced : bool
        Whether compensation replaces weights, so that a block need not accept those of ``graph``.

    Returns
    -------
    Assignment
        Layers all of whose weights are exact are left out.

    Raises
    ------
    UserError
        An unknown layer or block; a filter, channel or kernel index out of range; a rule without
        weights, or a weight without a rule; a block that does not accept the codes that may occur
        (of weights: only where they are not replaced).
    """
    blocks = _Blocks(folder)
    shapes = dict(_kernels(graph))
    for name in rules.layers:
        if name not in shapes:
            raise _unknown_layer(graph, name, list(shapes))
    exact = Exact().digest
    assignment: dict[str, LayerBlocks] = {}
    for name, (shape, kernel) in shapes.items():
        if name in rules.layers:
            layer = _layer(rules.layers[name], shape, kernel, f"blocks.layers.{name}", blocks)
        else:
            layer = LayerBlocks.uniform(blocks(rules.default, "blocks.default"), shape)
        if any(block.digest != exact for block in layer.blocks):
            assignment[name] = layer
    check_codes(graph, assignment, weights=not replaced)
    return assignment


class _Blocks:
    """Blocks by name, each created once."""

    def __init__(self, folder: Path | None):
        self._folder = folder
        self._blocks: dict[str, Block] = {}

    def __call__(self, name: str, key: str) -> Block:
        if name not in self._blocks:
            try:
                self._blocks[name] = by_name(name, self._folder)
            except UserError as error:
                raise UserError(error.what, where=key, hint=error.hint) from error
        return self._blocks[name]


def _kernels(graph: Graph) -> Iterator[tuple[str, tuple[tuple[int, ...], tuple[int, ...]]]]:
    """Each layer's shape of weights, and as kernels: ``(filters, channels, height, width)``."""
    maps: dict[str, tuple[int, ...]] = {graph.input: graph.tensors[graph.input].shape}
    for node in graph.nodes:
        # A flattened map is still stored as a map after additions and clamps.
        shape = graph.tensors[node.name].shape
        own = len(shape) == 3 or isinstance(node, Linear)
        maps[node.name] = shape if own else maps[node.inputs[0]]
        if isinstance(node, Conv2d):
            yield node.name, (node.weight.shape, node.weight.shape)
        elif isinstance(node, Linear):
            source = maps[node.inputs[0]]
            kernel = source if len(source) == 3 else (*source, 1, 1)
            yield node.name, (node.weight.shape, (len(node.weight), *kernel))


def _layer(
    rules: list[BlockRule],
    shape: tuple[int, ...],
    kernel: tuple[int, ...],
    where: str,
    blocks: _Blocks,
) -> LayerBlocks:
    chosen = np.zeros(kernel, dtype=np.intp)
    free = np.ones(kernel, dtype=bool)
    for number, rule in enumerate(rules):
        key = f"{where}.{number}"
        matched = _matched(rule, free, key) & free
        if not matched.any():
            raise UserError(
                "No weight is left for this rule",
                where=key,
                hint="The first rule that matches a weight is used: put this one first, "
                "or remove it.",
            )
        chosen[matched] = number
        free &= ~matched
    if free.any():
        names = ("filter", "input channel", "kernel row", "kernel column")
        first = np.argwhere(free)[0].tolist()
        at = ", ".join(f"{name} {index}" for name, index in zip(names, first))
        raise UserError(
            f"No rule matches {int(free.sum())} of the layer's {free.size} weights; the first is "
            f"that of {at}",
            where=where,
            hint="End with a rule that has only a block.",
        )
    used = [blocks(rule.block, f"{where}.{n}.block") for n, rule in enumerate(rules)]
    return indexed(used, chosen.reshape(shape))


def _matched(rule: BlockRule, free: np.ndarray, key: str) -> np.ndarray:
    """The weights that a rule names, whether or not an earlier rule matched them."""
    slices = [
        _selected(rule.input_channels, free.shape[1], f"{key}.input_channels", "input channel"),
        _selected(rule.kernel_rows, free.shape[2], f"{key}.kernel_rows", "kernel row"),
        _selected(rule.kernel_columns, free.shape[3], f"{key}.kernel_columns", "kernel column"),
    ]
    taps = slices[0][:, None, None] & slices[1][:, None] & slices[2]
    filters = _selected(rule.filters, len(free), f"{key}.filters", "filter")
    if rule.share is not None:
        count = int(np.floor(rule.share * len(free) + 0.5))
        if count == 0:
            raise UserError(
                f"This share of {len(free)} filters is none",
                where=f"{key}.share",
                hint=f"Give at least {0.5 / len(free):.3g}, or remove the rule.",
            )
        waiting = np.flatnonzero((free & taps).any(axis=(1, 2, 3)))
        filters = np.isin(np.arange(len(free)), waiting[:count])
    matched: np.ndarray = filters[:, None, None, None] & taps
    return matched


def _selected(chosen: Indices | None, count: int, key: str, name: str) -> np.ndarray:
    """Mark the chosen ones of ``count`` indices; all where none are given."""
    if chosen is None:
        return np.ones(count, dtype=bool)
    if chosen[-1] >= count:
        raise UserError(
            f"There is no {name} {chosen[-1]}: the layer has {count}",
            where=key,
            hint=f"Name them from 0 to {count - 1}.",
        )
    return np.isin(np.arange(count), chosen)


def _unknown_layer(graph: Graph, name: str, layers: list[str]) -> UserError:
    kinds = {node.name: type(node).__name__ for node in graph.nodes}
    close = difflib.get_close_matches(name, layers, n=1)
    hint = f"Did you mean {close[0]}? " if close else ""
    what = (
        f"{name} is a {kinds[name]}, which has no weights"
        if name in kinds
        else f"The network has no layer {name}"
    )
    return UserError(
        what,
        where=f"blocks.layers.{name}",
        hint=f"{hint}Layers with weights: {', '.join(layers)}.",
    )
