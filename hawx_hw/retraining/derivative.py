"""Derivatives of the sums of products of one layer, through its blocks' surrogates.

Only the backward pass is computed: what the sums are is known from the integer graph.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.grad import conv2d_input, conv2d_weight

from hawx_hw.blocks.assignment import LayerBlocks
from hawx_hw.graph.graph import Conv2d, Linear
from hawx_hw.retraining.surrogate import Surrogate

__all__ = ["Derivative"]


class _Part(nn.Module):
    """The weights that have one surrogate.

    Parameters
    ----------
    surrogate : Surrogate
    filters : ndarray of int64 or None
        The filters that have such weights; None: all.
    mask : ndarray of float32 or None
        Which of these filters' weights have it; None: all of them.
    """

    filters: torch.Tensor | None
    mask: torch.Tensor | None
    weight: torch.Tensor
    weight_slope: torch.Tensor
    activation: torch.Tensor
    activation_slope: torch.Tensor

    def __init__(self, surrogate: Surrogate, filters: np.ndarray | None, mask: np.ndarray | None):
        super().__init__()
        self.zero_point = surrogate.zero_point
        self.sloped = bool((surrogate.activation_slope != 1).any())
        arrays = {"filters": filters, "mask": mask}
        tensors = {name: each if each is None else torch.from_numpy(each)
                   for name, each in arrays.items()}  # fmt: skip
        for name, tensor in (tensors | surrogate.tensors()).items():
            # Constants: no part of a saved state.
            self.register_buffer(name, tensor, persistent=False)

    def features(self, x: torch.Tensor) -> torch.Tensor:
        """``(*shape, rank)``."""
        if self.zero_point is not None:
            return (x - self.zero_point).unsqueeze(-1)
        return _looked_up(self.activation, x)


class Derivative(nn.Module):
    """Derivatives of a layer's sums by its weights' codes and by its activations' codes.

    Parameters
    ----------
    node : Conv2d or Linear
    blocks : LayerBlocks
    surrogates : sequence of Surrogate
        One for each block; their features are zero at the activations' zero point.
    """

    def __init__(self, node: Conv2d | Linear, blocks: LayerBlocks, surrogates: Sequence[Surrogate]):
        super().__init__()
        self._node = node
        keys = [each.key for each in surrogates]
        self._parts = nn.ModuleList(
            _part(node, np.isin(blocks.choice, [i for i, k in enumerate(keys) if k == key]), each)
            for index, (key, each) in enumerate(zip(keys, surrogates, strict=True))
            # Through a surrogate without factors nothing flows.
            if keys.index(key) == index and each.rank
        )

    def forward(
        self, x: torch.Tensor, codes: torch.Tensor, gradient: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The derivatives of a scalar, from those by the sums.

        Parameters
        ----------
        x : Tensor of float32
            Activations' codes, ``(batch, *input shape)``.
        codes : Tensor of float32
            Weights' codes.
        gradient : Tensor of float32
            By the sums, ``(batch, *output shape)``.

        Returns
        -------
        by_activations, by_weights : Tensor of float32
            In the shapes of ``x`` and ``codes``.
        """
        by_x, by_codes = torch.zeros_like(x), torch.zeros_like(codes)
        for part in self._parts:
            assert isinstance(part, _Part)
            filters = slice(None) if part.filters is None else part.filters
            weight, slope = (
                _looked_up(v, codes[filters]) for v in (part.weight, part.weight_slope)
            )
            if part.mask is not None:
                weight, slope = weight * part.mask, slope * part.mask
            of_filters = gradient if part.filters is None else gradient[:, filters]
            by_features, by_factors = self._of_products(part.features(x), weight, of_filters)
            if part.sloped:
                by_features = by_features * _looked_up(part.activation_slope, x)
            by_x += by_features.sum(dim=-1)
            by_codes[filters] += (by_factors * slope).sum(dim=-1)
        return by_x, by_codes

    def _of_products(
        self, features: torch.Tensor, weight: torch.Tensor, gradient: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """By features ``(batch, *input shape, rank)`` and by factors ``(*weight shape, rank)``."""
        node = self._node
        if isinstance(node, Linear):
            flat = features.flatten(1)
            by_features = (gradient @ weight.flatten(1)).reshape(features.shape)
            return by_features, (gradient.T @ flat).reshape(weight.shape)
        top, left, bottom, right = node.padding
        rank = features.shape[-1]
        flat = F.pad(_channels(features), (left, right, top, bottom))
        kernel = _channels(weight)
        rule = (node.stride, 0, node.dilation, node.groups)
        by_flat = conv2d_input(list(flat.shape), kernel, gradient, *rule)
        height, width = flat.shape[-2:]
        by_flat = by_flat[..., top : height - bottom, left : width - right]
        by_kernel = conv2d_weight(flat, list(kernel.shape), gradient, *rule)
        return _ranks(by_flat, rank), _ranks(by_kernel, rank)


def _part(node: Conv2d | Linear, chosen: np.ndarray, surrogate: Surrogate) -> _Part:
    filters = np.flatnonzero(chosen.reshape(len(chosen), -1).any(axis=1))
    if len(filters) == len(chosen) or (isinstance(node, Conv2d) and node.groups > 1):
        filters = np.arange(len(chosen))  # filters of groups stay where they are
    mask = chosen[filters]
    return _Part(
        surrogate,
        None if len(filters) == len(chosen) else filters,
        None if mask.all() else mask.astype(np.float32)[..., None],
    )


def _looked_up(values: torch.Tensor, codes: torch.Tensor) -> torch.Tensor:
    """``(*shape, rank)`` of ``(256, rank)``."""
    looked_up: torch.Tensor = values[(codes + 128).int()]
    return looked_up


def _channels(array: torch.Tensor) -> torch.Tensor:
    """``(n, channels, height, width, rank)`` with features as channels, next to their channel."""
    rank = array.shape[-1]
    if rank == 1:
        return array.squeeze(-1)
    return array.permute(0, 1, 4, 2, 3).flatten(1, 2)


def _ranks(array: torch.Tensor, rank: int) -> torch.Tensor:
    """What :func:`_channels` joined."""
    if rank == 1:
        return array.unsqueeze(-1)
    return array.unflatten(1, (-1, rank)).permute(0, 1, 3, 4, 2)
