"""One operation of a traced network: the input of lowering."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hawx_hw.errors import UserError

__all__ = ["Site", "TensorArgument"]


@dataclass(frozen=True)
class TensorArgument:
    """A tensor that an operation reads: the layer that computes it, its shape without the batch."""

    name: str
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Site:
    """One operation of a traced network.

    Parameters
    ----------
    name, label : str
        Identifier of the layer, and its name in the user's network.
    kind : str
        "call_module", "call_function" or "call_method".
    target : object
        The module, the function, or the method's name.
    arguments, keywords
        Tensors are :class:`TensorArgument`, everything else is the plain value.
    shape : tuple of int
        Shape of the result, without the batch.
    shared : bool
        Whether another operation reads one of its inputs too.
    """

    name: str
    label: str
    kind: str
    target: Any
    arguments: tuple[Any, ...]
    keywords: dict[str, Any]
    shape: tuple[int, ...]
    shared: bool

    def refuse(self, why: str) -> UserError:
        """An error that this operation cannot be lowered."""
        return UserError(f"The layer {self.label!r} {why}.", where="network.model")

    def bind(self, *names: str, **defaults: Any) -> dict[str, Any]:
        """Arguments by name, in the order of a function's parameters, with defaults."""
        if len(self.arguments) > len(names):
            raise self.refuse(f"has more arguments than {', '.join(names)}")
        bound = defaults | dict(zip(names, self.arguments, strict=False)) | self.keywords
        for name in bound:
            if name not in names:
                raise self.refuse(f"has an argument {name!r} without an integer counterpart")
        for name in names:
            if name not in bound:
                raise self.refuse(f"lacks its argument {name!r}")
        return bound

    def tensor(self, value: Any) -> TensorArgument:
        """Check that ``value`` is a tensor that the network computes, and return it."""
        if not isinstance(value, TensorArgument):
            raise self.refuse(f"must read computed tensors only, not {value!r}")
        return value

    def common(self, *sources: TensorArgument) -> dict[str, Any]:
        """The arguments that every float layer takes."""
        inputs = [source.name for source in sources]
        return {"name": self.name, "label": self.label, "inputs": inputs, "shape": self.shape}
