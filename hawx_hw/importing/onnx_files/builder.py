"""Collects the layers of a network while its nodes are read."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from hawx_hw.graph.pixels import Preprocessing
from hawx_hw.importing.encoding import Encoding
from hawx_hw.importing.float_graph import (
    INPUT,
    FloatClamp,
    FloatFlatten,
    FloatLayer,
    FloatLinear,
    FloatMaxPool,
    FloatNorm,
    OutputStatistics,
)
from hawx_hw.importing.names import Names
from hawx_hw.importing.onnx_files.node import Node
from hawx_hw.importing.onnx_files.values import BATCH, Constant, Feature, natural

__all__ = ["Builder", "stem"]

#: The last part of a name of torch's, of a layer with weights.
_PRODUCT = re.compile(r"(Conv|Gemm|MatMul)(_\d+)?(_quant)?")
#: Values of one tensor of one image; calibration has some of them in float64 for 64 images.
_LARGEST_TENSOR = 2**23
#: Features that are scaled by a layer of their own: a square matrix.
_LARGEST_DIAGONAL = 4096


@dataclass
class Builder:
    """The network so far.

    Parameters
    ----------
    path : Path
        The file, for messages.
    preprocessing : Preprocessing
        Of the file's input; operations at the input are taken into it.

    Attributes
    ----------
    layers : dict of str to FloatLayer
        By name, in the order of computation.
    encodings : dict of str to Encoding
        What the file prescribes for a layer's output.
    assumed : dict of str to Encoding
        The encoding of its input with which a layer's integers were read.
    notes : list of str
    tensors : dict of str to str
        By a layer's name: the file's tensor of real values that is its output.
    """

    path: Path
    preprocessing: Preprocessing
    layers: dict[str, FloatLayer] = field(default_factory=dict)
    encodings: dict[str, Encoding] = field(default_factory=dict)
    assumed: dict[str, Encoding] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    tensors: dict[str, str] = field(default_factory=dict)
    _names: Names = field(default_factory=lambda: Names(INPUT))
    _flattened: dict[str, str] = field(default_factory=dict)

    def note(self, text: str) -> None:
        """Add a sentence that a user should read, once."""
        if text not in self.notes:
            self.notes.append(text)

    def record(self, value: Feature, tensor: str, *, anew: bool) -> None:
        """Remember the file's tensor that a layer's output is, in the same order.

        Parameters
        ----------
        value : Feature
        tensor : str
        anew : bool
            Whether it replaces one of before: what was dequantized is what the next layers read.
        """
        atoms = [atom for axis in value.axes for atom in axis]
        own = [atom for axis in natural(value.shape) for atom in axis]
        if atoms != own or any(value.padding) or value.codes is not None or value.layer == INPUT:
            return
        if anew or value.layer not in self.tensors:
            self.tensors[value.layer] = tensor

    def common(
        self, node: Node, shape: tuple[int, ...], *sources: Feature, name: str = ""
    ) -> dict[str, Any]:
        """The arguments that every float layer takes.

        Parameters
        ----------
        node : Node
        shape : tuple of int
            Of the output.
        sources : Feature
        name : str
            What the layer is called after; empty: after the node.

        Raises
        ------
        UserError
            The output has more values than there is memory for.
        """
        if math.prod(shape) > _LARGEST_TENSOR or min(shape) < 1:
            raise node.refuse(
                f"computes a tensor of shape {shape} for each image; at least 1 and at most "
                f"{_LARGEST_TENSOR:,} values are supported"
            )
        return {
            "name": self._names.add(name or node.label, node.op.lower()),
            "label": node.label,
            "inputs": [source.layer for source in sources],
            "shape": shape,
        }

    def add(self, layer: FloatLayer, batch: int) -> Feature:
        """Append a layer; its output as ``(N, C, H, W)`` or ``(N, F)``."""
        self.layers[layer.name] = layer
        return Feature(layer.name, layer.shape, natural(layer.shape), batch, layer.label)

    def pointwise(
        self, node: Node, source: Feature, kind: type[FloatLayer], **settings: Any
    ) -> Feature:
        """Append a layer that computes each value from one; the view stays."""
        layer = kind(**self.common(node, source.shape, source), **settings)
        self.layers[layer.name] = layer
        return replace(source, layer=layer.name, shared=False)

    def map_of(self, node: Node, source: Feature) -> Feature:
        """Check that a tensor is a feature map ``(N, C, H, W)``."""
        if not source.is_map:
            raise node.refuse(
                f"must read a feature map (N, C, H, W), not a tensor of shape {source.file_shape} "
                "whose axes are others"
            )
        return source

    def vector_of(self, node: Node, source: Feature) -> tuple[Feature, np.ndarray | None]:
        """A tensor as a vector, and the place in it of each of the file's features.

        Returns
        -------
        (Feature, ndarray of int64 or None)
            ``vector[order[i]]`` is the file's feature ``i``; None: in the same order.
        """
        if len(source.axes) != 2 or source.axes[0] != BATCH:
            raise node.refuse(
                f"must read vectors (N, features), not a tensor of shape {source.file_shape}"
            )
        if len(source.shape) == 1:
            return source, None
        order = None
        sizes, atoms = source.sizes, source.axes[1]
        if atoms != tuple(atom for atom in "chw" if sizes[atom] > 1):
            places = np.arange(math.prod(source.shape)).reshape(source.shape)
            full = [*atoms, *(atom for atom in "chw" if atom not in atoms)]
            order = places.transpose(["chw".index(atom) for atom in full]).reshape(-1)
        return self.flattened(node, source), order

    def settled(self, node: Node, source: Feature) -> Feature:
        """The tensor, a flattened map of many channels as the vector that it is."""
        if len(source.shape) == 3 and len(source.axes) == 2 and len(source.axes[1]) > 1:
            vector, order = self.vector_of(node, source)
            return source if order is not None else vector
        return source

    def flattened(self, node: Node, source: Feature) -> Feature:
        """The map that a tensor is a view of, as a vector of its values."""
        shape = (math.prod(source.shape),)
        name = self._flattened.get(source.layer)
        if name is None:
            before = self.layers.get(source.layer)
            own = before is None or before.label != source.label
            label = source.label if own else f"{source.layer}_flatten"
            common = self.common(node, shape, source, name=label)
            layer = FloatFlatten(**{**common, "label": label})
            self.layers[layer.name] = layer
            self._flattened[source.layer] = name = layer.name
        return Feature(name, shape, natural(shape), source.batch, source.label)

    def channels(self, node: Node, source: Feature, values: np.ndarray, what: str) -> np.ndarray:
        """Numbers that are broadcast to a tensor, as one for each channel or feature.

        Raises
        ------
        UserError
            They differ within a channel.
        """
        count = source.shape[0]
        if values.size == 1 and values.ndim <= len(source.axes):
            return np.full(count, float(values.reshape(())))
        place = source.channel_axis()
        rank = len(source.axes)
        expected = tuple(count if axis == place else 1 for axis in range(rank))
        full = (1,) * (rank - values.ndim) + values.shape
        if place is None or full != expected:
            raise node.refuse(
                f"has a {what} of shape {values.shape} for a tensor of shape {source.file_shape}; "
                "one number, or one a channel, is supported"
            )
        return values.reshape(-1).astype(np.float64)

    def affine(
        self,
        node: Node,
        source: Feature,
        gain: np.ndarray,
        offset: np.ndarray,
        statistics: OutputStatistics | None = None,
    ) -> Feature:
        """``x * gain + offset``, a number each for every channel: into what computes x, if it can.

        At the input it becomes a part of the preprocessing.
        """
        if source.layer == INPUT and self._into_preprocessing(source, gain, offset):
            return replace(source, label=node.label)
        before = self.layers.get(source.layer)
        if isinstance(before, FloatNorm) and before.name not in self.encodings:
            # Composed with the one before, which is left out where nothing else reads it.
            gain, offset = before.gain * gain, before.offset * gain + offset
            source = replace(source, layer=before.inputs[0])
        if (gain == 1).all() and (offset == 0).all():
            return source
        before = self.layers.get(source.layer)
        alone = len(source.shape) == 1 and not isinstance(before, FloatLinear)
        if alone and len(gain) > _LARGEST_DIAGONAL:
            raise node.refuse(
                f"scales each of {len(gain):,} features, more than {_LARGEST_DIAGONAL:,}, and "
                "follows no matrix product that could take it in"
            )
        return self.pointwise(
            node, source, FloatNorm, gain=gain, offset=offset, statistics=statistics
        )

    def _into_preprocessing(self, source: Feature, gain: np.ndarray, offset: np.ndarray) -> bool:
        if source.shared or INPUT in self.encodings or not (gain > 0).all():
            return False
        old, count = self.preprocessing, source.shape[0]
        mean, std = (np.broadcast_to(np.array(each), (count,)) for each in (old.mean, old.std))
        mean, std = mean - offset / gain * std, std / gain
        if not (np.isfinite(mean).all() and np.isfinite(std).all() and (std > 0).all()):
            return False
        self.preprocessing = Preprocessing(old.scale, _shortest(mean), _shortest(std))
        return True

    def encoding(self, name: str) -> Encoding | None:
        """What the file prescribes for a tensor; of what does not change scales, for its input."""
        while name not in self.encodings:
            layer = self.layers.get(name)
            if not isinstance(layer, FloatMaxPool | FloatFlatten | FloatClamp):
                return None
            name = layer.inputs[0]
        return self.encodings[name]

    def without_unread(self, output: str) -> list[FloatLayer]:
        """The layers that the output depends on, in the order of computation."""
        needed, layers = {output}, []
        for layer in reversed(self.layers.values()):
            if layer.name in needed:
                needed.update(layer.inputs)
                layers.append(layer)
        return layers[::-1]


def _shortest(values: np.ndarray) -> tuple[float, ...]:
    numbers = tuple(float(value) for value in values)
    return numbers[:1] if len(set(numbers)) == 1 else numbers


def stem(label: str, weight: Constant) -> str:
    """What torch calls the layer of a weight, so that every exporter gives it the same name.

    Parameters
    ----------
    label : str
        Of the node: torch's exporter writes ``/layer1/layer1.0/conv1/Conv``.
    weight : Constant
        Its name may be ``layer1.0.conv1.weight``.

    Returns
    -------
    str
        In both cases ``layer1.0.conv1``; empty where it is neither.
    """
    name = weight.name.removesuffix("_quantized")
    if name.endswith(".weight"):
        return name.removesuffix(".weight")
    *scopes, last = [part for part in label.split("/") if part] or [""]
    if not label.startswith("/") or not _PRODUCT.fullmatch(last):
        return ""
    path: list[str] = []
    for scope in scopes:
        if path and scope.startswith(f"{path[-1]}."):
            path.pop()
        path.append(scope)
    return ".".join(path)
