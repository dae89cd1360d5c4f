"""Register maps as data: hardware, C header and documentation come from the one description."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.gateware.axi_lite import RegisterBusSignature
from hawx_hw.gateware.layout import index_width

__all__ = ["Access", "Field", "Register", "RegisterFile", "RegisterMap"]


class Access(enum.Enum):
    """What software can do with a field.

    ``CONSTANT`` reads a number fixed at build time, ``RO`` a signal of the hardware; ``RW`` holds
    what was written; ``W1S`` does something once when one is written, and reads as zero; ``W1C`` is
    set by the hardware, stays, and is cleared by writing one (an event in the same cycle wins).
    """

    CONSTANT = "constant"
    RO = "RO"
    RW = "RW"
    W1S = "W1S"
    W1C = "W1C"


@dataclass(frozen=True)
class Field:
    """Some neighboring bits of a register.

    Parameters
    ----------
    name : str
        In lower case; unique in its register.
    access : Access
    description : str
    offset : int
        Lowest bit.
    width : int
        Number of bits.
    reset : int
        Value after reset of ``RW``; the value of ``CONSTANT``.
    """

    name: str
    access: Access
    description: str
    offset: int = 0
    width: int = 1
    reset: int = 0

    def __post_init__(self) -> None:
        if self.width < 1 or self.offset < 0 or self.offset + self.width > 32:
            raise ValueError(f"Field {self.name!r} must lie within 32 bits")
        if not 0 <= self.reset < 2**self.width:
            raise ValueError(
                f"Field {self.name!r} reset must fit in {self.width} bits, not {self.reset!r}"
            )
        if self.reset and self.access not in (Access.RW, Access.CONSTANT):
            raise ValueError(
                f"Field {self.name!r} of access {self.access.value} has no reset value"
            )

    @property
    def mask(self) -> int:
        """The field's bits in its register."""
        return ((1 << self.width) - 1) << self.offset


@dataclass(frozen=True)
class Register:
    """One 32-bit word, or ``count`` equal ones side by side (a window, which hardware only reads
    out of).

    Parameters
    ----------
    name : str
        In lower case; unique in the map.
    address : int
        Byte address, a multiple of four.
    description : str
    fields : tuple of Field
    count : int
        Number of words. A register with more than one, or with ``window``, has a single 32-bit RO
        field.
    window : bool
        The words come from a memory.
    """

    name: str
    address: int
    description: str
    fields: tuple[Field, ...]
    count: int = 1
    window: bool = False

    def __post_init__(self) -> None:
        if self.address < 0 or self.address % 4:
            raise ValueError(
                f"Register {self.name!r} address must be a multiple of 4, not {self.address!r}"
            )
        seen = 0
        for field in self.fields:
            if seen & field.mask:
                raise ValueError(f"Register {self.name!r} field {field.name!r} overlaps another")
            seen |= field.mask
        if len({field.name for field in self.fields}) != len(self.fields) or not self.fields:
            raise ValueError(f"Register {self.name!r} must have fields with different names")
        plain = len(self.fields) == 1 and self.fields[0].access is Access.RO and seen == 0xFFFFFFFF
        if self.count < 1 or (self.count > 1 and not self.window) or (self.window and not plain):
            raise ValueError(
                f"Register {self.name!r} must be a window of 32-bit RO words, or one word"
            )

    @property
    def writable(self) -> bool:
        """Whether a write can do anything."""
        return any(f.access in (Access.RW, Access.W1S, Access.W1C) for f in self.fields)

    @property
    def end(self) -> int:
        """Byte address after the last word."""
        return self.address + 4 * self.count


@dataclass(frozen=True)
class RegisterMap:
    """All registers behind one AXI4-Lite port.

    Parameters
    ----------
    registers : tuple of Register
        By rising address.
    address_width : int
        Bits of the byte addresses.
    """

    registers: tuple[Register, ...]
    address_width: int

    def __post_init__(self) -> None:
        end = 0
        for register in self.registers:
            if register.address < end:
                raise ValueError(f"Register {register.name!r} must come after the one before it")
            end = register.end
        if end > 2**self.address_width:
            raise ValueError(
                f"Registers must end within {2**self.address_width} bytes, not at {end:#x}"
            )
        if len({register.name for register in self.registers}) != len(self.registers):
            raise ValueError("Registers must have different names")

    def __iter__(self) -> Iterator[Register]:
        return iter(self.registers)

    def __getitem__(self, name: str) -> Register:
        for register in self.registers:
            if register.name == name:
                return register
        raise KeyError(name)


