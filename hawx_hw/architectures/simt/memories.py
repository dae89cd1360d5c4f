"""What the parameter memories of a unit hold: words of bits, as the gateware reads them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from hawx_hw.architectures.base import ParameterMemory
from hawx_hw.architectures.simt.program import Program
from hawx_hw.architectures.simt.store_words import constant_parts
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.graph.graph import MULTIPLIER_BITS

__all__ = ["bank_count", "constant_bits", "parameter_memories"]

_CODE_BITS = 8
#: Words of a bank of weights, where the number of banks is left out.
_BANK_WORDS = 1024


def bank_count(words: int) -> int:
    """Banks of weights, a power of two, so that each has few words: shallow memories take less
    energy an access."""
    return 1 << (-(-words // _BANK_WORDS) - 1).bit_length() if words else 1


def constant_bits(program: Program) -> int:
    """Bits of one requantizer's constants: the addend, above the multiplier."""
    return MULTIPLIER_BITS + program.unit.addend_bits


def parameter_memories(program: Program, banks: int = 1) -> Sequence[ParameterMemory]:
    """The memories of a program, in the order of the parameter packet.

    Of bytes and constants side by side, the first are in the low bits. Word i of the weights is
    word ``i // banks`` of bank ``i % banks``; all banks are of one depth. A word of requantization
    constants is :func:`~hawx_hw.architectures.simt.store_words.constant_parts` words of the
    memory. A memory that the program does not need has one word of zeros: it stays, but nothing
    names a word of it.

    Parameters
    ----------
    program : Program
    banks : int
        That the weights are parted into, a power of two.
    """
    unit = program.unit
    weights = [int.from_bytes(word.tobytes(), "little") for word in program.weights]
    constants = [
        _joined((_joined_pair(pair, unit.addend_bits) for pair in part), constant_bits(program))
        for word in program.constants.tolist()
        for part in _parts(word, unit)
    ]
    weights += [0] * (-len(weights) % banks)
    streams, stores = program.stream_format, program.store_format
    return [
        _memory("program", 32, program.code),
        _memory("arguments", unit.scalar_bits, program.arguments),
        _memory("streams", streams.bits, [streams.pack(each) for each in program.streams]),
        _memory("stores", stores.bits, [stores.pack(each) for each in program.stores]),
        *(
            _memory(
                f"weights_{bank}" if banks > 1 else "weights",
                _CODE_BITS * unit.lanes,
                weights[bank::banks],
            )
            for bank in range(banks)
        ),
        _memory("requantization", unit.requantizers * constant_bits(program), constants),
    ]


def _parts(word: Sequence[Sequence[int]], unit: Unit) -> Iterator[Sequence[Sequence[int]]]:
    """The constants of each step of the requantizers, and nothing up to a power of two."""
    for part in range(constant_parts(unit)):
        yield word[part * unit.requantizers : (part + 1) * unit.requantizers]


def _memory(name: str, width: int, words: Sequence[int]) -> ParameterMemory:
    own = tuple(words) or (0,)
    return ParameterMemory(name, width, len(own), own)


def _joined(values: Iterable[int], bits: int) -> int:
    word = 0
    for number, value in enumerate(values):
        word |= (value & ((1 << bits) - 1)) << (number * bits)
    return word


def _joined_pair(pair: Sequence[int], addend_bits: int) -> int:
    multiplier, addend = pair
    return multiplier | (addend & ((1 << addend_bits) - 1)) << MULTIPLIER_BITS
