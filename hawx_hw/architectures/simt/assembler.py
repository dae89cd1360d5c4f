"""The assembler: from a source to a program; docs/simt.md describes the language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hawx_hw.architectures.simt.directives import Source, directive
from hawx_hw.architectures.simt.isa import (
    FORMS,
    OPERATIONS,
    PREDICATES,
    SCALARS,
    SPECIAL_REGISTERS,
    Instruction,
    Operand,
    Operation,
    encode,
)
from hawx_hw.architectures.simt.lanes import LaneBlocks
from hawx_hw.architectures.simt.program import Names, Program
from hawx_hw.architectures.simt.source import Line, Token, hint_of, lines_of, number
from hawx_hw.architectures.simt.unit import RANGES, Unit
from hawx_hw.blocks.block import Block
from hawx_hw.blocks.registry import by_name
from hawx_hw.errors import UserError, of_system, shown
from hawx_hw.util.files import read_text

__all__ = ["assemble", "assemble_file"]

#: Every number that a token can be.
_ANY = range(-(1 << 160), 1 << 160)
_MNEMONICS = {operation.mnemonic: operation for operation in OPERATIONS.values()}


def assemble_file(path: Path) -> Program:
    """The program of a file.

    Raises
    ------
    UserError
        It cannot be read, or is wrong.
    """
    try:
        text = read_text(path)
    except OSError as error:
        raise of_system(error) from error
    return assemble(text, file=str(path), folder=path.parent)


def assemble(text: str, *, file: str = "<source>", folder: Path = Path()) -> Program:
    """The program of a source.

    Parameters
    ----------
    text : str
    file : str
        For messages.
    folder : Path
        Where files that it names are.

    Raises
    ------
    UserError
        Something is wrong with it; the place is file, line and column.
    """
    source = Source(file, folder)
    for line in lines_of(text, file):
        if line.label is not None:
            if line.label.text in source.labels:
                raise line.label.error(f"There are two labels {line.label.text}", "Rename one.")
            source.labels[line.label.text] = len(source.code)
        if line.head is None:
            continue
        if line.head.text.startswith(".") and line.head.text != ".word":
            directive(source, line)
        else:
            source.code.append(line)
    if source.unit is None:
        raise UserError("There is no .unit", where=file, hint="Write .unit lanes=8, for example.")
    if not source.code:
        raise UserError("There are no instructions", where=file, hint="End with HALT.")
    return _program(source, source.unit)


def _program(source: Source, unit: Unit) -> Program:
    code = tuple(_word(source, unit, address, line) for address, line in enumerate(source.code))
    weights = np.concatenate([np.zeros((0, unit.lanes), dtype=np.int8), *source.weights])
    constants = np.concatenate([np.zeros((0, unit.word, 2), dtype=np.int64), *source.constants])
    return Program(
        unit,
        _lanes(source.selections, unit),
        code,
        tuple(value for values in source.arguments.values() for value in values),
        tuple(source.streams.values()),
        tuple(source.stores.values()),
        weights,
        constants,
        Names(
            {name: index for index, name in enumerate(source.streams)},
            {name: index for index, name in enumerate(source.stores)},
            {name: index for index, name in enumerate(source.arguments)},
            dict(source.labels),
            source.file,
            tuple(line.head.line for line in source.code if line.head is not None),
        ),
    )


def _lanes(selections: Sequence[Sequence[Block]], unit: Unit) -> LaneBlocks:
    if not selections:
        return LaneBlocks.uniform([by_name("exact")], unit.lanes)
    blocks: dict[str, Block] = {}
    for block in (block for lanes in selections for block in lanes):
        blocks.setdefault(block.digest, block)
    order = list(blocks)
    choice = [[order.index(block.digest) for block in lanes] for lanes in selections]
    return LaneBlocks(tuple(blocks.values()), np.array(choice, dtype=np.int64))


# Instructions ---------------------------------------------------------------------------------


def _word(source: Source, unit: Unit, address: int, line: Line) -> int:
    head = line.head
    assert head is not None
    if head.text == ".word":
        if len(line.tokens) != 1:
            raise head.error(".word has one number", "Write .word 0x04000000, for example.")
        return number(line.tokens[0], range(1 << 32))
    mnemonic, dot, suffix = head.text.partition(".")
    operation = _MNEMONICS.get(mnemonic.upper())
    if operation is None:
        raise head.error(
            f"There is no instruction {mnemonic}", hint_of(mnemonic.upper(), list(_MNEMONICS))
        )
    values: dict[str, int] = {}
    if dot:
        suffix = suffix.lower()
        known = [name for name in operation.suffixes if name]
        if suffix not in known:
            raise head.after(len(mnemonic) + 1).error(
                f"{operation.mnemonic} has no suffix {suffix}", hint_of(suffix, known)
            )
        values["fn"] = operation.suffixes[suffix]
    name = head.text.upper() if not dot else f"{operation.mnemonic}.{suffix}"
    if unit.instructions and name not in unit.instructions:
        raise head.error(
            f"The unit has no {name}", f"It has {', '.join(unit.instructions)}; or change .unit."
        )
    parts = _modifiers(operation, line, values)
    _operands(source, unit, address, operation, head, parts, values)
    try:
        return encode(Instruction(operation.mnemonic, **values))
    except ValueError as error:
        raise head.error(str(error)) from error


def _modifiers(operation: Operation, line: Line, values: dict[str, int]) -> list[tuple[Token, ...]]:
    """Take the selection and the predicate; return the operands."""
    parts = []
    for part in line.parts:
        rest = []
        for token in part:
            if token.text.startswith("@"):
                if not operation.predicated:
                    raise token.error(f"{operation.mnemonic} has no predicate", "Remove it.")
                values["pred"] = _condition(token.after(1))
            elif token.text.lower().startswith("sel="):
                if not operation.selects:
                    raise token.error(f"{operation.mnemonic} has no selection", "Remove it.")
                values["sel"] = number(token.after(4), range(8), "sel")
            else:
                rest.append(token)
        if rest:
            parts.append(tuple(rest))
    return parts


def _operands(
    source: Source,
    unit: Unit,
    address: int,
    operation: Operation,
    head: Token,
    parts: Sequence[tuple[Token, ...]],
    values: dict[str, int],
) -> None:
    optional = sum(operand.kind == "groups" for operand in operation.operands)
    most = len(operation.operands)
    if not most - optional <= len(parts) <= most:
        raise head.error(
            f"{operation.mnemonic} has {most} operands, not {len(parts)}",
            f"Write {operation.syntax}.",
        )
    for operand, part in zip(operation.operands, parts, strict=False):
        if len(part) > 1:
            raise part[1].error(f"{shown(part[1].text)} has no place here", "Is a comma missing?")
        values[operand.field] = _operand(source, unit, address, operation, operand, part[0])


def _operand(
    source: Source, unit: Unit, address: int, operation: Operation, operand: Operand, token: Token
) -> int:
    form = FORMS[operation.form][operand.field]
    match operand.kind:
        case "scalar":
            return _register(token, "s", SCALARS)
        case "vector":
            return _register(token, "v", unit.registers)
        case "predicate":
            register = _register(token, "p", PREDICATES)
            if not register:
                raise token.error("p0 cannot be written", "Write p1, p2 or p3.")
            return register
        case "condition":
            return _condition(token)
        case "target":
            return _target(source, address, token, form.range)
        case "length":
            return _target(source, address, token, range(1, form.range[-1] + 1))
        case "argument":
            return _named(token, source.arguments, "argument", form.range)
        case "stream":
            return _named(token, source.streams, "stream", form.range)
        case "store":
            return _named(token, source.stores, "store", form.range)
        case "special":
            names = {name: index for index, (name, _) in enumerate(SPECIAL_REGISTERS)}
            return _named(token, names, "special register", range(len(names)))
        case "groups":
            groups = number(token, range(1, unit.clusters + 1), "groups")
            if groups not in unit.groups:
                raise token.error(f"groups must be one of {unit.groups}, not {groups}")
            return unit.groups.index(groups)
        case "layer":
            return number(token, range(form.range[-1] + 1), operand.symbol)
        case _:
            return _immediate(operation, unit, token, form.range)


def _immediate(operation: Operation, unit: Unit, token: Token, allowed: range) -> int:
    """A number that an instruction holds."""
    try:
        return number(token, allowed, "The number")
    except UserError as error:
        if error.hint is not None or operation.mnemonic != "LI":
            raise
        value = number(token, _ANY)
        raise token.error(error.what, _two_instructions(unit, value, allowed)) from error


def _two_instructions(unit: Unit, value: int, field: range) -> str:
    """How a scalar gets a value that the field of LI does not hold."""
    bits = max(value.bit_length(), (~value).bit_length() + 1 if value < 0 else 1)
    most = RANGES["scalar_bits"][1]
    if bits > most:
        return f"No unit has scalars of more than {most} bits."
    # LIH keeps the bits of the field of LI, the last of which is its sign.
    low = (value - field[0]) % len(field) + field[0]
    high = value >> (len(field).bit_length() - 1)
    wider = f" Give .unit scalar_bits={bits}." if bits > unit.scalar_bits else ""
    return f"Write LI rd, {low} and then LIH rd, {high}.{wider}"


def _register(token: Token, letter: str, count: int) -> int:
    text = token.text.lower()
    digits = text[1:]
    if text[:1] != letter or not digits.isascii() or not digits.isdigit() or len(digits) > 3:
        raise token.error(
            f"{shown(token.text)} is no register {letter}0 to {letter}{count - 1}",
            f"Write {letter}1, for example.",
        )
    if int(digits) >= count:
        raise token.error(
            f"There is no register {text}", f"Write {letter}0 to {letter}{count - 1}."
        )
    return int(digits)


def _condition(token: Token) -> int:
    """A predicate that is read: 4 is added where it is inverted."""
    inverted = token.text.startswith("!")
    register = _register(token.after(1) if inverted else token, "p", PREDICATES)
    if inverted and not register:
        raise token.error("!p0 is no lane at all", "Write p0, or !p1 to !p3.")
    return register + 4 * inverted


def _target(source: Source, address: int, token: Token, allowed: range) -> int:
    """Instructions between the next one and a label, or their number."""
    if not token.text.isidentifier():
        return number(token, allowed, "The distance")
    if token.text not in source.labels:
        raise token.error(
            f"There is no label {token.text}", hint_of(token.text, list(source.labels))
        )
    distance = source.labels[token.text] - address - 1
    if distance not in allowed:
        raise token.error(
            f"{token.text} is {distance} instructions on; it must be {allowed[0]} to {allowed[-1]}"
        )
    return distance


def _named(token: Token, names: Mapping[str, int] | Mapping[str, Any], kind: str,
           allowed: range) -> int:  # fmt: skip
    if not token.text.isidentifier():
        return number(token, allowed, f"The number of a {kind}")
    if token.text not in names:
        raise token.error(f"There is no {kind} {token.text}", hint_of(token.text, list(names)))
    return list(names).index(token.text)
