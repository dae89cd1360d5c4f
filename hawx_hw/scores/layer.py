"""The part of a profile that is measured for one layer, batch of images after batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch

from hawx_hw.graph.graph import Conv2d, Graph, Linear, Node
from hawx_hw.scores.jacobian import Jacobians
from hawx_hw.scores.reach import carried
from hawx_hw.scores.rounding import rounded_input
from hawx_hw.scores.variants import Variant

__all__ = ["LayerProfile"]


class LayerProfile:
    """Sensitivities of one layer's units.

    Parameters
    ----------
    graph : Graph
    node : Conv2d or Linear
    chain : tuple of Node
        From :func:`~hawx_hw.scores.reach.carriers`.
    variants : sequence of sequences of Variant
        For each slice one variant for each block.
    shifts : ndarray of float32
        ``(units, blocks, images, classes)``: gets the shifts of the logits by each unit.
    """

    def __init__(
        self,
        graph: Graph,
        node: Conv2d | Linear,
        chain: tuple[Node, ...],
        variants: Sequence[Sequence[Variant]],
        shifts: np.ndarray,
    ):
        self._graph = graph
        self._node = node
        self._chain = chain
        self._variants = variants
        filters, slices, blocks = len(node.weight), len(variants), len(variants[0])
        # One array for all images: small ones of each batch, between large ones that come and go,
        # would take several times their own size.
        self._shifts = shifts
        self._gain = np.empty((filters, *shifts.shape[2:]), dtype=np.float32)
        self._squares = np.zeros((filters, slices, blocks))
        self._fisher = np.zeros(filters)
        self._codes = self._images = 0

    @property
    def end(self) -> str:
        """The tensor up to which errors are propagated exactly."""
        return self._chain[-1].name if self._chain else self._node.name

    def add(
        self, codes: Mapping[str, np.ndarray], jacobians: Jacobians, probabilities: np.ndarray
    ) -> None:
        """Add a batch of images.

        Parameters
        ----------
        codes : mapping of str to ndarray of int8
            Every tensor of the exact network.
        jacobians : Jacobians
            By the codes at :attr:`end` and by the layer's sums.
        probabilities : ndarray of float64
            ``(batch, classes)``: probabilities of the exact network.
        """
        filters, slices, blocks = self._squares.shape
        batch, classes = probabilities.shape
        own = slice(self._images, self._images + batch)
        changes = self._changes(codes)
        self._codes += batch * changes.shape[2]
        self._squares += changes.square().sum(dim=(0, 2)).numpy().reshape(self._squares.shape)
        # (batch, filters, classes, positions) by (batch, filters, positions, variants).
        moved = (_by_filter(jacobians.codes[self.end], filters) @ changes).numpy()
        moved = moved.reshape(batch, filters, classes, slices, blocks)
        moved = moved.transpose(1, 3, 4, 0, 2)
        self._shifts[:, :, own] = moved.reshape(-1, *moved.shape[2:])
        slopes = _by_filter(jacobians.sums[self._node.name], filters)
        self._gain[:, own] = slopes.sum(dim=3).numpy().transpose(1, 0, 2)
        # The loss's second derivative by the logits is diag(p) - p p'.
        shares = torch.from_numpy(probabilities.astype(np.float32))
        square = torch.einsum("nfcp,nc->f", slopes.square(), shares)
        mean = torch.einsum("nfcp,nc->nfp", slopes, shares)
        self._fisher += (square - mean.square().sum(dim=(0, 2))).numpy()
        self._images += batch

    def shifts(self) -> np.ndarray:
        """Shifts of the logits by each unit: float32 ``(units, blocks, images, classes)``."""
        return self._shifts

    def squares(self) -> np.ndarray:
        """Mean square change of a code at :attr:`end`: float64 ``(units, blocks)``."""
        return (self._squares / self._codes).reshape(-1, self._squares.shape[2])

    def gain(self) -> np.ndarray:
        """Derivatives by all sums of a filter: float32 ``(units, images, classes)``."""
        return np.repeat(self._gain, len(self._variants), axis=0)

    def fisher(self) -> np.ndarray:
        """Mean over images of the loss's second derivatives by a filter's sums: ``(units,)``."""
        return np.repeat(self._fisher / self._images, len(self._variants))

    def _changes(self, codes: Mapping[str, np.ndarray]) -> torch.Tensor:
        """Changes of codes: float32 ``(batch, filters, positions, slices * blocks)``."""
        exact = codes[self.end]
        batch, filters = len(exact), len(self._node.weight)
        positions = exact[0].size // filters
        variants = [variant for of_slice in self._variants for variant in of_slice]
        changes = np.zeros((batch, filters, positions, len(variants)), dtype=np.float32)
        inputs = {
            step: rounded_input(self._graph, self._node, step, codes)
            for step in sorted({variant.step for variant in variants})
        }
        for index, variant in enumerate(variants):
            if variant.changes:
                changed = variant.run(inputs[variant.step])
                end = carried(self._graph, self._chain, self._node.name, changed, codes)
                change = end.astype(np.int16) - exact
                changes[..., index] = change.reshape(batch, filters, positions)
        return torch.from_numpy(changes)


def _by_filter(slopes: np.ndarray, filters: int) -> torch.Tensor:
    """``(classes, batch, *shape)`` as ``(batch, filters, classes, positions)``."""
    classes, batch = slopes.shape[:2]
    parts = torch.from_numpy(slopes).reshape(classes, batch, filters, -1)
    return parts.permute(1, 2, 0, 3).contiguous()
