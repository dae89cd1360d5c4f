"""The decoder agrees with the table of instructions and with what the simulator refuses."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.sim import Simulator

from hawx_hw.architectures.simt.descriptors import Store, Stream
from hawx_hw.architectures.simt.execution import TrapError, front_faults
from hawx_hw.architectures.simt.gateware.decoder import Decoder, SourceSelect, sources
from hawx_hw.architectures.simt.isa import (
    FORMS,
    OPERATIONS,
    EncodingError,
    Operation,
    Place,
    decode,
)
from hawx_hw.architectures.simt.lanes import LaneBlocks
from hawx_hw.architectures.simt.program import Program
from hawx_hw.architectures.simt.traps import Cause
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.blocks.registry import by_name

UNIT = Unit(lanes=4, cluster=2, registers=5)
#: Units with few instructions, predicates or loops.
UNITS = (
    UNIT,
    replace(UNIT, predicates=1, instructions=("HALT", "LI", "PLT", "MAC.z", "QST", "QST.max")),
    replace(UNIT, predicates=0, instructions=("HALT", "PAND", "MAC", "LDV", "QST.sum")),
    replace(UNIT, predicates=2),
)
PROGRAM = Program(
    UNIT,
    LaneBlocks.uniform([by_name("exact")], 4),
    (0,),
    (0,) * (3 * UNIT.warps),
    (Stream(),) * 2,
    (Store(),) * 6,
    np.zeros((1, 4), dtype=np.int8),
)


class Both(wiring.Component):
    def __init__(self, unit: Unit) -> None:
        super().__init__({})
        self.decoder = Decoder(unit, streams=2, stores=6, arguments=3)
        self.select = SourceSelect(unit)

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.submodules += [self.decoder, self.select]
        return m


def limits(operation: Operation, rng: random.Random) -> int:
    """A word whose fields are small, at their limits, or anything."""
    word = operation.opcode << 26
    for field in operation.fields.values():
        top = (1 << field.bits) - 1
        word |= (
            rng.choice([0, 1, 2, 3, 4, 5, 6, top, top // 2, rng.randint(0, top)]) % (top + 1)
            << field.low
        )
    return word ^ (1 << rng.randrange(32) if rng.random() < 0.1 else 0)


def words() -> list[int]:
    rng = random.Random(1)
    opcodes = [opcode << 26 for opcode in range(64)]
    return [*opcodes, *(limits(each, rng) for each in OPERATIONS.values() for _ in range(25))]


def refusal(word: int, unit: Unit) -> tuple[int, int | None] | None:
    """Cause, and the number where it is a register's."""
    try:
        instruction = decode(word)
        front_faults(replace(PROGRAM, unit=unit), instruction)
    except EncodingError:
        return int(Cause.ENCODING), None
    except TrapError as error:
        return int(error.cause), error.value if error.cause is Cause.REGISTER else None
    if instruction.mnemonic == "ARG" and not 0 <= instruction.imm < 3:
        return int(Cause.ARGUMENT), None
    return None


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: len(unit.instructions))
def test_every_instruction_is_decoded(unit: Unit) -> None:
    both = Both(unit)

    async def testbench(ctx: Any) -> None:
        seen = set()
        for word in words():
            ctx.set(both.decoder.word, word)
            ctx.set(both.select.word, word)
            await ctx.delay(1e-9)
            out = both.decoder.decoded
            expected = refusal(word, unit)
            assert ctx.get(out.faulty) == (expected is not None), hex(word)
            if expected is not None:
                assert ctx.get(out.cause) == expected[0], hex(word)
                assert expected[1] is None or ctx.get(out.number) == expected[1], hex(word)
                seen.add(expected[0])
                continue
            operation = OPERATIONS[word >> 26]
            for place in Place:
                assert ctx.get(out[place.name.lower()]) == (operation.place is place)
            assert ctx.get(out.writes) == ("rd" in operation.fields)
            read = [field.extract(word) for field in sources(operation)]
            assert ctx.get(both.select.reads) == bool(read)
            assert ctx.get(out.second) == (len(read) == 2)
            if read:
                assert ctx.get(both.select.number) == read[0]
            if len(read) == 2:
                assert ctx.get(out.second_number) == read[1]
        if not unit.instructions:
            assert seen == {Cause.ENCODING, Cause.REGISTER, Cause.STREAM, Cause.ARGUMENT}

    simulator = Simulator(both)
    simulator.add_testbench(testbench)
    simulator.run()


def test_sources_are_in_the_order_of_the_assembler() -> None:
    of = {each.mnemonic: sources(each) for each in OPERATIONS.values()}
    assert of["SUB"] == (FORMS["R"]["ra"], FORMS["R"]["rb"])
    assert of["BLT"] == (FORMS["B"]["ra"], FORMS["B"]["rb"])
    assert of["LIH"] == (FORMS["I"]["rd"],)
    assert of["LOOP"] == (FORMS["B"]["ra"],)
    assert of["MAC"] == of["QST"] == of["VSET"] == of["PLT"] == (FORMS["S"]["rs"],)
    assert of["LI"] == of["JMP"] == of["VADD"] == of["NOP"] == ()
