"""One network in its versions: in real numbers, in integers, with blocks, compensated for them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from hawx_hw.blocks.assignment import Assignment
from hawx_hw.emulation import Emulator
from hawx_hw.graph.graph import Graph, Node, Tensor
from hawx_hw.importing.float_graph import INPUT, FloatGraph, FloatLayer, evaluate_layer

__all__ = ["Batch", "Versions", "real_values"]

#: Bytes of the tensors of a batch, of all versions together.
_BATCH_BYTES = 256 * 2**20
_BATCH_IMAGES = 256
#: Bytes of a value of a tensor: in float32, and as a code in three versions.
_VALUE_BYTES = 4 + 3


@dataclass(frozen=True, eq=False)
class Batch:
    """All tensors of a few images in all versions, by name.

    Parameters
    ----------
    real : dict of str to Tensor of float32
        Of the float network; a change of scale has the values of its input.
    before : dict of str to Tensor of float32
        Of the layers with recorded statistics: what they compute before their clamp.
    int8 : dict of str to ndarray of int8
        Of the integer network with exact blocks.
    uncompensated, built : dict of str to ndarray of int8, or None
        Of the same network with the blocks, and of the one that is built; None where all blocks are
        exact.
    """

    real: dict[str, torch.Tensor]
    before: dict[str, torch.Tensor]
    int8: dict[str, np.ndarray]
    uncompensated: dict[str, np.ndarray] | None
    built: dict[str, np.ndarray] | None


@dataclass(frozen=True, eq=False)
class Versions:
    """One network in its versions.

    Parameters
    ----------
    layers : FloatGraph
        In real numbers.
    graph : Graph
        In integers, quantized from ``layers``.
    assignment : Assignment
        The block of every weight; empty where all are exact.
    built : Graph
        ``graph``, compensated for the blocks.
    """

    layers: FloatGraph
    graph: Graph
    assignment: Assignment
    built: Graph

    @property
    def approximate(self) -> bool:
        """Whether a block is not exact."""
        return bool(self.assignment)

    def layer(self, node: Node) -> FloatLayer | None:
        """The float layer of a node; None for a change of scale, which quantization inserted."""
        return self.layers.layer(node.name)

    def real_output(self, node: Node, inputs: list[torch.Tensor]) -> torch.Tensor:
        """What the float network computes where a node stands.

        Parameters
        ----------
        node : Node
        inputs : list of Tensor of float32
        """
        layer = self.layer(node)
        return inputs[0] if layer is None else evaluate_layer(layer, inputs)

    def batches(self, images: np.ndarray) -> Iterator[Batch]:
        """All tensors of all versions, a few images at a time: memory is bounded.

        Parameters
        ----------
        images : ndarray of uint8
            ``(n, *input shape)``.
        """
        exact = Emulator(self.graph, memory=0)
        built = Emulator(self.built, memory=0) if self.approximate else None
        size = sum(tensor.size for tensor in self.graph.tensors.values())
        count = max(1, min(_BATCH_IMAGES, _BATCH_BYTES // (_VALUE_BYTES * size)))
        for start in range(0, len(images), count):
            part = images[start : start + count]
            codes = self.graph.codes(part)
            real, before = self._real(part)
            yield Batch(
                real,
                before,
                exact.run_all(codes),
                exact.run_all(codes, self.assignment) if built else None,
                built.run_all(codes, self.assignment) if built else None,
            )

    def _real(self, images: np.ndarray) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]:
        values, before = {INPUT: self.layers.inputs(images, np.float32)}, {}
        with torch.inference_mode():
            for node in self.graph.nodes:
                inputs = [values[name] for name in node.inputs]
                layer = self.layer(node)
                if layer is not None and layer.statistics is not None:
                    before[node.name] = evaluate_layer(layer, inputs, clamped=False)
                values[node.name] = self.real_output(node, inputs)
        return values, before


def real_values(codes: np.ndarray, tensor: Tensor) -> torch.Tensor:
    """The real values of codes, float32 of the same shape.

    Parameters
    ----------
    codes : ndarray of int8
    tensor : Tensor
        With their scale and zero point.
    """
    centered = torch.from_numpy(np.ascontiguousarray(codes)).to(torch.float32) - tensor.zero_point
    return centered * tensor.scale
