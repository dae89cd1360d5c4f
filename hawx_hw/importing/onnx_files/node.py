"""One node of an ONNX graph with the values that it reads: what handlers take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hawx_hw.errors import UserError, shown
from hawx_hw.importing.onnx_files.files import refusal
from hawx_hw.importing.onnx_files.values import Constant, Feature, Value

__all__ = ["Node", "node_label"]

_LABEL = 200


def node_label(proto: Any) -> str:
    """What messages call a node: its name, else that of its output."""
    name = proto.name or next((name for name in proto.output if name), "")
    return name if len(name) <= _LABEL else f"{name[:_LABEL]}..."


@dataclass(frozen=True)
class Node:
    """A node.

    Parameters
    ----------
    path : Path
        The file, for messages.
    label : str
    domain : str
        Of its operator; empty: ONNX's own.
    op : str
    inputs : tuple of Value or None
        None where an optional input is left out.
    attributes : mapping of str to object
    outputs : int
        How many of its outputs are read.
    """

    path: Path
    label: str
    domain: str
    op: str
    inputs: tuple[Value | None, ...]
    attributes: Mapping[str, Any]
    outputs: int

    def refuse(self, why: str, hint: str | None = None) -> UserError:
        """An error of this node; ``why`` goes on after its name."""
        return refusal(self.path, f"The node {self.label!r} ({self.op}) {why}", hint)

    def value(self, index: int) -> Value | None:
        """An input; None where it is left out."""
        return self.inputs[index] if index < len(self.inputs) else None

    def feature(self, index: int = 0) -> Feature:
        """An input that depends on the image."""
        value = self.value(index)
        if not isinstance(value, Feature):
            raise self.refuse(f"must read a computed tensor as its input {index}")
        return value

    def constant(self, index: int, what: str) -> Constant:
        """An input that does not depend on the image."""
        value = self.value(index)
        if not isinstance(value, Constant):
            raise self.refuse(f"must have a constant as its {what} (input {index})")
        return value

    def numbers(self, index: int, what: str) -> np.ndarray:
        """A constant input as float64.

        Raises
        ------
        UserError
            It has numbers that are not finite.
        """
        return self.real(self.constant(index, what).array, what)

    def real(self, array: np.ndarray, what: str) -> np.ndarray:
        """The array as float64; see :meth:`numbers`."""
        values = np.asarray(array, dtype=np.float64)
        if not np.isfinite(values).all():
            raise self.refuse(f"has a {what} that is not finite")
        return values

    def whole(self, index: int, what: str) -> list[int]:
        """A constant input of whole numbers, as a list."""
        array = self.constant(index, what).array
        if array.dtype.kind not in "iu" or array.ndim > 1:
            raise self.refuse(f"must have whole numbers as its {what}")
        return [int(number) for number in array.reshape(-1)]

    def integer(self, name: str, default: int) -> int:
        """An attribute of one whole number."""
        value = self.attributes.get(name, default)
        if not isinstance(value, int):
            raise self.refuse(f"must have a whole number as {name}, not {shown(value)}")
        return value

    def integers(self, name: str, default: Sequence[int]) -> list[int]:
        """An attribute of whole numbers, as many as the default where that has any."""
        value = self.attributes.get(name)
        if value is None:
            return list(default)
        if not isinstance(value, list) or not all(isinstance(number, int) for number in value):
            raise self.refuse(f"must have whole numbers as {name}, not {shown(value)}")
        if len(default) not in (0, len(value)):
            raise self.refuse(f"must have {len(default)} numbers as {name}, not {shown(value)}")
        return value

    def number(self, name: str, default: float) -> float:
        """An attribute of one finite number."""
        value = self.attributes.get(name, default)
        if not isinstance(value, int | float) or not np.isfinite(value):
            raise self.refuse(f"must have a finite number as {name}, not {shown(value)}")
        return float(value)

    def text(self, name: str, default: str) -> str:
        """An attribute of one text."""
        value = self.attributes.get(name, default)
        if isinstance(value, bytes):
            value = value.decode(errors="replace")
        if not isinstance(value, str):
            raise self.refuse(f"must have a text as {name}, not {shown(value)}")
        return value

    def axes(self, rank: int, index: int = 1) -> list[int] | None:
        """Its axes, an input since opset 13 and an attribute before; None where they are left out.

        Each is in [0, rank), in the order given.
        """
        if "axes" in self.attributes:
            axes = self.integers("axes", ())
        elif self.value(index) is not None:
            axes = self.whole(index, "axes")
        else:
            return None
        return [self.axis(axis, rank) for axis in axes]

    def axis(self, axis: int, rank: int) -> int:
        """An axis counted from the first."""
        if not -rank <= axis < rank:
            raise self.refuse(f"has the axis {axis} of {rank} axes")
        return axis % rank
