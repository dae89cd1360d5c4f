"""Directives of the assembly language: what surrounds a program's instructions."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np

from hawx_hw.architectures.simt.descriptors import Store, Stream
from hawx_hw.architectures.simt.isa import INSTRUCTIONS
from hawx_hw.architectures.simt.source import Line, Token, hint_of, number
from hawx_hw.architectures.simt.unit import RANGES, Unit
from hawx_hw.blocks.block import Block
from hawx_hw.blocks.registry import by_name
from hawx_hw.config.indices import indices
from hawx_hw.errors import UserError, of_system
from hawx_hw.graph.graph import MULTIPLIER_BITS, STEPS
from hawx_hw.util.files import read_bytes

__all__ = ["LOOPS", "Source", "directive", "read_integers"]

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


@dataclass
class Source:
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


def _pair(token: Token) -> tuple[str, Token | None]:
    """A key and the token of its value; none where there is no value."""
    key, equals, _ = token.text.partition("=")
    return key, token.after(len(key) + 1) if equals else None


def _value(token: Token, key: str, value: Token | None) -> Token:
    if value is None or not value.text:
        raise token.error(f"{key} has no value", f"Write {key}=1, for example.")
    return value


def directive(source: Source, line: Line) -> None:
    """Do what a directive does.

    Raises
    ------
    UserError
        There is none of the name, or it is wrong.
    """
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


def _unit(source: Source, line: Line, head: Token) -> None:
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
        elif key == "instructions":
            names = [_instruction_name(part, given) for part in given.text.split("+")]
            values[key] = tuple(name for name in INSTRUCTIONS if name in names)
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


def _instruction_name(text: str, token: Token) -> str:
    mnemonic, dot, suffix = text.partition(".")
    name = f"{mnemonic.upper()}{dot}{suffix.lower()}"
    if name not in INSTRUCTIONS:
        raise token.error(f"There is no instruction {name}", hint_of(name, INSTRUCTIONS))
    return name


def _stream(source: Source, line: Line, head: Token) -> None:
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


def _store(source: Source, line: Line, head: Token) -> None:
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


def _arg(source: Source, line: Line, head: Token) -> None:
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


def _selection(source: Source, line: Line, head: Token) -> None:
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


def _block(source: Source, token: Token) -> Block:
    try:
        return by_name(token.text, source.folder)
    except UserError as error:
        raise token.error(error.what, error.hint) from error


def _weight(source: Source, line: Line, head: Token) -> None:
    unit = source.sized(head)
    if len(line.tokens) != unit.lanes:
        raise head.error(f"A word has {unit.lanes} weights, not {len(line.tokens)}")
    values = [number(token, _BYTES, "A weight") for token in line.tokens]
    source.weights.append(np.array([values], dtype=np.int8))


def _constant(source: Source, line: Line, head: Token) -> None:
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


def _array(source: Source, line: Line, head: Token, shape: tuple[int, ...]) -> np.ndarray:
    if len(line.tokens) != 1:
        raise head.error(f"{head.text} has one file", f'Write {head.text} "values.npy".')
    token = line.tokens[0]
    path = source.folder / token.text.strip('"')
    try:
        array = read_integers(path)
    except UserError as error:
        place = f": {error.where}" if error.where else ""
        raise UserError(error.what, where=f"{token.where}{place}", hint=error.hint) from error
    if array.shape[1:] != shape or array.ndim != 1 + len(shape):
        sizes = ", ".join(map(str, shape))
        raise token.error(f"{path} must be of shape (words, {sizes}), not {array.shape}")
    return array


def read_integers(path: Path) -> np.ndarray:
    """The integers of a file that numpy.save wrote, or numpy.savez with one array.

    Raises
    ------
    UserError
        It cannot be read, or holds something else.
    """
    try:
        content = read_bytes(path)
    except OSError as error:
        raise of_system(error) from error
    hint = "Write integers with numpy.save."
    try:
        array = np.load(io.BytesIO(content), allow_pickle=False)
        if isinstance(array, np.lib.npyio.NpzFile):
            array = _only(array, path)
    except UserError:
        raise
    except Exception as error:  # numpy and zipfile raise a dozen types
        raise UserError("This is no array of numpy", where=str(path), hint=hint) from error
    if not isinstance(array, np.ndarray) or not np.issubdtype(array.dtype, np.integer):
        raise UserError("This holds no integers", where=str(path), hint=hint)
    return array


def _only(archive: Mapping[str, Any], path: Path) -> Any:
    """The array of an archive that has one, or one of the name ``codes``."""
    names = list(archive)
    if len(names) != 1 and "codes" not in names:
        raise UserError(
            f"This archive has {len(names)} arrays{': ' if names else ''}{', '.join(names)}",
            where=str(path),
            hint="Give it one, or one of the name codes.",
        )
    return archive[names[0] if len(names) == 1 else "codes"]


def _weights(source: Source, line: Line, head: Token) -> None:
    array = _array(source, line, head, (source.sized(head).lanes,))
    if array.size and not -128 <= array.min() <= array.max() <= 127:
        raise head.error("Weights must be in [-128, 127]")
    source.weights.append(array.astype(np.int8))


def _constants(source: Source, line: Line, head: Token) -> None:
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


_DIRECTIVES: Mapping[str, Callable[[Source, Line, Token], None]] = {
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
