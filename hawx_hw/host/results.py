"""What a result means: the class, and the numbers that the network computes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from hawx_hw.graph.graph import Graph

__all__ = ["Classification", "classify"]


@dataclass(frozen=True, eq=False)
class Classification:
    """A result packet, read.

    Parameters
    ----------
    codes : ndarray of int8
        In the shape of the network's output.
    logits : ndarray of float64
        The numbers that the codes stand for, in the same shape.
    label : int or None
        The number of the largest, the first where several are; None where the network's output is
        no vector.
    """

    codes: np.ndarray
    logits: np.ndarray
    label: int | None


def classify(packet: bytes, graph: Graph) -> Classification:
    """Read a result packet.

    Parameters
    ----------
    packet : bytes
        Pixels in raster order, the channels of a pixel together.
    graph : Graph

    Raises
    ------
    ValueError
        It has another number of bytes than the network's output.
    """
    tensor = graph.tensors[graph.output]
    if len(packet) != math.prod(tensor.shape):
        raise ValueError(f"Packet must have {math.prod(tensor.shape)} bytes, not {len(packet)}")
    codes = np.frombuffer(packet, dtype=np.int8)
    if len(tensor.shape) == 3:
        channels, height, width = tensor.shape
        codes = codes.reshape(height, width, channels).transpose(2, 0, 1)
    logits = tensor.scale * (codes.astype(np.float64) - tensor.zero_point)
    return Classification(codes, logits, int(np.argmax(codes)) if codes.ndim == 1 else None)
