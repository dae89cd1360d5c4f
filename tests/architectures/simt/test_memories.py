"""Words of the parameter memories."""

from __future__ import annotations

from hawx_hw.architectures.simt.assembler import assemble
from hawx_hw.architectures.simt.memories import constant_bits, parameter_memories

SOURCE = """\
.unit lanes=4 warps=2 cluster=2 addend_bits=20 scalar_bits=12
.stream s taps=3 step=-2
.store o shift=9
.arg a 5, -1
.weight 1, -1, 2, -128
.constant 65535, -1, 3, 4
HALT
"""


def test_words_of_all_memories() -> None:
    program = assemble(SOURCE)
    memories = {memory.name: memory for memory in parameter_memories(program)}
    assert [(name, memory.width, memory.depth) for name, memory in memories.items()] == [
        ("program", 32, 1),
        ("arguments", 12, 2),
        ("streams", program.stream_format.bits, 1),
        ("stores", program.store_format.bits, 1),
        ("weights", 32, 1),
        ("requantization", 36, 2),  # one requantizer: a word for each byte
    ]
    assert memories["arguments"].words == (5, 4095)
    assert memories["weights"].words == (0x8002FF01,)
    assert constant_bits(program) == 36
    assert memories["requantization"].words == (0xFFFFFFFFF, 3 | 4 << 16)
    assert program.stream_format.layout.from_bits(memories["streams"].words[0]).taps == 2


def test_an_empty_memory_has_a_word() -> None:
    memories = parameter_memories(assemble(".unit lanes=1\nHALT"))
    assert [memory.words for memory in memories[1:]] == [(0,)] * 5
    assert all(memory.width > 0 for memory in memories)


def test_constants_of_steps_are_parted_into_a_power_of_two() -> None:
    unit = ".unit lanes=5 cluster=5 word=5 requantizers=2 addend_bits=8\n"
    pairs = ", ".join(f"{n}, {n + 1}" for n in range(1, 6))
    memories = parameter_memories(assemble(f"{unit}.constant {pairs}\n.constant 9, 9\nHALT"))
    words = memories[-1].words
    first, second = (n | (n + 1) << 16 for n in (3, 4))
    # Steps of two, two and one code; a fourth one is never read.
    assert (memories[-1].width, len(words)) == (48, 8)
    assert words[1] == first | second << 24
    assert words[2] == 5 | 6 << 16
    assert words[3] == 0