def _port(register: Register) -> wiring.Member | None:
    if register.window:
        window = {"read": Out(1), "index": Out(index_width(register.count)), "data": In(32)}
        return Out(wiring.Signature(window))
    members: dict[str, wiring.Member] = {}
    for field in register.fields:
        if field.access is Access.RO:
            members[field.name] = In(field.width)
        elif field.access in (Access.RW, Access.W1S):
            members[field.name] = Out(field.width, init=field.reset)
        elif field.access is Access.W1C:
            sticky = {"set": In(field.width), "value": Out(field.width)}
            members[field.name] = Out(wiring.Signature(sticky))
    return Out(wiring.Signature(members)) if members else None


class RegisterFile(wiring.Component):
    """The registers of a map.

    Bytes that the strobe leaves out are not written. A write to a register without a writable
    field, and any access where there is no register, is an error.

    **Latency**: a write takes effect :attr:`WRITE_LATENCY` after it; ``W1S`` pulses in that cycle.
    A read samples in its own cycle and answers :attr:`READ_LATENCY` after it.

    Parameters
    ----------
    register_map : RegisterMap

    Attributes
    ----------
    bus : In(RegisterBusSignature)
    (each register's name) : Out(signature of its fields)
        RO: In(width). RW and W1S: Out(width). W1C: {``set``: In(width), ``value``: Out(width)}. A
        window: {``read``: Out(1), ``index``: Out, ``data``: In(32)}, where data is due in the cycle
        after read. Constants have no port.
    """

    #: Cycles from a write to its effect.
    WRITE_LATENCY = 1
    #: Cycles from a read to its answer.
    READ_LATENCY = 1

    def __init__(self, register_map: RegisterMap):
        self._map = register_map
        members = {"bus": In(RegisterBusSignature(register_map.address_width - 2))}
        for register in register_map:
            port = _port(register)
            if port is not None:
                members[register.name] = port
        super().__init__(members)

    @property
    def register_map(self) -> RegisterMap:
        """The map."""
        return self._map

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        bus = self.bus
        word = Signal(32)
        mapped = Signal()
        register_data = Signal(32)
        windows = [register for register in self._map if register.window]
        from_window = {register.name: Signal(name=f"from_{register.name}") for register in windows}

        mask = Cat(bit.replicate(8) for bit in bus.write_strobe)
        enabled = Signal(32)
        m.d.comb += [enabled.eq(bus.write_data & mask), bus.write_error.eq(1)]

        with m.Switch(bus.read_address):
            for register in self._map:
                if register.window:
                    continue
                with m.Case(register.address // 4):
                    m.d.comb += mapped.eq(1)
                    for field in register.fields:
                        m.d.comb += word[field.offset : field.offset + field.width].eq(
                            self._readout(register, field)
                        )
        for register in windows:
            port = getattr(self, register.name)
            first = register.address // 4
            hit = Signal(name=f"hit_{register.name}")
            m.d.comb += [
                hit.eq((bus.read_address >= first) & (bus.read_address < first + register.count)),
                port.read.eq(bus.read & hit),
                port.index.eq(bus.read_address - first),
            ]
            with m.If(bus.read):
                m.d.sync += from_window[register.name].eq(hit)
            with m.If(hit):
                m.d.comb += mapped.eq(1)

        with m.If(bus.read):
            m.d.sync += [register_data.eq(word), bus.read_error.eq(~mapped)]
        m.d.comb += bus.read_data.eq(register_data)
        for register in windows:
            with m.If(from_window[register.name]):
                m.d.comb += bus.read_data.eq(getattr(self, register.name).data)

        for register in self._map:
            if not register.writable:
                continue
            written = Signal(name=f"written_{register.name}")
            here = bus.write_address == register.address // 4
            m.d.comb += written.eq(bus.write & here)
            with m.If(here):
                m.d.comb += bus.write_error.eq(0)
            for field in register.fields:
                self._write(m, register, field, written, enabled, mask)
        return m

    def _readout(self, register: Register, field: Field) -> Any:
        if field.access is Access.CONSTANT:
            return field.reset
        if field.access is Access.W1S:
            return 0
        port = getattr(getattr(self, register.name), field.name)
        return port.value if field.access is Access.W1C else port

    def _write(
        self, m: Module, register: Register, field: Field, written: Any, enabled: Any, mask: Any
    ) -> None:
        if field.access in (Access.CONSTANT, Access.RO):
            return
        port = getattr(getattr(self, register.name), field.name)
        bits = slice(field.offset, field.offset + field.width)
        if field.access is Access.RW:
            with m.If(written):
                m.d.sync += port.eq((port & ~mask[bits]) | enabled[bits])
        elif field.access is Access.W1S:
            m.d.sync += port.eq(0)
            with m.If(written):
                m.d.sync += port.eq(enabled[bits])
        else:
            m.d.sync += port.value.eq(port.value | port.set)
            with m.If(written):
                m.d.sync += port.value.eq((port.value & ~enabled[bits]) | port.set)
