"""Makes programs that fail small: fewer instructions, plain arguments."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence

from hawx_hw.architectures.simt.disassembler import word_text
from hawx_hw.architectures.simt.isa import EncodingError, Instruction, Place, decode, encode
from hawx_hw.architectures.simt.program import Program
from tests.architectures.simt.programs import Case

__all__ = ["listing", "shrink"]

_NOP = encode(Instruction("NOP"))
_HALT = encode(Instruction("HALT"))
#: Which of some cases fail.
Fails = Callable[[Sequence[Case]], Sequence[bool]]


def shrink(case: Case, fails: Fails) -> Case:
    """A smaller case that fails too.

    Parameters
    ----------
    case : Case
        One that fails.
    fails : callable
        Which cases of a list fail; the words of a program stay as many.
    """
    while True:
        smaller = case
        for ways in (_shorter, _emptier, _closer, _plainer):
            smaller = _exhaust(smaller, ways, fails)
        if _size(smaller) >= _size(case):
            return smaller
        case = smaller


def _size(case: Case) -> tuple[int, ...]:
    program = case.program
    rest = sum(value != 0 for value in program.arguments)
    return _length(program), sum(word != _NOP for word in program.code), rest, case.result_free


def _exhaust(case: Case, ways: Callable[[Case], Iterator[Case]], fails: Fails) -> Case:
    """Take what fails of the ways to make a case smaller, as long as there is any."""
    while True:
        candidates = list(ways(case))
        verdicts = fails(candidates) if candidates else []
        smaller = next((c for c, bad in zip(candidates, verdicts, strict=True) if bad), None)
        if smaller is None:
            return case
        case = smaller


def _with_code(case: Case, code: Sequence[int]) -> Case:
    return dataclasses.replace(case, program=_changed(case.program, code=tuple(code)))


def _changed(program: Program, **changes: object) -> Program:
    """A program with other contents and the same formats."""
    changed = dataclasses.replace(program, **changes)  # type: ignore[arg-type]
    vars(changed).update(stream_format=program.stream_format, store_format=program.store_format)
    return changed


def _length(program: Program) -> int:
    """Words up to the last one that is no filler."""
    filler = program.code[-1]
    length = len(program.code)
    while length > 1 and program.code[length - 1] == filler:
        length -= 1
    return length


def _shorter(case: Case) -> Iterator[Case]:
    """End the program earlier."""
    code, length = case.program.code, _length(case.program)
    for end in (length // 2, 3 * length // 4, length - 2):
        if 1 <= end < length - 1:
            yield _with_code(case, [*code[:end], _HALT, *[_NOP] * (len(code) - end - 1)])


def _emptier(case: Case) -> Iterator[Case]:
    """Do nothing in the place of some instructions, of many first."""
    code = case.program.code
    places = [n for n in range(_length(case.program)) if code[n] != _NOP]
    size = len(places)
    while size:
        size = size // 2 or (0 if size == 1 else 1)
        for first in range(0, len(places), max(1, size)):
            gone = set(places[first : first + max(1, size)])
            yield _with_code(case, [_NOP if n in gone else w for n, w in enumerate(code)])


def _closer(case: Case) -> Iterator[Case]:
    """Leave instructions out that do nothing, and correct the branches over them."""
    code = list(case.program.code)
    for place in range(_length(case.program)):
        if code[place] == _NOP:
            yield _with_code(case, _without(code, place))


def _without(code: Sequence[int], place: int) -> list[int]:
    words = []
    for address, word in enumerate(code):
        if address == place:
            continue
        words.append(_moved(word, address, place))
    return [*words, code[-1]]


def _moved(word: int, address: int, place: int) -> int:
    try:
        instruction = decode(word)
    except EncodingError:
        return word
    if "offset" not in instruction.operation.fields:
        return word
    target = address + 1 + instruction.offset
    change = (address < place < target) - (target <= place < address)
    return encode(dataclasses.replace(instruction, offset=instruction.offset - change))


def _plainer(case: Case) -> Iterator[Case]:
    """Arguments of zero, and a result that is free."""
    arguments = case.program.arguments
    if case.result_free:
        yield dataclasses.replace(case, result_free=0)
    for size in (len(arguments), 8, 1):
        for first in range(0, len(arguments), max(1, size)):
            part = arguments[first : first + size]
            if any(part):
                plain = (*arguments[:first], *[0] * len(part), *arguments[first + size :])
                yield dataclasses.replace(case, program=_changed(case.program, arguments=plain))


def listing(case: Case) -> str:
    """The unit, the descriptors that are named, and the instructions."""
    program = case.program
    lines = [str(program.unit), f"result_free={case.result_free} watchdog={case.watchdog}"]
    for address in range(_length(program)):
        lines.append(f"{address:4} {word_text(program, address, program.code[address])}")
        try:
            instruction = decode(program.code[address])
        except EncodingError:
            continue
        places = {Place.MULTIPLY: program.streams, Place.POST: program.stores}
        descriptors = places.get(instruction.operation.place, ())
        if instruction.d < len(descriptors):
            lines.append(f"     ; {_fields_of(descriptors[instruction.d])}")
        if instruction.mnemonic == "ARG":
            warps = program.unit.warps
            own = program.arguments[instruction.imm * warps : (instruction.imm + 1) * warps]
            lines.append(f"     ; {list(own)}")
    return "\n".join(lines)


def _fields_of(descriptor: object) -> str:
    """The fields that are not what they are where they are left out."""
    kind = type(descriptor)
    plain = kind()
    values = {
        each.name: getattr(descriptor, each.name)
        for each in dataclasses.fields(descriptor)  # type: ignore[arg-type]
        if getattr(descriptor, each.name) != getattr(plain, each.name)
    }
    return f"{kind.__name__}({', '.join(f'{name}={value}' for name, value in values.items())})"
