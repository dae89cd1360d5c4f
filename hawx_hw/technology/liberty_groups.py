"""The tree of groups in a liberty file.

``name (arguments) { ... }`` is a group, with attributes ``name : value;`` and ``name (values);``.
An attribute also ends with its line, as public kits write it. Groups that nobody uses (noise,
current source models) are skipped unread.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from math import isfinite, nan
from typing import NamedTuple

from hawx_hw.errors import shown

__all__ = ["Attribute", "Group", "LibertyError", "parse"]

_STRING = r'"[^"\\]*(?:\\.[^"\\]*)*"'
#: As a string, or from a quotation mark to the end of the text: none is searched for twice.
_OPEN_STRING = rf'{_STRING[:-1]}(?:"|\Z)'
#: Comments of both kinds, and strings, in which they are none.
_COMMENT = re.compile(rf"{_OPEN_STRING}|/\*.*?(?:\*/|\Z)|//[^\n]*", re.DOTALL)
_BLANK = re.compile(r"[\s;\\]*")
_STATEMENT = re.compile(
    rf"""(?P<name>[A-Za-z_][A-Za-z0-9_]*)[\s\\]*
    (?:\((?P<arguments>[^()"]*(?:{_STRING}[^()"]*)*)\)\s*(?P<brace>\{{)?
    |:[^\S\n]*(?:\\[^\S\n]*\n\s*)?(?P<value>{_STRING}|(?:[^;\n}}"{{\\]|\\[^\S\n]*\r?\n)*))""",
    re.DOTALL | re.VERBOSE,
)
_BORDER = re.compile(rf"{_OPEN_STRING}|[{{}}]", re.DOTALL)
_ARGUMENT = re.compile(rf'{_STRING}|[^\s,"()\\]+', re.DOTALL)
_CONTINUED = re.compile(r"\\[^\S\n]*\r?\n")
#: No quantity of a cell is larger in any unit; products of such numbers stay finite.
_LARGEST = 1e12
_TABLES = (
    "cell_rise", "cell_fall", "rise_transition", "fall_transition",
    "rise_constraint", "fall_constraint",
)  # fmt: skip
_REGISTERS = ("ff", "latch", "ff_bank", "latch_bank", "statetable")
#: Groups that are read, by us or by a tool, by what they stand in; the rest is skipped.
_READ = {
    "": ("library",),
    "library": (
        "cell", "lu_table_template", "power_lut_template", "operating_conditions", "wire_load",
        "wire_load_selection", "wire_load_table",
    ),
    "cell": (*_REGISTERS, "pin", "bus", "bundle", "memory", "test_cell", "pg_pin", "leakage_power"),
    "test_cell": (*_REGISTERS, "pin", "bus", "bundle"),
    "bus": ("pin",),
    "bundle": ("pin",),
    "pin": ("timing", "internal_power"),
    "timing": _TABLES,
    "internal_power": ("rise_power", "fall_power", "power"),
}  # fmt: skip


class LibertyError(ValueError):
    """Something in a liberty file that is wrong; ``line`` is where, from 1."""

    def __init__(self, what: str, line: int):
        self.what = what
        self.line = line
        super().__init__(f"line {line}: {what}")


class Attribute(NamedTuple):
    """An attribute as it stands in the file.

    Parameters
    ----------
    name : str
    raw : str
        What stands behind the colon or within the parentheses, with its quotes.
    complex : bool
        Whether it has parentheses.
    line : int
    """

    name: str
    raw: str
    complex: bool
    line: int

    @property
    def values(self) -> list[str]:
        """Its values without quotes; a comma divides them, in strings too."""
        if not self.complex:
            return [_unquoted(self.raw)]
        return _arguments(self.raw) or [""]


@dataclass
class Group:
    """A group: its kind, what stands in its parentheses, and in order what stands in it."""

    kind: str
    arguments: list[str]
    entries: list[Attribute | Group] = field(default_factory=list)
    line: int = 1

    @property
    def name(self) -> str:
        """Its first argument."""
        return self.arguments[0] if self.arguments else ""

    @cached_property
    def groups(self) -> list[Group]:
        """The groups within."""
        return [entry for entry in self.entries if isinstance(entry, Group)]

    @cached_property
    def attributes(self) -> dict[str, Attribute]:
        """The attributes by name; of those with one name the last."""
        return {entry.name: entry for entry in self.entries if isinstance(entry, Attribute)}

    def text(self, name: str, default: str = "") -> str:
        """The first value of an attribute."""
        attribute = self.attributes.get(name)
        return default if attribute is None else attribute.values[0]

    def number(self, name: str, default: float = 0.0) -> float:
        """The first value of an attribute as a number.

        Raises
        ------
        LibertyError
            It is no finite number.
        """
        attribute = self.attributes.get(name)
        if attribute is None:
            return default
        return self._floats(name, attribute.values[:1])[0]

    def numbers(self, name: str) -> list[float]:
        """All values of an attribute as numbers; none where there is no such attribute.

        Raises
        ------
        LibertyError
            One is no finite number.
        """
        attribute = self.attributes.get(name)
        if attribute is None:
            return []
        return self._floats(name, re.sub(r'[",\\]', " ", attribute.raw).split())

    def _floats(self, name: str, texts: list[str]) -> list[float]:
        numbers = []
        for text in texts:
            try:
                number = float(text)
            except ValueError:
                number = nan
            # Python reads more than liberty has: 1_000, and digits of other scripts.
            if not abs(number) <= _LARGEST or "_" in text or not text.isascii():
                kind = "finite number" if not isfinite(number) else f"number up to {_LARGEST:g}"
                raise LibertyError(
                    f"{name} must be a {kind}, not {shown(text)}", self.attributes[name].line
                )
            numbers.append(number)
        return numbers

    def line_of(self, name: str) -> int:
        """The line of an attribute; the group's where there is no such attribute."""
        attribute = self.attributes.get(name)
        return self.line if attribute is None else attribute.line

    def children(self, *kinds: str) -> Iterator[Group]:
        """The groups within, of these kinds."""
        return (group for group in self.groups if group.kind in kinds)


def parse(text: str) -> Group:
    """The groups of a liberty file within one nameless group.

    Raises
    ------
    LibertyError
        The text is not liberty.
    """
    text = _COMMENT.sub(_uncommented, text) if "/" in text else text
    ends = [match.start() for match in re.finditer("\n", text)]
    root = Group("", [])
    stack = [root]
    position = _after_blank(text, 0)
    while position < len(text):
        line = bisect(ends, position) + 1
        if text[position] == "}":
            if len(stack) == 1:
                raise LibertyError("a brace is closed that was not opened", line)
            stack.pop()
            position = _after_blank(text, position + 1)
            continue
        match = _STATEMENT.match(text, position)
        if match is None:
            rest = text[position : position + 40].split("\n")[0]
            raise LibertyError(f"this is not liberty: {rest!r}", line)
        position = match.end()
        name, arguments, value = match["name"], match["arguments"], match["value"]
        if match["brace"]:
            group = Group(name, _arguments(arguments), [], line)
            if name in _READ.get(stack[-1].kind, ()):
                stack[-1].entries.append(group)
                stack.append(group)
            else:
                position = _end_of_group(text, position, line)
        elif arguments is not None:
            stack[-1].entries.append(Attribute(name, arguments, True, line))
        else:
            stack[-1].entries.append(Attribute(name, value.strip(), False, line))
        position = _after_blank(text, position)
    if len(stack) > 1:
        raise LibertyError(f"the brace of {stack[-1].kind} is not closed", stack[-1].line)
    return root


def _uncommented(match: re.Match[str]) -> str:
    """Blanks for a comment, over as many lines; a string as it is."""
    text = match[0]
    if text[0] == '"':
        return text
    if text.startswith("/*") and not (text.endswith("*/") and len(text) > len("/**")):
        line = match.string.count("\n", 0, match.start()) + 1
        raise LibertyError("a comment is not closed", line)
    return " " + "\n" * text.count("\n")


def _after_blank(text: str, position: int) -> int:
    match = _BLANK.match(text, position)
    return position if match is None else match.end()


def _end_of_group(text: str, position: int, line: int) -> int:
    """The position behind a group's last brace, from one behind its first."""
    depth = 1
    for match in _BORDER.finditer(text, position):
        depth += {"{": 1, "}": -1}.get(match[0], 0)
        if depth == 0:
            return match.end()
    raise LibertyError("a brace is not closed", line)


def _unquoted(raw: str) -> str:
    text = raw[1:-1] if raw.startswith('"') else raw
    return _CONTINUED.sub(" ", text) if "\\" in text else text


def _arguments(raw: str) -> list[str]:
    parts = (
        part for match in _ARGUMENT.findall(raw) for part in _unquoted(match).split(",")
    )  # fmt: skip
    return [part for part in map(str.strip, parts) if part]
