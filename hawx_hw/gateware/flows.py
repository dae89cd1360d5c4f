"""Streams that nothing can stall: what is valid in a cycle is taken in that cycle."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, ShapeLike
from amaranth.lib import wiring
from amaranth.lib.wiring import Out

__all__ = ["FlowSignature", "delay_line"]


class FlowSignature(wiring.Signature):
    """A payload that counts in the cycles in which ``valid`` is high, seen from its source.

    Parameters
    ----------
    payload_shape : shape
        Shape of the payload.

    Members
    -------
    valid : Out(1)
    payload : Out(payload_shape)
        Undefined while not ``valid``.
    """

    def __init__(self, payload_shape: ShapeLike):
        self._payload_shape = payload_shape
        super().__init__({"valid": Out(1), "payload": Out(payload_shape)})

    @property
    def payload_shape(self) -> ShapeLike:
        """Shape of the payload."""
        return self._payload_shape

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FlowSignature) and self._payload_shape == other._payload_shape

    def __hash__(self) -> int:
        return hash(("flow", str(self._payload_shape)))

    def __repr__(self) -> str:
        return f"FlowSignature({self._payload_shape!r})"


def delay_line(m: Module, source: Any, length: int, name: str) -> list[Any]:
    """Delay a flow; a payload register takes a new value only where it is valid.

    Parameters
    ----------
    m : Module
        Gets the registers.
    source : interface of a FlowSignature
    length : int
        Number of registers, >= 0.
    name : str
        The register that is ``k`` cycles late is named ``<name>_<k>``.

    Returns
    -------
    list of interfaces
        ``length + 1`` flows: element ``k`` is ``source`` ``k`` cycles later.
    """
    if length < 0:
        raise ValueError(f"Delay must be a number of cycles >= 0, not {length!r}")
    line = [source]
    for number in range(1, length + 1):
        before = line[-1]
        after = FlowSignature(before.payload.shape()).create(path=(f"{name}_{number}",))
        m.d.sync += after.valid.eq(before.valid)
        with m.If(before.valid):
            m.d.sync += after.payload.eq(before.payload)
        line.append(after)
    return line
