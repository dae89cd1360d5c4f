"""The disassembler: a program as a source, from which the assembler makes the same program."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields

from hawx_hw.architectures.simt.descriptors import Store, Stream
from hawx_hw.architectures.simt.directives import LOOPS
from hawx_hw.architectures.simt.isa import (
    SPECIAL_REGISTERS,
    EncodingError,
    Instruction,
    Operand,
    decode,
)
from hawx_hw.architectures.simt.program import Program
from hawx_hw.architectures.simt.unit import Unit

__all__ = ["directives", "disassemble", "instruction_text", "labels_of", "word_text"]


def disassemble(
    program: Program,
    *,
    data: bool = True,
    comments: Mapping[int, Sequence[str]] | None = None,
) -> str:
    """A source that assembles to the program.

    Parameters
    ----------
    program : Program
    data : bool
        Whether weights and constants are part of it.
    comments : mapping of int to sequence of str or None
        Lines before the instruction at an address.
    """
    lines = list(directives(program, data=data))
    labels = labels_of(program)
    for address, word in enumerate(program.code):
        lines += [f"; {comment}" for comment in (comments or {}).get(address, ())]
        if address in labels:
            lines.append(f"{labels[address]}:")
        lines.append(f"        {word_text(program, address, word, labels)}")
    if len(program.code) in labels:
        lines.append(f"{labels[len(program.code)]}:")
    return "\n".join(lines) + "\n"


def word_text(
    program: Program, address: int, word: int, labels: Mapping[int, str] | None = None
) -> str:
    """One word of a program as the assembler reads it; ``.word`` where it is no instruction."""
    try:
        return instruction_text(program, decode(word), address, labels)
    except (EncodingError, _Unwritable):
        return f".word   {word:#010x}"


class _Unwritable(Exception):
    """A word that is an instruction, and would be a trap of this unit: it has no text."""


def instruction_text(
    program: Program,
    instruction: Instruction,
    address: int | None = None,
    labels: Mapping[int, str] | None = None,
) -> str:
    """One instruction as the assembler reads it.

    Parameters
    ----------
    program : Program
    instruction : Instruction
    address : int or None
        Where it stands; None: targets are written as distances.
    labels : mapping of int to str or None
        By address.
    """
    operation = instruction.operation
    head = operation.mnemonic + (f".{instruction.suffix}" if instruction.suffix else "")
    texts = [
        _operand_text(program, instruction, operand, address, labels or {})
        for operand in operation.operands
    ]
    if instruction.sel:
        texts.append(f"sel={instruction.sel}")
    line = f"{head:<7} {', '.join(text for text in texts if text)}".rstrip()
    return line + (f" @{_condition(instruction.pred)}" if instruction.pred else "")


def _condition(value: int) -> str:
    return f"{'!' if value & 4 else ''}p{value & 3}"


def _operand_text(
    program: Program,
    instruction: Instruction,
    operand: Operand,
    address: int | None,
    labels: Mapping[int, str],
) -> str:
    unit, names = program.unit, program.names
    value = getattr(instruction, operand.field)
    match operand.kind:
        case "scalar":
            return f"s{value}"
        case "vector":
            if value >= unit.registers:
                raise _Unwritable
            return f"v{value}"
        case "predicate":
            if not 1 <= value <= 3:
                raise _Unwritable
            return f"p{value}"
        case "condition":
            return _condition(value)
        case "groups":
            if value >= len(unit.groups):
                raise _Unwritable
            return "" if value == 0 else str(unit.groups[value])
        case "special":
            return SPECIAL_REGISTERS[value][0]
        case "target" | "length":
            if operand.kind == "length" and value < 1:
                raise _Unwritable
            target = None if address is None else address + 1 + value
            return str(value) if target is None else labels.get(target, str(value))
        case "argument" | "stream" | "store":
            table = {
                "argument": names.arguments, "stream": names.streams, "store": names.stores
            }[operand.kind]  # fmt: skip
            return {index: name for name, index in table.items()}.get(value, str(value))
        case _:
            return str(value)


def labels_of(program: Program) -> dict[int, str]:
    """Labels of the source, and others of all targets within the program."""
    labels = {address: name for name, address in program.names.labels.items()}
    taken = set(program.names.labels)
    for address, word in enumerate(program.code):
        try:
            instruction = decode(word)
        except EncodingError:
            continue
        kinds = {operand.kind for operand in instruction.operation.operands}
        target = address + 1 + instruction.offset
        if kinds & {"target", "length"} and 0 <= target <= len(program.code):
            name = f"L{target}"
            while name in taken and target not in labels:
                name += "_"
            labels.setdefault(target, name)
    return labels


# Directives -----------------------------------------------------------------------------------


def directives(program: Program, *, data: bool = True) -> Iterator[str]:
    """The lines before the first instruction."""
    yield f"        .unit   {_unit_text(program.unit)}"
    for lanes in program.lanes.choice:
        names = [program.lanes.blocks[index].name for index in lanes]
        yield f"        .selection {_selection_text(names)}"
    for index, stream in enumerate(program.streams):
        name = _name(program.names.streams, index, "stream")
        yield f"        .stream {name} {_stream_text(stream)}".rstrip()
    for index, store in enumerate(program.stores):
        name = _name(program.names.stores, index, "store")
        yield f"        .store  {name} {_store_text(store)}"
    warps = program.unit.warps
    for index in range(len(program.arguments) // warps):
        values = program.arguments[index * warps : (index + 1) * warps]
        name = _name(program.names.arguments, index, "arg")
        yield f"        .arg    {name} {', '.join(map(str, values))}"
    if data:
        for weights in program.weights:
            yield f"        .weight {', '.join(map(str, weights.tolist()))}"
        for constants in program.constants:
            yield f"        .constant {', '.join(map(str, constants.ravel().tolist()))}"


def _name(names: Mapping[str, int], index: int, kind: str) -> str:
    return {number: name for name, number in names.items()}.get(index, f"{kind}{index}")


def _unit_text(unit: Unit) -> str:
    texts = []
    for name, value in unit.layout.items():
        if isinstance(value, tuple):
            if value:  # without any instructions there are all
                separator = "+" if name == "instructions" else ","
                texts.append(f"{name}={separator.join(map(str, value))}")
        else:
            texts.append(f"{name}={int(value)}")  # type: ignore[call-overload]
    return " ".join(texts)


def _selection_text(names: list[str]) -> str:
    if len(set(names)) == 1:
        return names[0]
    return " ".join(f"{lane}={name}" for lane, name in enumerate(names))


def _stream_text(stream: Stream) -> str:
    texts = []
    defaults = Stream()
    for loop, attributes in LOOPS.items():
        count, *steps = attributes
        own = [
            f"{key}={getattr(stream, attribute)}"
            for key, attribute in zip(("step", "x", "y"), steps, strict=True)
            if attribute is not None and getattr(stream, attribute)
        ]
        number = 1 if count is None else getattr(stream, count)
        if own or number != 1:
            texts += [loop if count is None else f"{loop}={number}", *own]
    for key in ("width", "height", "pad", "selection"):
        if getattr(stream, key) != getattr(defaults, key):
            texts.append(f"{key}={getattr(stream, key)}")
    return " ".join(texts)


def _store_text(store: Store) -> str:
    texts = [
        f"{field.name}={getattr(store, field.name)}"
        for field in fields(Store)
        if field.name != "result"
    ]
    return " ".join([*texts, *(["result"] if store.result else [])])
