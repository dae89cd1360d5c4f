"""The first difference between observed and expected results or writes, in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from hawx_hw.verification.job import Job, LayerTrace

__all__ = ["Write", "difference_of_results", "difference_of_writes"]


class Write(Protocol):
    """One word that the core wrote: the layer's index, the word's address, the codes in it."""

    @property
    def layer(self) -> int: ...
    @property
    def address(self) -> int: ...
    @property
    def data(self) -> int: ...


def difference_of_results(job: Job, image: int, observed: bytes) -> str | None:
    """The first code of an image's result that differs, in words; None where all are equal."""
    expected = job.results[image]
    name = f"Image {job.first_image + image}"
    if len(observed) != len(expected):
        return f"{name}: the result has {len(observed)} bytes, not {len(expected)}"
    codes, reference = np.frombuffer(observed, dtype=np.int8), expected.view(np.int8)
    wrong = np.flatnonzero(codes != reference)
    if not len(wrong):
        return None
    first = int(wrong[0])
    return (
        f"{name}, {_place(job, first)} is {codes[first]}, not {reference[first]} "
        f"({len(wrong)} of {len(reference)} codes differ)"
    )


def _place(job: Job, code: int) -> str:
    """Where a code of the result comes from."""
    last = job.layers[-1]
    height, width = (int(n) + 1 for n in last.place.max(axis=0))
    channels = int(last.channels.max()) + 1
    if channels * height * width != job.results.shape[1]:
        return f"result: byte {code}"
    pixel, channel = divmod(code, channels)
    return (
        f"result of layer {len(job.layers) - 1} ({last.name}): "
        f"channel {channel}, pixel ({pixel // width}, {pixel % width})"
    )


def difference_of_writes(job: Job, image: int, writes: Sequence[Write]) -> str | None:
    """The first layer, channel and pixel that differ, in words; None where all are equal."""
    for index, layer in enumerate(job.layers):
        own = [write for write in writes if write.layer == index]
        difference = _difference_of_layer(layer, layer.data[image], own)
        if difference:
            number = job.first_image + image
            return f"Image {number}, layer {index} ({layer.name}): {difference}"
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
