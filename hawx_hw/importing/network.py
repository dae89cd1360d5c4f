"""What every source of a network gives: layers in real numbers, and what a user should know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from hawx_hw.graph.pixels import Preprocessing
from hawx_hw.importing.float_graph import FloatConv, FloatGraph, FloatLinear
from hawx_hw.util.batches import images_at_once

__all__ = ["ImportedNetwork"]

_BATCH = 100


@dataclass(frozen=True)
class ImportedNetwork:
    """A network as understood.

    Parameters
    ----------
    layers : FloatGraph
        Fused; with the encodings and codes of a file that is quantized already.
    notes : tuple of str
        What was folded, dropped or changed in a way that a user should know; a sentence each.
    tensors : mapping of str to str
        By the layer's name: the tensor of the file, in its own names, that has the same numbers.
    source : Preprocessing or None
        What pixels become for the input of the file itself, where that differs from what the first
        layer reads.
    """

    layers: FloatGraph
    notes: tuple[str, ...] = ()
    tensors: Mapping[str, str] = field(default_factory=dict)
    source: Preprocessing | None = None

    @property
    def quantized(self) -> bool:
        """Whether the source prescribes integers."""
        return bool(self.layers.encodings)

    @property
    def parameters(self) -> int:
        """Weights and biases, after folding."""
        weighted = (
            layer for layer in self.layers.layers if isinstance(layer, FloatConv | FloatLinear)
        )
        return sum(layer.weight.size + layer.bias.size for layer in weighted)

    def outputs(self, images: np.ndarray) -> Iterator[np.ndarray]:
        """What the network computes in float32, a batch of images after the other.

        Parameters
        ----------
        images : ndarray of uint8
            ``(n, C, H, W)``.

        Yields
        ------
        ndarray of float32
            ``(batch, outputs)``.
        """
        step = images_at_once(_BATCH, self.layers.shapes, 4)
        for start in range(0, len(images), step):
            inputs = self.layers.inputs(images[start : start + step], np.float32)
            *_, (_, result) = self.layers.evaluate(inputs)
            yield result.reshape(len(result), -1).numpy()
