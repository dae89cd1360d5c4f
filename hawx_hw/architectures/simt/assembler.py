"""The assembler: from a source to a program; docs/simt.md describes the language."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np

from hawx_hw.architectures.simt.descriptors import Store, Stream
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
from hawx_hw.config.indices import indices
from hawx_hw.errors import UserError, of_system, shown
from hawx_hw.graph.graph import MULTIPLIER_BITS, STEPS

__all__ = ["LOOPS", "assemble", "assemble_file"]

#: The loops of a stream by their names in the source: the fields of their count, and of what they
#: add to the address, to x and to y.
LOOPS: Mapping[str, tuple[str | None, str, str | None, str | None]] = {
    "taps": ("taps", "tap_step", "tap_x", None),
    "across": ("across", "across_step", "across_x", None),
    "beats": (None, "beat_step", "beat_x", "beat_y"),
    "down": ("down", "down_step", None, "down_y"),
    "kernel_x": ("kernel_x", "kernel_x_step", "kernel_x_x", None),
    "kernel_y": ("kernel_y", "kernel_y_step", None, "kernel_y_y"),
    "blocks": ("blocks", "block_step", None, None),
    "groups": ("groups", "group_step", "group_x", None),
    "words": ("words", "word_step", None, None),
}
_STREAM_KEYS = ("width", "height", "pad", "selection")
_BYTES = range(-128, 128)
_MNEMONICS = {operation.mnemonic: operation for operation in OPERATIONS.values()}


@dataclass
class _Source:
    """What has been read of a source."""

    file: str
    folder: Path
    unit: Unit | None = None
    streams: dict[str, Stream] = field(default_factory=dict)
    stores: dict[str, Store] = field(default_factory=dict)
    arguments: dict[str, list[int]] = field(default_factory=dict)
    labels: dict[str, int] = field(default_factory=dict)
    selections: list[list[Block]] = field(default_factory=list)
    weights: list[np.ndarray] = field(default_factory=list)
    constants: list[np.ndarray] = field(default_factory=list)
    code: list[Line] = field(default_factory=list)

    def sized(self, token: Token) -> Unit:
        """The unit; a directive that needs it comes after ``.unit``."""
        if self.unit is None:
            raise token.error(f"{token.text} comes before .unit", "Write .unit first.")
        return self.unit


def assemble_file(path: Path) -> Program:
    """The program of a file.

    Raises
    ------
    UserError
        It cannot be read, or is wrong.
    """
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise of_system(error) from error
    except UnicodeDecodeError as error:
        raise UserError("This is no text", where=str(path), hint="Give a source.") from error
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
    source = _Source(file, folder)
    for line in lines_of(text, file):
        if line.label is not None:
            if line.label.text in source.labels:
                raise line.label.error(f"There are two labels {line.label.text}", "Rename one.")
            source.labels[line.label.text] = len(source.code)
        if line.head is None:
            continue
        if line.head.text.startswith(".") and line.head.text != ".word":
            _directive(source, line)
        else:
            source.code.append(line)
    if source.unit is None:
        raise UserError("There is no .unit", where=file, hint="Write .unit lanes=8, for example.")
    if not source.code:
        raise UserError("There are no instructions", where=file, hint="End with HALT.")
    return _program(source, source.unit)


def _program(source: _Source, unit: Unit) -> Program:
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


# Directives -----------------------------------------------------------------------------------


def _pair(token: Token) -> tuple[str, Token | None]:
    """A key and the token of its value; none where there is no value."""
    key, equals, _ = token.text.partition("=")
    return key, token.after(len(key) + 1) if equals else None


def _value(token: Token, key: str, value: Token | None) -> Token:
    if value is None or not value.text:
        raise token.error(f"{key} has no value", f"Write {key}=1, for example.")
    return value


def _directive(source: _Source, line: Line) -> None:
    assert line.head is not None
    act = _DIRECTIVES.get(line.head.text)
    if act is None:
        raise line.head.error(
            f"There is no directive {line.head.text}",
            hint_of(line.head.text, [*_DIRECTIVES, ".word"]),
        )
    act(source, line, line.head)


def _name(line: Line, head: Token, names: Mapping[str, Any]) -> tuple[str, Sequence[Token]]:
    """The name that a directive gives, and what follows it."""
    tokens = line.tokens
    if not tokens or not tokens[0].text.isidentifier():
        where = tokens[0] if tokens else head
        raise where.error(f"{head.text} begins with a name", f"Write {head.text} NAME ...")
    if tokens[0].text in names:
        raise tokens[0].error(f"There are two of the name {tokens[0].text}", "Rename one.")
    return tokens[0].text, tokens[1:]


def _unit(source: _Source, line: Line, head: Token) -> None:
    if source.unit is not None:
        raise head.error("There are two .unit", "Remove one.")
    values: dict[str, Any] = {}
    known = [each.name for each in fields(Unit)]
    tokens: dict[str, Token] = {}
    for token in line.tokens:
        key, value = _pair(token)
        if key not in known:
            raise token.error(f"A unit has no {key}", hint_of(key, known))
        if key in values:
            raise token.error(f"There are two {key}", "Remove one.")
        given = _value(token, key, value)
        tokens[key] = given
        if key == "groups":
            values[key] = tuple(
                number(Token(part, given.file, given.line, given.column), range(1, 65), key)
                for part in given.text.split(",")
            )
        elif key == "block_register":
            values[key] = bool(number(given, range(2), key))
        else:
            low, high = RANGES[key]
            values[key] = number(given, range(low, high + 1), key)
    try:
        source.unit = Unit(**values)
    except ValueError as error:
        place = tokens.get(str(error).split(" ", 1)[0], head)
        raise place.error(str(error), "Leave the key out for a value that fits.") from error


def _stream(source: _Source, line: Line, head: Token) -> None:
    unit = source.sized(head)
    name, tokens = _name(line, head, source.streams)
    half = 1 << unit.scalar_bits
    steps, counts = range(1 - half, half), range(1, half + 1)
    values: dict[str, int] = {}
    loop: str | None = None
    for token in tokens:
        key, value = _pair(token)
        if key in LOOPS:
            loop = key
            if LOOPS[key][0] is None:
                if value is not None:
                    raise token.error(f"{key} has no count: it is a scalar", f"Write {key} step=1.")
                continue
            attribute, allowed = str(LOOPS[key][0]), counts
        elif key in ("step", "x", "y"):
            attribute, allowed = _step(token, loop, key), steps
        elif key in _STREAM_KEYS:
            attribute, allowed = key, _BYTES if key == "pad" else range(half)
        else:
            known = [*LOOPS, "step", "x", "y", *_STREAM_KEYS]
            raise token.error(f"A stream has no {key}", hint_of(key, known))
        if attribute in values:
            raise token.error(f"There are two {key}", "Remove one.")
        given = _value(token, key, value)
        values[attribute] = number(given, allowed, key)
        if attribute == "groups" and values[attribute] not in unit.groups:
            raise given.error(f"groups must be one of {unit.groups}, not {values[attribute]}")
    source.streams[name] = Stream(**values)


def _step(token: Token, loop: str | None, key: str) -> str:
    """The field of a ``step``, ``x`` or ``y``."""
    if loop is None:
        raise token.error(f"{key} comes before any loop", "Write taps=1 first, for example.")
    attribute = LOOPS[loop][("step", "x", "y").index(key) + 1]
    if attribute is None:
        raise token.error(f"The loop {loop} has no {key}", "Remove it.")
    return attribute


def _store(source: _Source, line: Line, head: Token) -> None:
    unit = source.sized(head)
    name, tokens = _name(line, head, source.stores)
    half = 1 << (unit.scalar_bits - 1)
    special = {
        "window": range(1, unit.registers + 1),
        "shift": range(64),
        "low": _BYTES,
        "high": _BYTES,
        "step": range(1, STEPS[-1] + 1),
        "lanes": range(1, unit.lanes + 1),
        "groups": range(1, unit.clusters + 1),
    }
    known = [each.name for each in fields(Store)]
    values: dict[str, Any] = {}
    for token in tokens:
        key, value = _pair(token)
        if key not in known:
            raise token.error(f"A store has no {key}", hint_of(key, known))
        if key in values:
            raise token.error(f"There are two {key}", "Remove one.")
        if key == "result":
            if value is not None:
                raise token.error("result has no value", "Write result alone, or leave it out.")
            values[key] = True
            continue
        given = _value(token, key, value)
        values[key] = number(given, special.get(key, range(-half, half)), key)
        if key == "groups" and values[key] not in unit.groups:
            raise given.error(f"groups must be one of {unit.groups}, not {values[key]}")
        if key == "step" and values[key] not in STEPS:
            raise given.error(f"step must be a power of two, not {values[key]}")
    most = unit.group_lanes(values.get("groups", 1))
    if values.setdefault("lanes", most) > most:
        raise head.error(f"A group has {most} lanes, not {values['lanes']}")
    source.stores[name] = Store(**values)


def _arg(source: _Source, line: Line, head: Token) -> None:
    unit = source.sized(head)
    name, tokens = _name(line, head, source.arguments)
    modulus = 1 << unit.scalar_bits
    allowed = range(-(modulus >> 1), modulus)
    values = [number(token, allowed, name) % modulus for token in tokens]
    if len(values) == 1:
        values *= unit.warps
    if len(values) != unit.warps:
        raise head.error(
            f"{name} has {len(values)} values for {unit.warps} warps",
            "Give one for each, or one for all.",
        )
    source.arguments[name] = values


def _selection(source: _Source, line: Line, head: Token) -> None:
    unit = source.sized(head)
    lanes: list[Block | None] = [None] * unit.lanes
    for token in line.tokens:
        text = token.text
        place, equals, _ = text.partition("=")
        # The parameters of a block have a "=" too.
        own = bool(equals) and "(" not in place
        name = token.after(len(place) + 1) if own else token
        for lane in _lane_numbers(token, place, unit) if own else range(unit.lanes):
            lanes[lane] = _block(source, name)
    missing = [lane for lane, block in enumerate(lanes) if block is None]
    if missing:
        raise head.error(
            f"Lane {missing[0]} has no block", "Name a block for all lanes, or for 0-3=, 4-7=."
        )
    source.selections.append([block for block in lanes if block is not None])


def _lane_numbers(token: Token, text: str, unit: Unit) -> Sequence[int]:
    try:
        lanes = indices(text)
    except ValueError as error:
        raise token.error(f"Lanes {error}", "Write 0-3=exact, for example.") from error
    if lanes[-1] >= unit.lanes:
        raise token.error(
            f"There is no lane {lanes[-1]}", f"Name lanes from 0 to {unit.lanes - 1}."
        )
    return lanes


def _block(source: _Source, token: Token) -> Block:
    try:
        return by_name(token.text, source.folder)
    except UserError as error:
        raise token.error(error.what, error.hint) from error


def _weight(source: _Source, line: Line, head: Token) -> None:
    unit = source.sized(head)
    if len(line.tokens) != unit.lanes:
        raise head.error(f"A word has {unit.lanes} weights, not {len(line.tokens)}")
    values = [number(token, _BYTES, "A weight") for token in line.tokens]
    source.weights.append(np.array([values], dtype=np.int8))


def _constant(source: _Source, line: Line, head: Token) -> None:
    unit = source.sized(head)
    half = 1 << (unit.addend_bits - 1)
    ranges = (range(1 << MULTIPLIER_BITS), range(-half, half))
    values = [
        number(token, ranges[index % 2], ("The multiplier", "The addend")[index % 2])
        for index, token in enumerate(line.tokens)
    ]
    if len(values) == 2:
        values *= unit.word
    if len(values) != 2 * unit.word:
        raise head.error(
            f"A word has {unit.word} pairs of multiplier and addend",
            "Give them all, or one pair for all.",
        )
    source.constants.append(np.array(values, dtype=np.int64).reshape(1, unit.word, 2))


def _array(source: _Source, line: Line, head: Token, shape: tuple[int, ...]) -> np.ndarray:
    if len(line.tokens) != 1:
        raise head.error(f"{head.text} has one file", f'Write {head.text} "values.npy".')
    token = line.tokens[0]
    path = source.folder / token.text.strip('"')
    try:
        array: np.ndarray = np.load(path, allow_pickle=False)
    except OSError as error:
        raise token.error(error.strerror or f"{path} cannot be read") from error
    except ValueError as error:
        raise token.error(f"{path} is no array of numpy", "Write it with numpy.save.") from error
    integers = isinstance(array, np.ndarray) and np.issubdtype(array.dtype, np.integer)
    if not integers or array.shape[1:] != shape or array.ndim != 1 + len(shape):
        raise token.error(
            f"{path} must hold integers of shape (words, {', '.join(map(str, shape))})"
        )
    return array


def _weights(source: _Source, line: Line, head: Token) -> None:
    array = _array(source, line, head, (source.sized(head).lanes,))
    if array.size and not -128 <= array.min() <= array.max() <= 127:
        raise head.error("Weights must be in [-128, 127]")
    source.weights.append(array.astype(np.int8))


def _constants(source: _Source, line: Line, head: Token) -> None:
    unit = source.sized(head)
    array = _array(source, line, head, (unit.word, 2)).astype(np.int64)
    half = 1 << (unit.addend_bits - 1)
    multipliers, addends = array[..., 0], array[..., 1]
    if array.size and (
        multipliers.min() < 0
        or multipliers.max() >= 1 << MULTIPLIER_BITS
        or addends.min() < -half
        or addends.max() >= half
    ):
        raise head.error(
            f"Multipliers must have {MULTIPLIER_BITS} bits, addends {unit.addend_bits} bits"
        )
    source.constants.append(array)


_DIRECTIVES: Mapping[str, Callable[[_Source, Line, Token], None]] = {
    ".unit": _unit,
    ".stream": _stream,
    ".store": _store,
    ".arg": _arg,
    ".selection": _selection,
    ".weight": _weight,
    ".weights": _weights,
    ".constant": _constant,
    ".constants": _constants,
}


# Instructions ---------------------------------------------------------------------------------


def _word(source: _Source, unit: Unit, address: int, line: Line) -> int:
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
    source: _Source,
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
    source: _Source, unit: Unit, address: int, operation: Operation, operand: Operand, token: Token
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
            return number(token, form.range, operand.symbol)


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


def _target(source: _Source, address: int, token: Token, allowed: range) -> int:
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
