"""Traps: how a core reports that it gave an inference up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.gateware.layout import index_width

__all__ = ["TrapFormat", "TrapRecorder"]

#: Bits that the registers of software have for a source and for a cause.
_BITS = 8


@dataclass(frozen=True)
class TrapFormat:
    """What a core reports with a trap.

    Parameters
    ----------
    causes : mapping of str to str
        Description of each cause by its name, in the order of their numbers, from 0.
    sources : int
        Units of the core that can trap, such as warps.
    address_bits, value_bits : int
        Of the address of what trapped, and of a value that explains the cause; in [1, 32].

    Raises
    ------
    ValueError
        Another number of bits, no cause or source, or more than 256.
    """

    causes: Mapping[str, str] = field(hash=False)
    sources: int
    address_bits: int
    value_bits: int

    def __post_init__(self) -> None:
        for name, count in (("causes", len(self.causes)), ("sources", self.sources)):
            if not 1 <= count <= 1 << _BITS:
                raise ValueError(f"{name} must be from 1 to {1 << _BITS}, not {count!r}")
        for name in ("address_bits", "value_bits"):
            if not 1 <= getattr(self, name) <= 32:
                raise ValueError(f"{name} must be in [1, 32], not {getattr(self, name)!r}")

    @property
    def signature(self) -> wiring.Signature:
        """The port, seen from the core: a pulse with what it reports."""
        return wiring.Signature(
            {
                "valid": Out(1),
                "cause": Out(index_width(len(self.causes))),
                "source": Out(index_width(self.sources)),
                "address": Out(self.address_bits),
                "value": Out(self.value_bits),
            }
        )


class TrapRecorder(wiring.Component):
    """Holds what the first trap since it was cleared has reported.

    **Latency**: ``recorded`` follows ``trap`` by :attr:`LATENCY`.

    Parameters
    ----------
    format : TrapFormat

    Attributes
    ----------
    trap : In(TrapFormat.signature)
    clear : In(1)
        Forget it; a trap in the same cycle wins.
    recorded : Out(TrapFormat.signature)
        ``valid`` stays high until it is cleared.
    """

    #: Cycles from a trap to its record.
    LATENCY = 1

    def __init__(self, format: TrapFormat):
        self._format = format
        super().__init__(
            {"trap": In(format.signature), "clear": In(1), "recorded": Out(format.signature)}
        )

    @property
    def format(self) -> TrapFormat:
        """What is reported."""
        return self._format

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        with m.If(self.trap.valid & (self.clear | ~self.recorded.valid)):
            m.d.sync += [
                getattr(self.recorded, name).eq(getattr(self.trap, name))
                for name in ("cause", "source", "address", "value")
            ]
        with m.If(self.trap.valid):
            m.d.sync += self.recorded.valid.eq(1)
        with m.Elif(self.clear):
            m.d.sync += self.recorded.valid.eq(0)
        return m
