"""The memories of an accelerator: instances of the macro modules in rtl_templates/.

In Amaranth's simulator each is an ``amaranth.lib.memory.Memory`` of the same behavior.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from amaranth.hdl import ClockSignal, Instance, Module, Mux, ShapeLike, unsigned
from amaranth.lib import memory, wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.gateware.hierarchy import Emission
from hawx_hw.gateware.layout import index_width
from hawx_hw.util.macros import (
    ADDRESS_WIDTH,
    CLOCK,
    DEPTH,
    INIT_FILE,
    READ_DATA,
    ROM,
    SDP_RAM,
    SP_RAM,
    WIDTH,
    WRITE_DATA,
    MemoryMacro,
)

__all__ = ["ParameterMemory", "ReadPort", "SimpleDualPortRam", "WritePort"]


class ReadPort(wiring.Signature):
    """The port through which a unit reads a memory, seen from that unit.

    Parameters
    ----------
    depth : int
        Number of words.
    shape : shape
        Shape of a word.

    Members
    -------
    enable : Out(1)
    address : Out
        Word address.
    data : In(shape)
        The word that was read last, from the cycle after ``enable`` on.
    """

    def __init__(self, depth: int, shape: ShapeLike):
        super().__init__({"enable": Out(1), "address": Out(index_width(depth)), "data": In(shape)})


class WritePort(wiring.Signature):
    """The port through which a unit writes a memory, seen from that unit.

    Parameters
    ----------
    depth : int
        Number of words.
    shape : shape
        Shape of a word.

    Members
    -------
    enable : Out(1)
    address : Out
        Word address.
    data : Out(shape)
    """

    def __init__(self, depth: int, shape: ShapeLike):
        super().__init__({"enable": Out(1), "address": Out(index_width(depth)), "data": Out(shape)})


def _check(kind: str, width: int, depth: int) -> None:
    if width < 1 or depth < 1:
        raise ValueError(f"{kind} must have width and depth >= 1, not {(width, depth)!r}")


class SimpleDualPortRam(wiring.Component):
    """One write port and one read port on one clock (macro ``hawx_sdp_ram``).

    **Latency**: ``read.data`` follows ``read.enable`` by :attr:`LATENCY`, and holds until the next
    read. A word that is read while it is written comes back old; no user of this class relies on
    it.

    Parameters
    ----------
    width, depth : int
        Bits of a word, and number of words.

    Attributes
    ----------
    write : In(WritePort)
    read : In(ReadPort)
    """

    #: Cycles from ``read.enable`` to the word.
    LATENCY = 1

    def __init__(self, width: int, depth: int):
        _check("SimpleDualPortRam", width, depth)
        self._width, self._depth = width, depth
        super().__init__({"write": In(WritePort(depth, width)), "read": In(ReadPort(depth, width))})

    @property
    def width(self) -> int:
        """Bits of a word."""
        return self._width

    @property
    def depth(self) -> int:
        """Number of words."""
        return self._depth

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        if isinstance(platform, Emission):
            connections = {
                SDP_RAM.write_enable: self.write.enable,
                SDP_RAM.write_address: self.write.address,
                WRITE_DATA: self.write.data,
                SDP_RAM.read_enable: self.read.enable,
                SDP_RAM.read_address: self.read.address,
                READ_DATA: self.read.data,
            }
            m.submodules.macro = _instance(SDP_RAM, self._width, self._depth, connections)
            return m
        m.submodules.words = words = memory.Memory(
            shape=unsigned(self._width), depth=self._depth, init=[]
        )
        write, read = words.write_port(), words.read_port()
        m.d.comb += [
            write.en.eq(self.write.enable),
            write.addr.eq(self.write.address),
            write.data.eq(self.write.data),
            read.en.eq(self.read.enable),
            read.addr.eq(self.read.address),
            self.read.data.eq(read.data),
        ]
        return m


class ParameterMemory(wiring.Component):
    """A memory that inference only reads: built in (``hawx_rom``) or loaded (``hawx_sp_ram``).

    **Latency**: ``read.data`` follows ``read.enable`` by :attr:`LATENCY`, and holds until the next
    read. A memory that is loaded has one port: it must not be read in a cycle that writes.

    Parameters
    ----------
    width, depth : int
        Bits of a word, and number of words.
    init : sequence of int or None
        The words of a built-in memory; None for one that is loaded.
    init_file : str or None
        Name of the file with the words of a built-in memory, for the Verilog.

    Attributes
    ----------
    read : In(ReadPort)
    write : In(WritePort)
        Only where the words are loaded.
    """

    #: Cycles from ``read.enable`` to the word.
    LATENCY = 1

    def __init__(
        self,
        width: int,
        depth: int,
        *,
        init: Sequence[int] | None = None,
        init_file: str | None = None,
    ):
        _check("ParameterMemory", width, depth)
        if init is not None and len(init) != depth:
            raise ValueError(f"ParameterMemory init must have {depth} words, not {len(init)}")
        self._width, self._depth = width, depth
        self._init = None if init is None else tuple(init)
        self._init_file = init_file
        members = {"read": In(ReadPort(depth, width))}
        if init is None:
            members["write"] = In(WritePort(depth, width))
        super().__init__(members)

    @property
    def loadable(self) -> bool:
        """Whether the words are written at run time."""
        return self._init is None

    def elaborate(self, platform: Any) -> Module:
        if isinstance(platform, Emission):
            macro = self._macro()
            m = Module()
            m.submodules.macro = macro
            return m
        m = Module()
        m.submodules.words = words = memory.Memory(
            shape=unsigned(self._width), depth=self._depth, init=self._init or []
        )
        read = words.read_port()
        m.d.comb += [
            read.en.eq(self.read.enable),
            read.addr.eq(self.read.address),
            self.read.data.eq(read.data),
        ]
        if self.loadable:
            write = words.write_port()
            m.d.comb += [
                write.en.eq(self.write.enable),
                write.addr.eq(self.write.address),
                write.data.eq(self.write.data),
            ]
        return m

    def _macro(self) -> Instance:
        if self.loadable:
            write = self.write
            connections = {
                SP_RAM.read_enable: self.read.enable | write.enable,
                SP_RAM.write_enable: write.enable,
                SP_RAM.read_address: Mux(write.enable, write.address, self.read.address),
                WRITE_DATA: write.data,
                READ_DATA: self.read.data,
            }
            return _instance(SP_RAM, self._width, self._depth, connections)
        if self._init_file is None:
            raise ValueError("ParameterMemory must have an init_file to be written as Verilog")
        connections = {
            ROM.read_enable: self.read.enable,
            ROM.read_address: self.read.address,
            READ_DATA: self.read.data,
        }
        return _instance(ROM, self._width, self._depth, connections, init_file=self._init_file)


def _instance(
    macro: MemoryMacro,
    width: int,
    depth: int,
    connections: Mapping[str, Any],
    *,
    init_file: str | None = None,
) -> Instance:
    """An instance of a macro; ``connections`` has a value for each port but the clock."""
    parameters: dict[str, Any] = {WIDTH: width, DEPTH: depth, ADDRESS_WIDTH: index_width(depth)}
    if init_file is not None:
        parameters[INIT_FILE] = init_file
    values = {CLOCK: ClockSignal(), **connections}
    return Instance(
        macro.kind,
        **{f"p_{name}": value for name, value in parameters.items()},
        **{f"{'o' if port == READ_DATA else 'i'}_{port}": values[port] for port in macro.ports},
    )
