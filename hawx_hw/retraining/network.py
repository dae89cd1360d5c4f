"""The integer graph under its blocks as a network that torch can train.

Its forward pass is the integer graph, computed by the emulator: every tensor has the codes that the
hardware has. Parameters are what the graph rounds, in units in which a step of training may be
equally large: real weights in units of a quarter of the root of their block's step, and for each
filter a bias in units of an output code, and a gain of its multiplier in units of 1 / 128. There
are no statistics of batches.
:meth:`IntegerNetwork.graph` writes the parameters down as an integer graph; there is no other
conversion.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import nn

from hawx_hw.blocks.assignment import Assignment, LayerBlocks
from hawx_hw.emulation import Emulator
from hawx_hw.emulation.products import EXACT
from hawx_hw.graph.graph import (
    MULTIPLIER_BITS,
    SHIFT_MIN,
    SUM_MAX,
    WEIGHT_MAX,
    Conv2d,
    Graph,
    Linear,
)
from hawx_hw.retraining.derivative import Derivative
from hawx_hw.retraining.surrogate import Gradient, surrogate
from hawx_hw.scores.jacobian import real_function

__all__ = ["IntegerNetwork"]

_MULTIPLIER_MAX = 2**MULTIPLIER_BITS - 1
#: A gain of one is so many of the parameter's units.
_GAIN_UNITS = 128.0
#: A weight's unit, in codes, is this times the root of its block's step: coarse levels take longer
#: ways.
_WEIGHT_UNIT = 0.25


class IntegerNetwork(nn.Module):
    """Trainable parameters of a graph's convolutions and linear layers.

    Parameters
    ----------
    graph : Graph
        Compensated for ``assignment``: where training starts. Multipliers in the upper half of
        their range are halved, with the shift, so that gains can grow.
    assignment : Assignment
        The block of every weight; layers that are left out are exact.
    gradient : {"straight", "gain", "table"}
        See :mod:`~hawx_hw.retraining.surrogate`.
    images : ndarray of int8
        ``(n, *input shape)``, n >= 1: codes on which the operands' distributions are taken.
    threads : int or None
        Of the emulator.

    Raises
    ------
    ValueError
        ``table`` for a block without exact factors.
    """

    def __init__(
        self,
        graph: Graph,
        assignment: Assignment,
        gradient: Gradient,
        images: np.ndarray,
        *,
        threads: int | None = None,
    ):
        super().__init__()
        self._graph = graph
        self._assignment = assignment
        self._threads = threads
        values = Emulator(graph, threads=threads, memory=0).run_all(images, assignment)
        layers = {}
        for node in graph.nodes:
            if isinstance(node, (Conv2d, Linear)):
                source = node.inputs[0]
                blocks = assignment.get(node.name) or LayerBlocks.uniform(EXACT, node.weight.shape)
                point = graph.tensors[source].zero_point
                layers[node.name] = _Layer(node, blocks, gradient, values[source], point)
        #: By position: torch allows no dots in names.
        self._layers = nn.ModuleList(layers.values())
        self._by_name: Mapping[str, _Layer] = layers

    def graph(self) -> Graph:
        """The integer graph of the present parameters."""
        nodes = [
            self._by_name[node.name].node() if node.name in self._by_name else node
            for node in self._graph.nodes
        ]
        return replace(self._graph, nodes=tuple(nodes))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Real outputs for input codes.

        Parameters
        ----------
        images : Tensor of int8
            ``(batch, *input shape)``.

        Returns
        -------
        Tensor of float32
            ``(batch, outputs)``: those of the integer graph, exactly.
        """
        graph = self.graph()
        emulator = Emulator(graph, threads=self._threads, memory=0)
        codes = emulator.run_all(images.cpu().numpy(), self._assignment)
        values = {graph.input: _arranged(images).float()}
        for node in graph.nodes:
            point = graph.tensors[node.inputs[0]].zero_point
            inputs = [values[name] for name in node.inputs]
            exact = _arranged(torch.from_numpy(codes[node.name]).to(images.device))
            if isinstance(node, (Conv2d, Linear)):
                values[node.name] = self._by_name[node.name](inputs[0], exact)
            else:
                real = real_function(node, inputs, point)
                values[node.name] = real + (exact - real).detach()
        output = graph.tensors[graph.output]
        return (values[graph.output].flatten(1) - output.zero_point) * output.scale


