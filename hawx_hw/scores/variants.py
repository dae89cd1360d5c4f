"""A layer with one block on one slice of its kernels, made up for as far as it can be."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from hawx_hw.assignment.indexed import indexed
from hawx_hw.blocks.block import CODES, Block
from hawx_hw.compensation.bias_correction import correct_bias, mean_sums
from hawx_hw.compensation.weight_remapping import best_codes, remap_weights
from hawx_hw.emulation import Emulator
from hawx_hw.emulation.products import EXACT
from hawx_hw.graph.graph import Conv2d, Graph, Linear, Tensor

__all__ = ["Variant"]


class Variant:
    """A layer whose taps in one slice are computed by a block, the others exactly.

    Parameters
    ----------
    node : Conv2d or Linear
        With its original weights.
    block : Block
    taps : ndarray of bool
        Of shape ``weight.shape[1:]``: the slice, not empty.
    met : ndarray of int64
        From :func:`~hawx_hw.compensation.histograms.tap_histograms`, on the activations that it
        gets.
    tensors : mapping of str to Tensor
        The layer's input and output.
    bias_correction, weight_remapping : bool
        As in :func:`hawx_hw.compensation.layerwise`; weights are remapped all, by the least
        square of each one's own error.
    threads : int or None
        Of the emulator.
    step : int
        The grid that its input is rounded to.
    """

    def __init__(
        self,
        node: Conv2d | Linear,
        block: Block,
        taps: np.ndarray,
        met: np.ndarray,
        tensors: Mapping[str, Tensor],
        *,
        bias_correction: bool,
        weight_remapping: bool,
        threads: int | None,
        step: int = 1,
    ):
        layer = indexed((block, EXACT), np.broadcast_to(np.where(taps, 0, 1), node.weight.shape))
        source = node.inputs[0]
        zero_point = tensors[source].zero_point
        histogram = met.reshape(-1, 256).sum(axis=0)
        changed = node
        self._codes = CODES.astype(np.int64)
        self._remapped = weight_remapping
        if weight_remapping:
            changed = remap_weights(node, layer, histogram, zero_point)
            self._codes = best_codes(block, histogram, zero_point)
        if bias_correction:
            error = mean_sums(changed, layer, met) - mean_sums(node, None, met)
            changed = correct_bias(changed, error)
        #: The layer with the weights and biases that suit the block.
        self.node = changed
        #: The block of every weight.
        self.blocks = layer
        #: The grid of its input.
        self.step = step
        self._block = block
        self._zero_point = zero_point
        #: False for exact blocks, which need no run.
        self.changes = block.digest != EXACT.digest
        self._emulator = Emulator(
            Graph(
                name=node.name,
                input=source,
                nodes=(changed,),
                tensors={name: tensors[name] for name in (source, node.name)},
            ),
            threads=threads,
            memory=0,
        )

    def run(self, x: np.ndarray) -> np.ndarray:
        """The layer's codes for those of its input, both int8 ``(batch, *shape)``."""
        return self._emulator.run(x, {self.node.name: self.blocks})

    def errors(self) -> np.ndarray:
        """Errors of a product, by what the weight was: int64 ``(256, 256)``.

        Indexed ``[w + 128, x + 128]``: ``M(w', x) - w x`` for the code ``w'`` that stands for
        ``w``, and what the bias makes up for ``w'`` at the zero point.
        """
        rows = self._block.table[self._codes + 128].astype(np.int64)
        codes = CODES.astype(np.int64)
        errors: np.ndarray = rows - codes[:, None] * codes
        if self._remapped:
            errors -= errors[:, self._zero_point + 128, None]
        return errors
