"""Which layer, after fusion, computes the numbers of which tensor of a file."""

from __future__ import annotations

from collections.abc import Iterable

from hawx_hw.importing.float_graph import FloatGraph

__all__ = ["Correspondence"]


class Correspondence:
    """The layers of a network before fusion, to find them again after it.

    Parameters
    ----------
    graph : FloatGraph
        Before fusion.
    """

    def __init__(self, graph: FloatGraph):
        self._inputs = {layer.name: layer.inputs[0] for layer in graph.layers}
        self._clamps = {layer.name: (layer.low, layer.high) for layer in graph.layers}

    def after(self, graph: FloatGraph, tensors: Iterable[tuple[str, str]]) -> dict[str, str]:
        """The tensor of each layer.

        Parameters
        ----------
        graph : FloatGraph
            The same after fusion.
        tensors : iterable of (str, str)
            Layer before fusion and the name of a tensor with its numbers, in the order of
            computation.

        Returns
        -------
        dict of str to str
            By the layer's name after fusion. A layer that took over what follows a pooling has
            none: no tensor of the file has its numbers.
        """
        layers = {layer.name: layer for layer in graph.layers}
        result: dict[str, str] = {}
        for name, tensor in tensors:
            target = name
            while target not in layers and target in self._inputs:
                target = self._inputs[target]
            if target not in layers:
                continue
            layer = layers[target]
            # A layer that clamps more than before took over a layer after it.
            if target != name or (layer.low, layer.high) == self._clamps[name]:
                result[target] = tensor
        return result
