"""Which tensors of a network have one scale: those between which no layer requantizes."""

from __future__ import annotations

from collections.abc import Container

from hawx_hw.importing.float_graph import (
    INPUT,
    FloatClamp,
    FloatConcat,
    FloatGraph,
    FloatLayer,
)

__all__ = ["SharedScales"]


class SharedScales:
    """The tensors of a network, divided into sets of one scale and zero point each.

    A layer that does not requantize has the scale of its input; concatenated tensors have one,
    unless it is prescribed: then they must be rescaled.

    Parameters
    ----------
    graph : FloatGraph
        Fused.
    prescribed : container of str
        Tensors whose encoding is given; the input is one of them.

    Attributes
    ----------
    of_tensor : dict of str to str
        The set of each tensor, in the order of computation. A set is named by one of its tensors,
        by the one whose encoding is prescribed where there is one.
    free : list of str
        The sets whose encoding is not prescribed.
    measured : dict of str to str
        The set of each tensor whose values the encoding of a free set must cover.
    """

    def __init__(self, graph: FloatGraph, prescribed: Container[str]):
        self._set = {INPUT: INPUT}
        for layer in graph.layers:
            self._set[layer.name] = layer.name
            if layer.name not in prescribed:
                self._join(layer, prescribed)
        self.of_tensor = {name: self._root(name) for name in self._set}
        self.free = sorted({name for name in self.of_tensor.values() if name not in prescribed})
        self.measured = {
            layer.name: self.of_tensor[layer.name]
            for layer in graph.layers
            if self.of_tensor[layer.name] not in prescribed and self._adds_values(layer)
        }

    def _join(self, layer: FloatLayer, prescribed: Container[str]) -> None:
        roots = [self._root(name) for name in layer.inputs]
        if isinstance(layer, FloatConcat):
            if len(set(roots)) > 1:
                roots = [root for root in roots if root not in prescribed]
        elif _sets_scale(layer):
            return
        for root in roots:
            self._set[self._root(layer.name)] = self._root(root)

    def _root(self, name: str) -> str:
        while self._set[name] != name:
            name = self._set[name]
        return name

    def _adds_values(self, layer: FloatLayer) -> bool:
        own = self.of_tensor[layer.name]
        return _sets_scale(layer) or any(self.of_tensor[name] != own for name in layer.inputs)


def _sets_scale(layer: FloatLayer) -> bool:
    """Whether the output may have a scale of its own; a clamp has its input's."""
    return layer.requantizes and not isinstance(layer, FloatClamp)
