"""Spreads the bytes of a parameter packet over the parameter memories."""

from __future__ import annotations

import enum
from collections.abc import Sequence

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.gateware.layout import index_width
from hawx_hw.gateware.streams import packet_signature

__all__ = ["ParameterLoader", "parameter_packet"]


def parameter_packet(
    memories: Sequence[tuple[int, int]], contents: Sequence[Sequence[int]]
) -> bytes:
    """The packet that fills ``memories``.

    Memory after memory, word after word from address 0, each word in ``ceil(width / 8)`` bytes, low
    byte first; bits above the width are zero here and ignored by the loader.

    Parameters
    ----------
    memories : sequence of (int, int)
        Width in bits and depth in words.
    contents : sequence of sequence of int
        The words of each memory, each in [0, 2**width).
    """
    if len(memories) != len(contents):
        raise ValueError(
            f"Contents must be given for {len(memories)} memories, not {len(contents)}"
        )
    packet = bytearray()
    for (width, depth), words in zip(memories, contents, strict=True):
        if len(words) != depth:
            raise ValueError(f"Memory of {depth} words must get as many, not {len(words)}")
        for word in words:
            if not 0 <= word < 2**width:
                raise ValueError(f"Word must be an unsigned number of {width} bits, not {word!r}")
            packet += int(word).to_bytes(-(-width // 8), "little")
    return bytes(packet)


class _State(enum.Enum):
    IDLE = 0
    RECEIVE = 1
    DISCARD = 2
    STORE = 3


class ParameterLoader(wiring.Component):
    """Takes one parameter packet at a time and writes its words; see :func:`parameter_packet`.

    The parameters count as loaded after a packet of exactly the right length; from the first byte
    of a packet on they do not.

    **Latency**: one byte a cycle. A word is written :attr:`WORD_LATENCY` after its last byte, and
    ``loaded`` rises :attr:`LATENCY` after the last byte of the packet was accepted.

    Parameters
    ----------
    memories : sequence of (int, int)
        Width in bits and depth in words of each memory, in the order of the packet.

    Attributes
    ----------
    bytes_in : In(stream of {data, last})
        Parameter packets.
    hold : In(1)
        Do not begin a packet now; one that has begun goes on.
    valid, memory, address, data : Out
        One word of one memory; a narrow memory takes the low bits, the others are undefined.
    loaded : Out(1)
        Every memory holds the words of one whole packet.
    receiving : Out(1)
        A packet has begun and not ended, or its last word is being written.
    flush : In(1)
        Throw away what came of a packet so far; the next byte begins a packet.
    truncated, overlong : Out(1)
        Pulse: a packet ended too early, or had too many bytes.
    """

    #: Cycles from a word's last byte to the write of the word.
    WORD_LATENCY = 1
    #: Cycles from a packet's last byte to ``loaded``.
    LATENCY = WORD_LATENCY + 1

    def __init__(self, memories: Sequence[tuple[int, int]]):
        if not memories:
            raise ValueError("ParameterLoader must have at least one memory")
        for width, depth in memories:
            if width < 1 or depth < 1:
                raise ValueError(f"Memory must have width and depth >= 1, not {(width, depth)!r}")
        self._memories = tuple((int(width), int(depth)) for width, depth in memories)
        super().__init__(
            {
                "bytes_in": In(packet_signature()),
                "hold": In(1),
                "valid": Out(1),
                "memory": Out(index_width(len(self._memories))),
                "address": Out(index_width(max(depth for _, depth in self._memories))),
                "data": Out(max(width for width, _ in self._memories)),
                "loaded": Out(1),
                "receiving": Out(1),
                "flush": In(1),
                "truncated": Out(1),
                "overlong": Out(1),
            }
        )

    @property
    def memories(self) -> tuple[tuple[int, int], ...]:
        """Width and depth of each memory."""
        return self._memories

    def elaborate(self, platform: object) -> Module:
        m = Module()
        sizes = [-(-width // 8) for width, _ in self._memories]
        memory = Signal.like(self.memory)
        address = Signal.like(self.address)
        byte = Signal(index_width(max(sizes)))
        last_byte = Signal()
        last_address = Signal()
        last_memory = Signal()
        with m.Switch(memory):
            for index, (size, (_, depth)) in enumerate(zip(sizes, self._memories, strict=True)):
                with m.Case(index):
                    m.d.comb += [
                        last_byte.eq(byte == size - 1),
                        last_address.eq(address == depth - 1),
                    ]
        m.d.comb += last_memory.eq(memory == len(self._memories) - 1)

        state = Signal(_State)
        accept = Signal()
        complete = Signal()
        word = Signal(8 * max(sizes))
        m.d.comb += [accept.eq(self.bytes_in.valid & self.bytes_in.ready), self.data.eq(word)]
        m.d.sync += [self.valid.eq(0), complete.eq(0)]
        with m.If(complete):
            m.d.sync += self.loaded.eq(1)

        def restart() -> None:
            m.d.sync += [byte.eq(0), address.eq(0), memory.eq(0)]

        def receive() -> None:
            m.d.sync += [
                word.word_select(byte, 8).eq(self.bytes_in.p.data),
                byte.eq(Mux(last_byte, 0, byte + 1)),
                self.valid.eq(last_byte),
                self.memory.eq(memory),
                self.address.eq(address),
            ]
            with m.If(last_byte):
                m.d.sync += address.eq(Mux(last_address, 0, address + 1))
                with m.If(last_address):
                    m.d.sync += memory.eq(Mux(last_memory, 0, memory + 1))

            with m.If(last_byte & last_address & last_memory):
                with m.If(self.bytes_in.p.last):
                    m.d.sync += complete.eq(1)
                    m.d.sync += state.eq(_State.STORE)
                with m.Else():
                    m.d.comb += self.overlong.eq(1)
                    m.d.sync += state.eq(_State.DISCARD)
            with m.Elif(self.bytes_in.p.last):
                m.d.comb += self.truncated.eq(1)
                restart()
                m.d.sync += state.eq(_State.IDLE)
            with m.Else():
                m.d.sync += state.eq(_State.RECEIVE)

        with m.Switch(state):
            with m.Case(_State.IDLE):
                m.d.comb += self.bytes_in.ready.eq(~self.hold)
                with m.If(accept):
                    m.d.sync += self.loaded.eq(0)
                    receive()
            with m.Case(_State.RECEIVE):
                m.d.comb += self.bytes_in.ready.eq(1)
                with m.If(accept):
                    receive()
            with m.Case(_State.DISCARD):
                m.d.comb += self.bytes_in.ready.eq(1)
                with m.If(accept & self.bytes_in.p.last):
                    m.d.sync += state.eq(_State.IDLE)
            with m.Case(_State.STORE):
                m.d.sync += state.eq(_State.IDLE)
        with m.If(self.flush):
            restart()
            m.d.sync += state.eq(_State.IDLE)
        m.d.comb += self.receiving.eq(state != _State.IDLE)
        return m
