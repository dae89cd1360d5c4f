# amaranth: UnusedElaboratable=no
"""The memories: random accesses against a list of words, ports, and what is emitted of them."""

from __future__ import annotations

import random
from typing import Any

import pytest
from amaranth.hdl import Module
from amaranth.lib import data, wiring

from hawx_hw.gateware.hierarchy import Emission
from hawx_hw.gateware.memories import ParameterMemory, ReadPort, SimpleDualPortRam, WritePort
from hawx_hw.gateware.simulation import simulate
from hawx_hw.gateware.verilog import verilog_modules

LATENCY = 1


def ref_reads(words: list[int], accesses: list[dict[str, int]]) -> list[int]:
    """The read data in the cycle after each access; they hold while nothing is read."""
    words, result, output = list(words), [], None
    for access in accesses:
        if access["read"]:
            output = words[access["read_address"]]
        if access["write"]:
            words[access["write_address"]] = access["data"]
        result.append(output)
    return result


def rtl_reads(memory: Any, accesses: list[dict[str, int]], *, writable: bool) -> list[int]:
    result = []

    async def drive(ctx: Any) -> None:
        for access in accesses:
            ctx.set(memory.read.enable, access["read"])
            ctx.set(memory.read.address, access["read_address"])
            if writable:
                ctx.set(memory.write.enable, access["write"])
                ctx.set(memory.write.address, access["write_address"])
                ctx.set(memory.write.data, access["data"])
            await ctx.tick()
            result.append(ctx.get(memory.read.data))

    simulate(memory, drive)
    return result


def random_accesses(
    rng: random.Random, width: int, depth: int, *, writes: float, together: bool
) -> list[dict[str, int]]:
    accesses = []
    for _ in range(300):
        write = rng.random() < writes
        accesses.append(
            {
                "write": write,
                "write_address": rng.randrange(depth),
                "data": rng.getrandbits(width),
                "read": rng.random() < 0.6 and (together or not write),
                "read_address": rng.randrange(depth),
            }
        )
    # The words are undefined before they are written.
    first = [
        {"write": 1, "write_address": at, "data": at, "read": 0, "read_address": 0}
        for at in range(depth)
    ]
    known = {"write": 0, "write_address": 0, "data": 0, "read": 1, "read_address": 0}
    return [*first, known, *accesses]


@pytest.mark.parametrize("writes", [0.1, 0.7])
@pytest.mark.parametrize(("width", "depth"), [(1, 1), (6, 3), (33, 8)])
def test_simple_dual_port_ram(width: int, depth: int, writes: float) -> None:
    """Words come a cycle after the read, and hold; a write needs its enable."""
    accesses = random_accesses(random.Random(depth), width, depth, writes=writes, together=True)
    for access in accesses:
        access["data"] %= 2**width
    reads = rtl_reads(SimpleDualPortRam(width, depth), accesses, writable=True)
    assert reads[depth:] == ref_reads([0] * depth, accesses)[depth:]


@pytest.mark.parametrize(("width", "depth"), [(1, 1), (6, 3), (33, 8)])
def test_loaded_memory(width: int, depth: int) -> None:
    accesses = random_accesses(random.Random(depth), width, depth, writes=0.3, together=False)
    for access in accesses:
        access["data"] %= 2**width
    memory = ParameterMemory(width, depth)
    assert memory.loadable
    reads = rtl_reads(memory, accesses, writable=True)
    assert reads[depth:] == ref_reads([0] * depth, accesses)[depth:]


def test_built_in_memory() -> None:
    rng = random.Random(1)
    words = [rng.getrandbits(9) for _ in range(13)]
    memory = ParameterMemory(9, 13, init=words)
    assert not memory.loadable
    assert "write" not in memory.signature.members
    accesses = random_accesses(rng, 9, 13, writes=0, together=True)[13:]
    reads = rtl_reads(memory, accesses, writable=False)
    assert reads == ref_reads(words, accesses)


def test_declared_latency() -> None:
    """That of the random accesses above, which sample a cycle after the read."""
    assert SimpleDualPortRam.LATENCY == ParameterMemory.LATENCY == LATENCY


def test_ports_take_any_shape_of_a_word() -> None:
    """A unit reads words of structures, the memory holds plain bits of the same number."""
    word = data.StructLayout({"low": 3, "high": 5})
    reader = ReadPort(6, word).create()
    writer = WritePort(6, word).create()
    ram = SimpleDualPortRam(8, 6)
    wiring.connect(Module(), reader, ram.read)
    wiring.connect(Module(), writer, ram.write)
    with pytest.raises(wiring.ConnectionError, match="address"):
        wiring.connect(Module(), ReadPort(9, word).create(), ram.read)


def emitted(memory: wiring.Component) -> str:
    emission = Emission()
    emission.define("hawx_memory", memory)
    return verilog_modules(emission)["hawx_memory"]


def test_emitted_macros() -> None:
    ram = emitted(SimpleDualPortRam(6, 5))
    assert "hawx_sdp_ram #(" in ram
    rom = emitted(ParameterMemory(8, 5, init=[1] * 5, init_file="rom.hex"))
    assert "hawx_rom #(" in rom
    assert '.INIT_FILE("rom.hex")' in rom
    loaded = emitted(ParameterMemory(8, 5))
    assert "hawx_sp_ram #(" in loaded
    for text, width in ((ram, 6), (rom, 8), (loaded, 8)):
        assert f".WIDTH(32'd{width})" in text
        assert ".DEPTH(32'd5)" in text
        assert ".ADDRESS_WIDTH(32'd3)" in text


def test_messages() -> None:
    with pytest.raises(ValueError, match=r"SimpleDualPortRam must have width and depth >= 1"):
        SimpleDualPortRam(0, 4)
    with pytest.raises(ValueError, match="ParameterMemory init must have 3 words, not 2"):
        ParameterMemory(8, 3, init=[1, 2])
    with pytest.raises(ValueError, match="must have an init_file to be written as Verilog"):
        Emission().define("rom", ParameterMemory(8, 1, init=[1]))
