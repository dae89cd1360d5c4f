"""The words that each layer stores, in the order in which the hardware stores them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hawx_hw.architectures.systolic.plan import Plan

__all__ = ["Stores", "layer_stores"]


@dataclass(frozen=True, eq=False)
class Stores:
    """What one layer stores of one image after another.

    Parameters
    ----------
    name : str
        The tensor that the layer stores.
    addresses : ndarray of int64
        ``(words,)``: in the activation memory, or in the result memory for the last layer.
    channels : ndarray of int64
        ``(words, lanes)``: the channel of each lane, or -1.
    pixels : ndarray of int64
        ``(words,)``: ``y * width + x``.
    codes : ndarray of int8
        ``(images, words, lanes)``.
    used : ndarray of bool
        ``(words, lanes)``; a lane without a channel holds no code, and may hold anything.
    """

    name: str
    addresses: np.ndarray
    channels: np.ndarray
    pixels: np.ndarray
    codes: np.ndarray
    used: np.ndarray


def layer_stores(plan: Plan, tensors: dict[str, np.ndarray]) -> list[Stores]:
    """The stores of every layer.

    Parameters
    ----------
    plan : Plan
    tensors : dict of str to ndarray of int8
        What :func:`hawx_hw.graph.reference.run_all` returned.
    """
    array = plan.array
    lanes = array.lanes
    result = []
    for layer, step in zip(plan.layers, plan.steps, strict=True):
        count, height, width = layer.output_shape
        positions = plan.layouts[layer.name].positions
        blocks = -(-plan.layouts[layer.name].size // lanes)
        channel_of = np.full(blocks * lanes, -1, dtype=np.int64)
        channel_of[positions] = np.arange(count)
        windows = height * width
        order = []
        if step.stream:
            order = [(block, pixel) for block in range(blocks) for pixel in range(windows)]
        else:
            length = step.destination_output_tile
            for first_block in range(0, blocks, array.groups):
                for begin in range(0, windows, length):
                    order += [
                        (block, pixel)
                        for block in range(first_block, min(first_block + array.groups, blocks))
                        for pixel in range(begin, min(begin + length, windows))
                    ]
        block, pixel = np.array(order, dtype=np.int64).T
        # The hardware pools on its way: only what the layer stores can be compared.
        values = tensors[layer.name].reshape(-1, count, windows)
        padded = np.zeros((len(values), blocks * lanes, windows), dtype=np.int8)
        padded[:, positions] = values
        words = padded.reshape(len(values), blocks, lanes, windows).transpose(0, 1, 3, 2)
        result.append(
            Stores(
                name=layer.name,
                addresses=step.destination + block * windows + pixel,
                channels=channel_of[(block * lanes)[:, None] + np.arange(lanes)],
                pixels=pixel,
                codes=words[:, block, pixel],
                used=channel_of[(block * lanes)[:, None] + np.arange(lanes)] >= 0,
            )
        )
    return result
