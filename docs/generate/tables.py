"""Tables of Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from textwrap import fill

__all__ = ["cell", "filled", "table"]

#: Characters of a line.
_WIDTH = 120


def table(heading: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """A table, with a line break after its last line.

    Parameters
    ----------
    heading : sequence of str
    lines : iterable of sequence of str
        Cells as they stand in the page; see :func:`cell`.

    Returns
    -------
    str
    """
    every = [heading, ["---"] * len(heading), *lines]
    return "".join(f"| {' | '.join(line)} |\n" for line in every)


def cell(text: str) -> str:
    """A text as the cell of a table: on one line, its bars and angle brackets escaped."""
    text = " ".join(text.split()).replace("|", "\\|")
    code = re.compile(r"(`[^`]*`)")
    return "".join(
        part if part.startswith("`") else part.replace("<", "&lt;").replace("*", "\\*")
        for part in code.split(text)
    )


def filled(text: str) -> str:
    """A paragraph, its lines as long as those of other pages."""
    return fill(" ".join(text.split()), _WIDTH, break_long_words=False, break_on_hyphens=False)
