"""Compares observed results and writes with those of the reference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from hawx_hw.verification.job import LayerTrace

if TYPE_CHECKING:
    from .monitors import Write

__all__ = ["CheckFailure", "difference_of_results", "difference_of_writes"]


class CheckFailure(Exception):
    """The accelerator does not do what it should; nothing more can be checked in this scenario."""


def difference_of_results(image: int, observed: bytes, expected: np.ndarray) -> str | None:
    """The first byte of a result that differs, in words; None where all are equal."""
    if len(observed) != len(expected):
        return f"Image {image}: the result has {len(observed)} bytes, not {len(expected)}"
    codes, reference = np.frombuffer(observed, dtype=np.int8), expected.view(np.int8)
    wrong = np.flatnonzero(codes != reference)
    if not len(wrong):
        return None
    first = int(wrong[0])
    return (
        f"Image {image}: byte {first} of the result is {codes[first]}, not {reference[first]} "
        f"({len(wrong)} of {len(reference)} bytes differ)"
    )


def difference_of_writes(
    image: int, layers: Sequence[LayerTrace], writes: Sequence[Write]
) -> str | None:
    """The first layer, channel and pixel that differ, in words; None where all are equal."""
    for index, layer in enumerate(layers):
        own = [write for write in writes if write.layer == index]
        difference = _difference_of_layer(layer, layer.data[image], own)
        if difference:
            return f"Image {image}, layer {index} ({layer.name}): {difference}"
    return None


def _difference_of_layer(
    layer: LayerTrace, expected: np.ndarray, writes: Sequence[Write]
) -> str | None:
    word_codes = expected.shape[1]
    for word, write in enumerate(writes[: len(expected)]):
        y, x = (int(n) for n in layer.place[word])
        channels = layer.channels[word]
        if write.address != layer.address[word]:
            return (
                f"write {word} (channel {channels[0]}, pixel ({y}, {x})) went to word "
                f"{write.address}, not {layer.address[word]}"
            )
        observed = np.frombuffer(write.data.to_bytes(word_codes, "little"), dtype=np.int8)
        reference = expected[word].view(np.int8)
        wrong = np.flatnonzero((observed != reference) & (channels >= 0))
        if len(wrong):
            first = int(wrong[0])
            return (
                f"channel {channels[first]}, pixel ({y}, {x}) is {observed[first]}, "
                f"not {reference[first]}"
            )
    if len(writes) != len(expected):
        return f"{len(writes)} words were written, not {len(expected)}"
    return None
