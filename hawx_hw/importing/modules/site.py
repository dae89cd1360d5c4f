"""One operation of a traced network: the input of lowering."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hawx_hw.errors import UserError

__all__ = ["Site", "TensorArgument"]


@dataclass(frozen=True)
class TensorArgument:
    """A tensor that an operation reads.

    Parameters
    ----------
    name : str
        The layer that computes it.
    shape : tuple of int
        Without the batch; with the padding.
    padding : tuple of int
        Zeros around the layer's map: (top, left, bottom, right).
    """

    name: str
    shape: tuple[int, ...]
    padding: tuple[int, int, int, int] = (0, 0, 0, 0)


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

    def refuse_in_place(self) -> None:
        """Refuse an in-place operation on a shared tensor; the trace does not show its effect."""
        if self.shared:
            raise self.refuse(
                "works in place on a tensor that another operation reads; make it not in place"
            )

    def tensor(self, value: Any, *, padded: bool = False) -> TensorArgument:
        """Check that ``value`` is a tensor that the network computes, and return it.

        Parameters
        ----------
        value : object
        padded : bool
            Whether it may be padded.
        """
        if not isinstance(value, TensorArgument):
            raise self.refuse(f"must read computed tensors only, not {value!r}")
        if any(value.padding) and not padded:
            raise self.refuse(
                "reads a map padded with zeros, as only a convolution or an average can"
            )
        return value

    def common(self, *sources: TensorArgument) -> dict[str, Any]:
        """The arguments that every float layer takes."""
        inputs = [source.name for source in sources]
        return {"name": self.name, "label": self.label, "inputs": inputs, "shape": self.shape}
