"""An assignment as JSON: for each layer, groups of filters with the same blocks."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from hawx_hw.assignment.indexed import indexed
from hawx_hw.blocks.assignment import Assignment, LayerBlocks
from hawx_hw.blocks.registry import by_name
from hawx_hw.config.indices import indices
from hawx_hw.errors import UserError

__all__ = ["from_json", "to_json"]

#: The most weights of a layer.
_WEIGHTS = 1 << 26


def to_json(assignment: Assignment) -> dict[str, Any]:
    """The JSON content from which :func:`from_json` restores the assignment.

    ``blocks`` maps the name of every block to its digest. ``layers`` has for each layer the shape
    of its weights and groups of ``filters``, such as ``"0-2,5"``, with one ``block``; or, where the
    block depends on the weight in the filter, with ``taps``: for each block the indices of its
    weights in C order, such as ``{"exact": "0-24", "drum(k=4)": "25-49"}``.
    """
    digests = {block.name: block.digest for layer in assignment.values() for block in layer.blocks}
    return {
        "blocks": dict(sorted(digests.items())),
        "layers": {name: _layer_to_json(layer) for name, layer in assignment.items()},
    }


def from_json(content: dict[str, Any], folder: Path | None = None) -> dict[str, LayerBlocks]:
    """The assignment that :func:`to_json` turned into ``content``.

    Parameters
    ----------
    content : dict
    folder : Path or None
        Where modules of ``python:`` blocks are searched first.

    Raises
    ------
    UserError
        A block does not exist any more or has other products now, or ``content`` is no assignment.
    """
    try:
        blocks = {name: by_name(name, folder) for name in content["blocks"]}
        for name, digest in content["blocks"].items():
            if blocks[name].digest != digest:
                raise UserError(
                    f"The products of {name} have changed since it was chosen",
                    where=name,
                    hint="Restore the block of the digest "
                    f"{digest[:16]}, or choose the blocks anew.",
                )
        return {
            name: _layer_from_json(layer, list(blocks), list(blocks.values()))
            for name, layer in content["layers"].items()
        }
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise UserError(
            f"This is no assignment of blocks: {type(error).__name__}: {error}",
            hint="Choose the blocks anew.",
        ) from error


def _layer_to_json(layer: LayerBlocks) -> dict[str, Any]:
    filters = layer.choice.reshape(len(layer.choice), -1)
    patterns: dict[bytes, list[int]] = {}
    for index, pattern in enumerate(filters):
        patterns.setdefault(pattern.tobytes(), []).append(index)
    groups: list[dict[str, Any]] = []
    for members in patterns.values():
        pattern = filters[members[0]]
        used = [int(index) for index in np.unique(pattern)]
        group: dict[str, Any] = {"filters": _text(members)}
        if len(used) == 1:
            group["block"] = layer.blocks[used[0]].name
        else:
            group["taps"] = {
                layer.blocks[index].name: _text(np.flatnonzero(pattern == index).tolist())
                for index in used
            }
        groups.append(group)
    return {"shape": list(layer.shape), "groups": groups}


def _layer_from_json(content: dict[str, Any], names: list[str], blocks: list[Any]) -> LayerBlocks:
    shape = tuple(content["shape"])
    if len(shape) < 2 or min(shape) < 1 or math.prod(shape) > _WEIGHTS:
        raise ValueError(f"weights must be of a layer, not of shape {shape!r}")
    index = np.full((shape[0], int(np.prod(shape[1:]))), -1, dtype=np.intp)
    for group in content["groups"]:
        filters = list(indices(group["filters"]))
        if "block" in group:
            index[filters] = names.index(group["block"])
        else:
            for name, taps in group["taps"].items():
                index[np.ix_(filters, list(indices(taps)))] = names.index(name)
    if index.min() < 0:
        raise ValueError("some weights have no block")
    return indexed(blocks, index.reshape(shape))


def _text(members: Iterable[int]) -> str:
    """Ascending indices as ranges: ``0-2,5``."""
    runs: list[list[int]] = []
    for index in members:
        if runs and index == runs[-1][1] + 1:
            runs[-1][1] = index
        else:
            runs.append([index, index])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)
