"""The network as read so far, and one operator of the file in it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from hawx_hw.errors import UserError, shown
from hawx_hw.importing.encoding import Encoding
from hawx_hw.importing.float_graph import FloatClamp, FloatFlatten, FloatGraph, FloatLayer
from hawx_hw.importing.names import Names
from hawx_hw.importing.tflite_files.labels import Labels
from hawx_hw.importing.tflite_files.numbers import encoding_of
from hawx_hw.importing.tflite_files.parsing import Model, Operator, Tensor
from hawx_hw.importing.tflite_files.values import ELEMENTS_MAX, Value

__all__ = ["Network", "Site", "Step"]

#: Fused functions that are clamps, by their number in the file.
_CLAMPS = {
    0: (-np.inf, np.inf),  # none
    1: (0.0, np.inf),  # RELU
    2: (-1.0, 1.0),  # RELU_N1_TO_1
    3: (0.0, 6.0),  # RELU6
}
#: Elements of layouts other than channels last, of all tensors together.
_POSITIONS_MAX = 2**26


@dataclass(frozen=True)
class Step:
    """A change of the input's values by constants: ``value * gain + offset``.

    Parameters
    ----------
    label : str
    gain, offset : ndarray of float64
        One for all channels, or one a channel; gains > 0.
    encoding : Encoding or None
        Of the result.
    """

    label: str
    gain: np.ndarray
    offset: np.ndarray
    encoding: Encoding | None


@dataclass
class Network:
    """What is read so far.

    Parameters
    ----------
    model : Model
    batch : int
        The size of the batch for which the file is written.
    graph : FloatGraph
        Its layers and encodings grow.
    readers : list of int
        How many operators read each tensor of the file.
    values : dict of int to Value
        Computed tensors, by index.
    constants : dict of int to Tensor
        Constants that operators convert, as what they are converted from.
    steps : list of Step
        What happens to the input before the first layer.
    notes : list of str
    """

    model: Model
    batch: int
    graph: FloatGraph
    readers: list[int]
    values: dict[int, Value] = field(default_factory=dict)
    constants: dict[int, Tensor] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    flattened: dict[str, str] = field(default_factory=dict)
    positions: int = 0
    numbers: int = 0

    def __post_init__(self) -> None:
        self.names = Names("input")
        self.labels = Labels(self.model)

    def note(self, text: str) -> None:
        """Add a note, once."""
        if text not in self.notes:
            self.notes.append(text)


class Site:
    """One operator of the file, and where its layer goes.

    Parameters
    ----------
    network : Network
    operator : Operator
    """

    def __init__(self, network: Network, operator: Operator):
        self.network, self.operator = network, operator
        self.kind, self.options = operator.kind, operator.options
        self.label = network.labels.label(operator)

    def refuse(self, what: str, hint: str | None = None) -> UserError:
        """An error about the operator; ``what`` continues its name."""
        return UserError(
            f"The layer {shown(self.label)} ({self.kind}) {what}.",
            where="network.model",
            hint=hint,
        )

    def tensor(self, position: int) -> Tensor:
        """The input at a position, of the file."""
        index = self._index(position)
        return self.network.constants.get(index, self.network.model.tensors[index])

    def _index(self, position: int) -> int:
        inputs = self.operator.inputs
        if position >= len(inputs) or inputs[position] < 0:
            raise self.refuse(f"lacks its input {position + 1}")
        return inputs[position]

    def given(self, position: int) -> bool:
        """Whether there is an input at a position."""
        return len(self.operator.inputs) > position and self.operator.inputs[position] >= 0

    def is_constant(self, position: int) -> bool:
        """Whether the input at a position is a constant."""
        index = self._index(position)
        return index in self.network.constants or (
            index not in self.network.values and len(self.network.model.tensors[index].data) > 0
        )

    def constant(self, position: int) -> Tensor:
        """The constant at a position; of numbers that layers share, only so many are copied."""
        if not self.is_constant(position):
            raise self.refuse(f"needs a constant as its input {position + 1}")
        tensor = self.tensor(position)
        self.network.numbers += len(tensor.data)
        if self.network.numbers > 4 * self.network.model.size + 4096:
            raise self.refuse("shares its weights with so many layers that they are too large")
        return tensor

    def padded(self, position: int) -> Value:
        """The computed tensor at a position, which a PAD may have made larger."""
        index = self._index(position)
        value = self.network.values.get(index)
        if value is None:
            name = self.network.model.tensors[index].name
            raise self.refuse(f"reads {shown(name)}, which no layer before it computes")
        return replace(value, shared=True) if self.network.readers[index] > 1 else value

    def value(self, position: int) -> Value:
        """The computed tensor at a position."""
        value = self.padded(position)
        if any(value.padding):
            raise self.refuse("reads what a PAD returns; only windows can do its work")
        return value

    def map(self, position: int, *, padded: bool = False) -> Value:
        """The feature map at a position."""
        value = self.padded(position) if padded else self.value(position)
        if not value.is_map:
            raise self.refuse(
                f"expects a feature map (height, width, channels), not {value.dims} in that order"
            )
        return value

    @property
    def output_index(self) -> int:
        """The index of the only output, which nothing before it computes."""
        if len(self.operator.outputs) != 1 or self.operator.outputs[0] < 0:
            raise self.refuse(f"has {len(self.operator.outputs)} outputs, where one is supported")
        index = self.operator.outputs[0]
        network = self.network
        if index in network.values or index in network.constants or len(self.output.data):
            raise self.refuse(f"computes {shown(self.output.name)}, which exists before it")
        return index

    @property
    def output(self) -> Tensor:
        """The output, of the file."""
        return self.network.model.tensors[self.operator.outputs[0]]

    @property
    def encoding(self) -> Encoding | None:
        """The encoding of the output."""
        return self.encoding_of(self.output)

    def encoding_of(self, tensor: Tensor) -> Encoding | None:
        """The encoding of a tensor of the file; None in floating point."""
        try:
            return encoding_of(tensor)
        except ValueError as error:
            raise self.refuse(f"reads or computes a tensor that {error}") from error

    def same_encoding(self, value: Value) -> Value:
        """Refuse where the operator copies codes, but states another encoding for them."""
        if self.encoding != value.encoding:
            raise self.refuse("copies codes and gives them another scale or zero point")
        return value

    @property
    def clamp(self) -> tuple[float, float]:
        """The ends of the fused clamp."""
        code = self.options.get("activation", 0)
        if code not in _CLAMPS:
            raise self.refuse(f"has the fused function {code}, which is not supported")
        return _CLAMPS[code]

    def common(self, sources: Sequence[Value], shape: tuple[int, ...]) -> dict[str, Any]:
        """Name, label, inputs and shape of the operator's layer."""
        if not shape or min(shape) < 1 or math.prod(shape) > ELEMENTS_MAX:
            raise self.refuse(
                f"computes {shape}, where sizes are at least 1 and all of a tensor at most "
                f"{ELEMENTS_MAX:,} numbers"
            )
        return {
            "name": self.network.names.add(self.network.labels.stem(self.operator), "layer"),
            "label": self.label,
            "inputs": [source.layer for source in sources],
            "shape": shape,
        }

    def add(self, layer: FloatLayer, encoding: Encoding | None) -> Value:
        """Append a layer.

        Parameters
        ----------
        layer : FloatLayer
        encoding : Encoding or None
            What the file prescribes for its output.
        """
        self.network.graph.layers.append(layer)
        if encoding is not None:
            self.network.graph.encodings[layer.name] = encoding
        return Value(layer.name, layer.shape, encoding)

    def clamped(self, value: Value) -> Value:
        """The value after the fused clamp, for layers that cannot clamp themselves."""
        low, high = self.clamp
        if (low, high) == (-np.inf, np.inf):
            return value
        layer = FloatClamp(**self.common([value], value.shape), low=low, high=high)
        return replace(value, layer=self.add(layer, value.encoding).layer)

    def vector(self, position: int) -> tuple[Value, np.ndarray]:
        """The tensor at a position as a vector, and the positions of its elements there."""
        value = self.value(position)
        self.count(value)
        if len(value.shape) == 1:
            return replace(value, positions=None), value.order
        names = self.network.flattened
        if value.layer not in names:
            layer = FloatFlatten(
                name=self.network.names.add("flatten"),
                label=self.label,
                inputs=[value.layer],
                shape=(value.size,),
            )
            self.network.graph.layers.append(layer)
            names[value.layer] = layer.name
        result = Value(names[value.layer], (value.size,), value.encoding, shared=True)
        return result, value.order

    def count(self, value: Value) -> None:
        """Count a value whose layout is to be written out, and refuse too many."""
        self.network.positions += value.size
        if self.network.positions > _POSITIONS_MAX:
            raise self.refuse("changes the layout of more numbers than are supported")

    def check_shape(self, value: Value) -> None:
        """Refuse where the file declares another shape for the operator's output."""
        declared = self.output.shape
        if not declared or any(size < 1 for size in declared):
            return  # unknown before the batch is
        if math.prod(declared) != self.network.batch * math.prod(value.dims):
            raise self.refuse(
                f"computes {(self.network.batch, *value.dims)}, but the file declares {declared}"
            )
