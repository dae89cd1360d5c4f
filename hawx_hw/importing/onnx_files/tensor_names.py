"""Which tensors of an ONNX file have the numbers of which layers, once layers are fused."""

from __future__ import annotations

from collections.abc import Mapping

from hawx_hw.importing.float_graph import FloatGraph
from hawx_hw.importing.fusion import fuse

__all__ = ["fused_tensors"]


def fused_tensors(graph: FloatGraph, tensors: Mapping[str, str]) -> dict[str, str]:
    """Fuse the layers in place, and follow the tensors that they compute.

    A layer that takes in the one behind it computes what that did. A layer that takes in a clamp
    from behind a pooling computes no tensor of the file any more.

    Parameters
    ----------
    graph : FloatGraph
    tensors : mapping of str to str
        By the layer's name: a tensor of the file that has its output's numbers.

    Returns
    -------
    dict of str to str
        The same, of the layers that remain.
    """
    before = {layer.name: (layer.inputs[0], layer.low, layer.high) for layer in graph.layers}
    fuse(graph)
    remaining = {layer.name: layer for layer in graph.layers}
    result, moved = {name: tensors.get(name) for name in remaining}, set()
    for name, (source, *_) in before.items():
        if name in remaining:
            continue
        while source in before and source not in remaining:
            source = before[source][0]
        if source in remaining:
            result[source] = tensors.get(name)
            moved.add(source)
    for name, layer in remaining.items():
        if name not in moved and (layer.low, layer.high) != before[name][1:]:
            result[name] = None
    return {name: tensor for name, tensor in result.items() if tensor is not None}
