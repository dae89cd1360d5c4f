"""Compare what was seen with what the reference says."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hawx_hw.verification.job import LayerTrace

from .monitors import Store

__all__ = ["CheckFailure", "difference_of_results", "difference_of_stores"]


class CheckFailure(Exception):
    """The accelerator does not do what it should; nothing more can be checked in this scenario."""


def difference_of_results(image: int, seen: bytes, expected: np.ndarray) -> str | None:
    """The first byte of a result that differs, in words; None where all are equal."""
    if len(seen) != len(expected):
        return f"Image {image}: the result has {len(seen)} bytes, not {len(expected)}"
    codes, wanted = np.frombuffer(seen, dtype=np.int8), expected.view(np.int8)
    wrong = np.flatnonzero(codes != wanted)
    if not len(wrong):
        return None
    first = int(wrong[0])
    return (
        f"Image {image}: byte {first} of the result is {codes[first]}, not {wanted[first]} "
        f"({len(wrong)} of {len(wanted)} bytes differ)"
    )


def difference_of_stores(
    image: int, layers: Sequence[LayerTrace], stores: Sequence[Store]
) -> str | None:
    """The first layer, channel and pixel that differ, in words; None where all are equal."""
    for index, layer in enumerate(layers):
        seen = [store for store in stores if store.layer == index]
        difference = _difference_of_layer(layer, layer.data[image], seen)
        if difference:
            return f"Image {image}, layer {index} ({layer.name}): {difference}"
    return None


def _difference_of_layer(
    layer: LayerTrace, expected: np.ndarray, stores: Sequence[Store]
) -> str | None:
    lanes = expected.shape[1]
    for word, store in enumerate(stores[: len(expected)]):
        row, column = (int(n) for n in layer.place[word])
        channels = layer.channels[word]
        if store.address != layer.address[word]:
            return (
                f"store {word} (channel {channels[0]}, pixel ({row}, {column})) went to word "
                f"{store.address}, not {layer.address[word]}"
            )
        seen = np.frombuffer(store.data.to_bytes(lanes, "little"), dtype=np.int8)
        wanted = expected[word].view(np.int8)
        wrong = np.flatnonzero((seen != wanted) & (channels >= 0))
        if len(wrong):
            lane = int(wrong[0])
            return (
                f"channel {channels[lane]}, pixel ({row}, {column}) is {seen[lane]}, "
                f"not {wanted[lane]}"
            )
    if len(stores) != len(expected):
        return f"{len(stores)} words were stored, not {len(expected)}"
    return None
