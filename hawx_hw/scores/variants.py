"""A layer with one block in one slice of its kernels, compensated."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from hawx_hw.assignment.indexed import indexed
from hawx_hw.blocks.block import CODES, Block
from hawx_hw.compensation.bias_correction import correct_bias, mean_sums
from hawx_hw.compensation.joint_rounding import round_together
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
        The layer with its original weights.
    block : Block
    taps : ndarray of bool
        The slice, of shape ``weight.shape[1:]``, not empty.
    histograms : ndarray of int64
        From :func:`~hawx_hw.compensation.histograms.tap_histograms`, on its activations.
    tensors : mapping of str to Tensor
        The layer's input and output.
    bias_correction : bool
        As in :mod:`hawx_hw.compensation.layerwise`.
    remapped : bool
        Whether all weights are replaced, by the least square of each one's own error.
    activations : ndarray of int8 or None
        ``(groups, positions, taps)``, from :func:`~hawx_hw.compensation.joint_rounding.patches`:
        where given, weights of whole filters are chosen together instead.
    threads : int or None
        Threads of the emulator.
    step : int
        The input's codes are rounded to multiples of it.
    """

    def __init__(
        self,
        node: Conv2d | Linear,
        block: Block,
        taps: np.ndarray,
        histograms: np.ndarray,
        tensors: Mapping[str, Tensor],
        *,
        bias_correction: bool,
        remapped: bool,
        threads: int | None,
        activations: np.ndarray | None = None,
        step: int = 1,
    ):
        layer = indexed((block, EXACT), np.broadcast_to(np.where(taps, 0, 1), node.weight.shape))
        source = node.inputs[0]
        zero_point = tensors[source].zero_point
        histogram = histograms.reshape(-1, 256).sum(axis=0)
        changed = node
        self._codes = CODES.astype(np.int64)
        self._remapped = remapped
        if remapped:
            changed = remap_weights(node, layer, histogram, zero_point)
            if activations is not None and taps.all():
                changed = round_together(node, layer, activations, histogram, zero_point)
            self._codes = best_codes(block, histogram, zero_point)
        if bias_correction:
            error = mean_sums(changed, layer, histograms) - mean_sums(node, None, histograms)
            changed = correct_bias(changed, error)
        #: The layer with weights and biases compensated for the block.
        self.node = changed
        #: The block of every weight.
        self.blocks = layer
        #: The step of its input.
        self.step = step
        self._block = block
        self._zero_point = zero_point
        #: False for exact blocks, which need no emulation.
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
        """Errors of a product, by the original weight: int64 ``(256, 256)``.

        Indexed ``[w + 128, x + 128]``: ``M(w', x) - w x`` for the code ``w'`` that replaces
        ``w`` by itself, less the bias's compensation for ``w'`` at the zero point.
        """
        products = self._block.table[self._codes + 128].astype(np.int64)
        codes = CODES.astype(np.int64)
        errors: np.ndarray = products - codes[:, None] * codes
        if self._remapped:
            errors -= errors[:, self._zero_point + 128, None]
        return errors