class _Layer(nn.Module):
    """Parameters of one layer, and its real function."""

    def __init__(
        self,
        node: Conv2d | Linear,
        blocks: LayerBlocks,
        gradient: Gradient,
        codes: np.ndarray,
        zero_point: int,
    ):
        super().__init__()
        self._node = _with_room(node)
        self._blocks = blocks
        self._zero_point = zero_point
        rule = self._node.requantization
        scale = rule.multiplier * 2.0**-rule.shift
        self._scale: torch.Tensor
        constant = torch.from_numpy(scale.astype(np.float32))
        self.register_buffer("_scale", constant, persistent=False)
        at_zero = self._at_zero(node.weight)
        steps, low, high = (np.array(each)[blocks.choice] for each in _levels(blocks))
        self._unit: torch.Tensor
        self._step: torch.Tensor
        self._low: torch.Tensor
        self._high: torch.Tensor
        unit = _WEIGHT_UNIT * np.sqrt(steps)
        constants = {"_unit": unit, "_step": steps, "_low": low, "_high": high}
        for name, values in constants.items():
            tensor = torch.from_numpy(values.astype(np.float32))
            self.register_buffer(name, tensor, persistent=False)
        self.weight = nn.Parameter(torch.from_numpy(_used(node.weight, steps)) / self._unit)
        self.gain = nn.Parameter(torch.zeros(len(rule.multiplier)))
        bias = (node.bias.astype(np.float64) + at_zero) * scale
        self.bias = nn.Parameter(torch.from_numpy(bias.astype(np.float32)))
        shares = np.bincount(codes.ravel().astype(np.int64) + 128, minlength=256) / codes.size
        surrogates = [
            surrogate(block, gradient, shares, of_block, zero_point)
            for block, of_block in zip(
                blocks.blocks, _weight_shares(node.weight, blocks), strict=True
            )
        ]
        self._derivative = Derivative(node, blocks, surrogates)

    def node(self) -> Conv2d | Linear:
        """The layer of the integer graph."""
        weight: np.ndarray = self._codes().to(torch.int8).cpu().numpy()
        rule = self._node.requantization
        gain = 1 + self.gain.detach().double().cpu().numpy() / _GAIN_UNITS
        real_bias = self.bias.detach().double().cpu().numpy()
        # What the bias may be without its products: so all sums fit int32, however small the gain.
        room = SUM_MAX - 2 * self._largest(weight)
        # Without any gain the bias would be lost, and with too little of it would not fit.
        least = np.ceil(np.abs(real_bias) * 2.0**rule.shift / room)
        if len(rule.multiplier) == 1:
            least = least.max(keepdims=True)
        multiplier = np.maximum(np.rint(rule.multiplier * gain), least)
        multiplier = np.clip(multiplier, 0, _MULTIPLIER_MAX).astype(np.int64)
        scale = np.maximum(multiplier, 1) * 2.0**-rule.shift
        bias = np.clip(np.rint(real_bias / scale), -room, room).astype(np.int64)
        bias = (bias - self._at_zero(weight)).astype(np.int32)
        requantization = replace(rule, multiplier=multiplier)
        return replace(self._node, weight=weight, bias=bias, requantization=requantization)

    def forward(self, x: torch.Tensor, exact: torch.Tensor) -> torch.Tensor:
        """The layer's output codes ``exact``, with derivatives by ``x`` and by the parameters."""
        result: torch.Tensor = _Codes.apply(x, self.weight, self.gain, self.bias, exact, self)
        return result

    def backward(
        self, x: torch.Tensor, exact: torch.Tensor, gradient: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        """Derivatives by ``x``, weight, gain and bias, from those by the output codes."""
        rule = self._node.requantization
        # Neither a code at the clamp nor its gradient moves.
        gradient = gradient * ((exact > rule.low) & (exact < (rule.high & -rule.step)))
        axes = (-1, *(1,) * (gradient.ndim - 2))
        others = [0, *range(2, gradient.ndim)]
        by_bias = gradient.sum(others)
        gain = (1 + self.gain.detach() / _GAIN_UNITS).clamp(min=1e-3)
        # The product of sum and multiplier, up to the rounding.
        products = (gradient * exact).sum(others) - (rule.zero_point + self.bias) * by_bias
        by_sums = gradient * (self._scale * gain).reshape(axes)
        by_x, by_weight = self._derivative(x, self._codes(), by_sums)
        # A weight beyond the last level goes no further.
        latent = self.weight.detach() * self._unit
        above, below = latent > self._high, latent < self._low
        outwards = (above & (by_weight < 0)) | (below & (by_weight > 0))
        by_weight = by_weight.masked_fill(outwards, 0.0)
        return by_x, by_weight * self._unit, products / gain / _GAIN_UNITS, by_bias

    def _codes(self) -> torch.Tensor:
        """The weights' codes: multiples of the block's step that it accepts, in float32."""
        latent = self.weight.detach() * self._unit
        nearest = torch.round(latent / self._step) * self._step
        return nearest.clamp(self._low, self._high)

    def _at_zero(self, weight: np.ndarray) -> np.ndarray:
        """What the filters' products add up to at the zero point: int64 ``(filters,)``."""
        return self._added(
            weight, [b.table[:, self._zero_point + 128] for b in self._blocks.blocks]
        )

    def _largest(self, weight: np.ndarray) -> np.ndarray:
        """What the filters' products add up to at most, in magnitude: int64 ``(filters,)``."""
        tables = [np.abs(b.table.astype(np.int64)).max(axis=1) for b in self._blocks.blocks]
        return self._added(weight, tables)

    def _added(self, weight: np.ndarray, tables: Sequence[np.ndarray]) -> np.ndarray:
        """The sums over a filter's weights, of tables ``(256,)`` of its blocks."""
        products = np.stack(tables)[self._blocks.choice, weight.astype(np.int64) + 128]
        total: np.ndarray = products.astype(np.int64).reshape(len(weight), -1).sum(axis=1)
        return total


def _arranged(codes: torch.Tensor) -> torch.Tensor:
    """Feature maps with their channels last in memory: faster for convolutions on processors."""
    return codes.contiguous(memory_format=torch.channels_last) if codes.ndim == 4 else codes


def _levels(blocks: LayerBlocks) -> tuple[list[int], list[int], list[int]]:
    """The step of each block's weight codes, and the least and the largest of its levels."""
    steps = [block.weight_step for block in blocks.blocks]
    both = list(zip(blocks.blocks, steps, strict=True))
    low = [-(-max(block.weights[0], -WEIGHT_MAX) // step) * step for block, step in both]
    high = [min(block.weights[-1], WEIGHT_MAX) // step * step for block, step in both]
    return steps, low, high


def _used(weight: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """The codes without the low bits that their blocks drop: float32."""
    return (weight.astype(np.int64) & -steps).astype(np.float32)


def _weight_shares(weight: np.ndarray, blocks: LayerBlocks) -> list[np.ndarray]:
    """For each block the share of every weight code, ``(256,)``."""
    of_block = [weight[blocks.choice == index] for index in range(len(blocks.blocks))]
    return [np.bincount(w.astype(np.int64) + 128, minlength=256) / w.size for w in of_block]


def _with_room(node: Conv2d | Linear) -> Conv2d | Linear:
    """The layer with multipliers that gains may double."""
    rule = node.requantization
    if rule.multiplier.max() <= _MULTIPLIER_MAX // 2 or rule.shift <= SHIFT_MIN:
        return node
    halved = replace(rule, multiplier=(rule.multiplier + 1) // 2, shift=rule.shift - 1)
    return replace(node, requantization=halved)


class _Codes(torch.autograd.Function):
    """Output codes of a layer that are known, and the derivatives of the layer."""

    @staticmethod
    def forward(
        context: torch.autograd.function.FunctionCtx,
        x: torch.Tensor,
        weight: torch.Tensor,
        gain: torch.Tensor,
        bias: torch.Tensor,
        exact: torch.Tensor,
        layer: _Layer,
    ) -> torch.Tensor:
        context.save_for_backward(x, exact)
        context.layer = layer  # type: ignore[attr-defined]
        return exact.float()

    @staticmethod
    def backward(
        context: torch.autograd.function.FunctionCtx, gradient: torch.Tensor
    ) -> tuple[torch.Tensor | None, ...]:
        x, exact = context.saved_tensors  # type: ignore[attr-defined]
        return *context.layer.backward(x, exact, gradient), None, None  # type: ignore[attr-defined]
