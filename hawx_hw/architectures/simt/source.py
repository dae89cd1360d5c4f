"""Lines of assembly: their tokens, with the place of each for messages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from hawx_hw.errors import UserError, shown

__all__ = ["Line", "Token", "hint_of", "lines_of", "number"]

_LABEL = re.compile(r"\s*([A-Za-z_]\w*)\s*:")
#: A quoted text, a comma, or anything without blanks and commas; commas within parentheses or after
#: "=" belong to the token.
_TOKEN = re.compile(r'"[^"]*"|,|(?:\([^()\s]*\)|=(?:[^\s,(]|,(?=[0-9]))*|[^\s,(="])+')
_NUMBER = re.compile(r"[+-]?(?:0[xX][0-9a-fA-F]+|0[bB][01]+|[0-9]+)")
_DIGITS = 40


@dataclass(frozen=True)
class Token:
    """A piece of a line.

    Parameters
    ----------
    text : str
    file : str
    line, column : int
        From 1.
    """

    text: str
    file: str
    line: int
    column: int

    @property
    def where(self) -> str:
        """Its place, for a message."""
        return f"{self.file}:{self.line}:{self.column}"

    def error(self, what: str, hint: str | None = None) -> UserError:
        """A message about it."""
        return UserError(what, where=self.where, hint=hint)

    def after(self, characters: int) -> Token:
        """What follows its first characters."""
        return Token(self.text[characters:], self.file, self.line, self.column + characters)


@dataclass(frozen=True)
class Line:
    """A line that is not empty.

    Parameters
    ----------
    label : Token or None
    head : Token or None
        The mnemonic or directive; None where there is a label alone.
    parts : tuple of tuple of Token
        What follows, parted by commas.
    """

    label: Token | None
    head: Token | None
    parts: tuple[tuple[Token, ...], ...]

    @property
    def tokens(self) -> tuple[Token, ...]:
        """What follows the head, without regard to commas."""
        return tuple(token for part in self.parts for token in part)


def lines_of(text: str, file: str) -> Iterator[Line]:
    """The lines of a source that hold something.

    Raises
    ------
    UserError
        Something that is no token, or a comma with nothing beside it.
    """
    for number_of_line, raw in enumerate(text.splitlines(), 1):
        content = raw.split(";", 1)[0]
        label = None
        match = _LABEL.match(content)
        start = 0
        if match:
            label = Token(match[1], file, number_of_line, match.start(1) + 1)
            start = match.end()
        tokens = list(_tokens(content, start, file, number_of_line))
        if label is None and not tokens:
            continue
        yield Line(label, tokens[0] if tokens else None, _parts(tokens[1:]))


def _tokens(content: str, start: int, file: str, line: int) -> Iterator[Token]:
    position = start
    while position < len(content):
        if content[position].isspace():
            position += 1
            continue
        match = _TOKEN.match(content, position)
        if match is None:
            bad = Token(content[position], file, line, position + 1)
            raise bad.error(f"{shown(bad.text)} has no place here", "Remove it.")
        yield Token(match[0], file, line, position + 1)
        position = match.end()


def _parts(tokens: Sequence[Token]) -> tuple[tuple[Token, ...], ...]:
    if not tokens:
        return ()
    parts: list[list[Token]] = [[]]
    comma = None
    for token in tokens:
        if token.text == ",":
            if not parts[-1]:
                raise token.error("There is nothing before this comma", "Remove it.")
            parts.append([])
            comma = token
        else:
            parts[-1].append(token)
    if not parts[-1] and comma is not None:
        raise comma.error("There is nothing after this comma", "Remove it.")
    return tuple(tuple(part) for part in parts)


def number(token: Token, allowed: range, what: str = "This number") -> int:
    """The number of a token.

    Raises
    ------
    UserError
        It is none, or not allowed.
    """
    low, high = allowed[0], allowed[-1]
    if not _NUMBER.fullmatch(token.text) or len(token.text) > _DIGITS:
        raise token.error(f"{shown(token.text)} is no number", f"Write one in [{low}, {high}].")
    sign = -1 if token.text.startswith("-") else 1
    digits = token.text.lstrip("+-").lower()
    base = {"0x": 16, "0b": 2}.get(digits[:2], 10)
    value = sign * int(digits, base)
    if not low <= value <= high:
        raise token.error(f"{what} must be in [{low}, {high}], not {value}")
    return value


def hint_of(name: str, names: Sequence[str]) -> str:
    """What to write instead of a name: something like it, or all that there is."""
    close = get_close_matches(name, names, 1)
    if close:
        return f"Write {close[0]}?"
    return f"It must be one of {', '.join(names)}." if names else "There are none."
