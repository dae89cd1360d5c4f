"""Words of Verilog: which may stand in a text, and how a text is written of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hawx_hw.errors import UserError

__all__ = ["Word", "check_words", "lexed", "written"]

#: Functions whose value depends on nothing but constants, types and operands.
_FUNCTIONS = frozenset(
    ("$signed", "$unsigned", "$clog2", "$bits", "$size", "$left", "$right", "$low", "$high",
     "$increment", "$dimensions", "$countones", "$onehot", "$onehot0", "$floor", "$ceil", "$pow",
     "$rtoi", "$itor", "$ln", "$log10", "$exp", "$sqrt")
)  # fmt: skip
#: A name with a dollar sign before it is a system task to some tools, even after a backslash.
_NAME = re.compile(r"(?!\$)(?:(?!//|/\*|\*/|\(\*|\*\))[!#-\[\]-_a-~])+")
_STRING = re.compile(r'"[ !#-\[\]-_a-~]*"')
_SYSTEM = ("SystemIdentifier", "RootSystemName", "UnitSystemName")


@dataclass(frozen=True)
class Word:
    """A word of a text.

    Parameters
    ----------
    kind : str
        slang's name for its kind, or ``Directive``.
    raw : str
        As it is written.
    value : str
        Its name, where it is one.
    place : str
        The user's file and line.
    """

    kind: str
    raw: str
    value: str
    place: str


def check_words(words: Iterable[Word]) -> None:
    """Refuse words that reach beyond a circuit, or that not every tool reads as the same word.

    These are system tasks, functions that do not depend on their operands alone, and names and
    texts in which a tool may find a comment, a directive or a system task.

    Raises
    ------
    UserError
        There is one.
    """
    for word in words:
        if word.kind in _SYSTEM and word.raw not in _FUNCTIONS:
            raise UserError(
                f"{word.raw} is refused: a block must be plain logic, and nothing else is executed",
                where=word.place,
                hint=f"Take it out of the Verilog. Allowed are {', '.join(sorted(_FUNCTIONS))}.",
            )
        if word.kind == "Identifier" and not _NAME.fullmatch(word.value):
            raise UserError(
                f"The name {word.value!r} is refused: tools may take a part of it for a comment, a "
                "directive or a system task",
                where=word.place,
                hint="Rename it.",
            )
        if word.kind == "StringLiteral" and not _STRING.fullmatch(word.raw):
            raise UserError(
                f"The text {word.raw} is refused: it may hold letters, digits and spaces, "
                "and common signs, but no backslash and no backquote",
                where=word.place,
            )


def lexed(text: str, place: str) -> list[Word]:
    """The words of a text, before macros are replaced."""
    from pyslang import BumpAllocator, Diagnostics, SourceManager
    from pyslang.parsing import Lexer

    manager = SourceManager()
    lexer = Lexer(manager.assignText(text), BumpAllocator(), Diagnostics(), manager)
    words: list[Word] = []
    while True:
        token: Any = lexer.lex()
        if token.kind.name == "EndOfFile":
            return words
        words.append(Word(token.kind.name, token.rawText, token.valueText, place))


def written(words: Sequence[Word]) -> tuple[str, tuple[str, ...], Mapping[str, str]]:
    """A text of words, one line for each place.

    Names that are keywords of SystemVerilog get others: not every tool that reads the text, or what
    is made of it, can be given them as names.

    Returns
    -------
    text : str
    lines : tuple of str
        The place of each of its lines.
    renamed : mapping of str to str
        The user's name for each name that was chosen.
    """
    names = _names({word.value for word in words if word.kind == "Identifier"})
    lines: list[str] = []
    places: list[str] = []
    before: Word | None = None
    for word in words:
        raw = word.raw
        if word.kind == "Identifier":
            raw = names.get(word.value, raw)
            raw = f"{raw} " if raw.startswith("\\") else raw
        alone = before is None or "Directive" in (word.kind, before.kind)
        if alone or before is None or word.place != before.place:
            # Lines keep their numbers where they can, and with them what Yosys names after them.
            empty = _gap(word, words[0], len(lines))
            lines += [*[""] * empty, raw]
            places += [word.place] * (empty + 1)
        else:
            space = "" if _is_one(before, word) else " "
            lines[-1] += f"{space}{raw}"
        before = word
    return "".join(f"{line}\n" for line in lines), tuple(places), {n: o for o, n in names.items()}


def _gap(word: Word, first: Word, lines: int) -> int:
    """How many lines are left empty before a word after ``lines`` others."""
    file, _, line = word.place.rpartition(":")
    if file != first.place.rpartition(":")[0] or not line.isdecimal():
        return 0
    return max(0, int(line) - 1 - lines)


def _is_one(before: Word, word: Word) -> bool:
    """Whether words are written as one: 8'hff has three, and 9'(x) begins with three."""
    literal = ("IntegerLiteral", "IntegerBase")
    return "Apostrophe" in (before.kind, word.kind) or (
        before.kind in literal and word.kind in literal
    )


def _names(names: set[str]) -> dict[str, str]:
    """Other names for those that are keywords."""
    plain = sorted(name for name in names if name.isidentifier())
    chosen: dict[str, str] = {}
    for word in lexed(" ".join(plain), ""):
        if word.kind != "Identifier":
            other = f"{word.raw}_"
            while other in names:
                other += "_"
            chosen[word.raw] = other
    return chosen
