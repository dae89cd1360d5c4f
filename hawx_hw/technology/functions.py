"""Boolean functions as liberty files write them: ``(A1 & A2)``, ``!(A+B)``, ``D RN'``.

Inversion (``!`` before, ``'`` behind) binds closest, then ``^``, then AND (``&``, ``*`` or nothing
between two terms), then OR (``|`` or ``+``). Source: Liberty user guide, "function attribute".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

__all__ = ["Expression", "parse"]

_TOKEN = re.compile(r"\s*(?:([A-Za-z_][\w\[\].]*|[01](?!\w))|([!'^&*|+()]))")
#: Words in a function: more would nest deeper than Python calls functions. No cell needs them.
_LONGEST = 300
_C = {"and": "&", "or": "|", "xor": "^"}


@dataclass(frozen=True)
class Expression:
    """A Boolean function.

    Parameters
    ----------
    operator : str
        ``name``, ``constant``, ``not``, ``and``, ``or`` or ``xor``.
    operands : tuple of Expression
        None for a name or constant, one for ``not``, else two.
    text : str
        The name, or ``0`` or ``1``.
    """

    operator: str
    operands: tuple[Expression, ...] = ()
    text: str = ""

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names in it, in the order in which they first stand."""
        if self.operator == "name":
            return (self.text,)
        return tuple(dict.fromkeys(name for part in self.operands for name in part.names))

    def evaluate(self, values: Mapping[str, Any], ones: Any = 1) -> Any:
        """The value, bit by bit in words.

        Parameters
        ----------
        values : mapping
            By name: an int or an array of unsigned integers.
        ones : int or unsigned integer
            The word that stands for 1; a word outside it must not occur in ``values``.

        Raises
        ------
        KeyError
            A name has no value.
        """
        if self.operator == "name":
            return values[self.text]
        if self.operator == "constant":
            return ones if self.text == "1" else ones ^ ones
        parts = [part.evaluate(values, ones) for part in self.operands]
        if self.operator == "not":
            return parts[0] ^ ones
        if self.operator == "and":
            return parts[0] & parts[1]
        return parts[0] | parts[1] if self.operator == "or" else parts[0] ^ parts[1]

    def c(self, names: Mapping[str, str]) -> str:
        """A C expression on words.

        Parameters
        ----------
        names : mapping
            The C text of each name, and of the constants ``0`` and ``1`` where they stand.
        """
        if self.operator in ("name", "constant"):
            return names[self.text]
        parts = [part.c(names) for part in self.operands]
        return (
            f"(~{parts[0]})"
            if self.operator == "not"
            else f"({parts[0]} {_C[self.operator]} {parts[1]})"
        )


@cache
def parse(text: str) -> Expression:
    """The function that ``text`` writes.

    Raises
    ------
    ValueError
        It is not a Boolean function.
    """
    tokens: list[str] = []
    position, end = 0, len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None:
            raise ValueError(f"function must be Boolean, not {text!r}")
        tokens.append(match[1] or match[2])
        position = match.end()
    if len(tokens) > _LONGEST:
        raise ValueError(f"function must be of at most {_LONGEST} words, not {len(tokens)}")
    reader = _Reader(tokens, text)
    expression = reader.disjunction()
    if reader.rest:
        reader.fail()
    return expression


class _Reader:
    def __init__(self, tokens: list[str], text: str):
        self.rest = tokens[::-1]
        self._text = text

    def fail(self) -> None:
        raise ValueError(f"function must be Boolean, not {self._text!r}")

    def _next(self) -> str:
        return self.rest[-1] if self.rest else ""

    def disjunction(self) -> Expression:
        expression = self._conjunction()
        while self._next() in ("|", "+"):
            self.rest.pop()
            expression = Expression("or", (expression, self._conjunction()))
        return expression

    def _conjunction(self) -> Expression:
        expression = self._exclusive()
        while self._next() not in ("", ")", "|", "+"):
            if self._next() in ("&", "*"):
                self.rest.pop()
            expression = Expression("and", (expression, self._exclusive()))
        return expression

    def _exclusive(self) -> Expression:
        expression = self._term()
        while self._next() == "^":
            self.rest.pop()
            expression = Expression("xor", (expression, self._term()))
        return expression

    def _term(self) -> Expression:
        token = self.rest.pop() if self.rest else ""
        if token == "!":
            return Expression("not", (self._term(),))
        if token == "(":
            expression = self.disjunction()
            if self._next() != ")":
                self.fail()
            self.rest.pop()
        elif token in ("0", "1"):
            expression = Expression("constant", (), token)
        elif token and (token[0].isalpha() or token[0] == "_"):
            expression = Expression("name", (), token)
        else:
            self.fail()
        while self._next() == "'":
            self.rest.pop()
            expression = Expression("not", (expression,))
        return expression
