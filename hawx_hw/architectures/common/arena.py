"""Where each tensor lies in the activation memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hawx_hw.architectures.common.channels import Layout
from hawx_hw.architectures.common.operations import Operation

__all__ = ["Arena", "allocate"]


@dataclass(frozen=True)
class Arena:
    """Word address of each tensor, and the depth of the memory.

    The image lies at address 0 in words of its own throughout, so that the next image can arrive
    while this one is computed. Other tensors share words where their lifetimes allow.
    """

    addresses: dict[str, int]
    depth: int


def allocate(
    layers: Sequence[Operation],
    image: str,
    image_shape: tuple[int, int, int],
    word_codes: int,
    layouts: Mapping[str, Layout] | None = None,
    *,
    image_words: int | None = None,
) -> Arena:
    """First fit by lifetime, in the order of computation.

    Parameters
    ----------
    layers : sequence of Operation
    image : str
        Name of the network's input.
    image_shape : tuple of int
        ``(channels, height, width)``.
    word_codes : int
        Codes in a word.
    layouts : mapping of str to Layout or None
        Where the channels of each stored tensor lie; in their natural order if left out.
    image_words : int or None
        Words of the image, where they hold several pixels each; one a pixel if left out.
    """
    result = layers[-1].name
    last_use = {layer.name: index for index, layer in enumerate(layers)}
    for index, layer in enumerate(layers):
        for name in layer.sources:
            last_use[name] = index

    if image_words is None:
        image_words = _words(image_shape, word_codes)
    addresses = {image: 0}
    live: list[tuple[int, int, str]] = []  # begin, end, name
    depth = image_words
    for index, layer in enumerate(layers):
        if layer.name == result:
            break
        live = [entry for entry in live if last_use[entry[2]] >= index]
        channels, *pixels = layer.output_shape
        positions = layouts[layer.name].size if layouts else channels
        size = _words((positions, pixels[0], pixels[1]), word_codes)
        begin = image_words
        for other_begin, other_end, _ in sorted(live):
            if begin + size <= other_begin:
                break
            begin = max(begin, other_end)
        live.append((begin, begin + size, layer.name))
        addresses[layer.name] = begin
        depth = max(depth, begin + size)
    return Arena(addresses, depth)


def _words(shape: tuple[int, int, int], word_codes: int) -> int:
    return -(-shape[0] // word_codes) * shape[1] * shape[2]
