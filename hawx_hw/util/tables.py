"""Tables for people: drawn on a terminal, aligned texts elsewhere."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Sequence
from typing import Literal, TextIO

__all__ = ["print_table"]

#: Characters that a field has at least where lines are broken between words.
_LEAST = 12


def print_table(
    heading: Sequence[str] | None,
    records: Sequence[Sequence[str]],
    *,
    title: str | None = None,
    numbers: bool = False,
    stream: TextIO | None = None,
) -> None:
    """Print a table.

    Parameters
    ----------
    heading : sequence of str or None
        Names of the fields.
    records : sequence of sequences of str
        The fields of each line; all of one length.
    title : str or None
    numbers : bool
        All fields but the first hold numbers, which are aligned on the right.
    stream : text file or None
        Standard output where None.
    """
    stream = sys.stdout if stream is None else stream
    if stream.isatty():
        _draw(heading, records, title, numbers, stream)
        return
    if title:
        print(title, file=stream)
    lines = [*([heading] if heading else []), *records]
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))] if lines else []
    for line in lines:
        text = "  ".join(
            field.rjust(width) if numbers and index else field.ljust(width)
            for index, (field, width) in enumerate(zip(line, widths, strict=True))
        )
        print(text.rstrip(), file=stream)


def _draw(
    heading: Sequence[str] | None,
    records: Sequence[Sequence[str]],
    title: str | None,
    numbers: bool,
    stream: TextIO,
) -> None:
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(file=stream, highlight=False)
    names, fields = _narrowed(heading, records, console.width)
    table = Table(
        title=Text(title) if title else None,
        title_justify="left",
        show_header=heading is not None,
        box=SIMPLE,
    )
    for index, name in enumerate(names):
        justify: Literal["left", "right"] = "right" if numbers and index else "left"
        # Nothing is cut off: a path or a command must be there in full.
        table.add_column(Text(name), overflow="fold", justify=justify)
    for record in fields:
        table.add_row(*(Text(field) for field in record))
    console.print(table)


def _narrowed(
    heading: Sequence[str] | None, records: Sequence[Sequence[str]], width: int
) -> tuple[list[str], list[list[str]]]:
    """Names and fields with line breaks between words, where they would not fit otherwise.

    Rich would divide the width by itself, and break words in one field before lines in another.
    """
    count = len(heading or (records[0] if records else ()))
    names = list(heading or [""] * count)
    fields = [list(record) for record in records]
    # A blank on each side of a field, and one at each end of the line.
    available = width - 2 * count - 2

    def widths() -> list[int]:
        lines = [names, *fields]
        return [max(_width(line[index]) for line in lines) for index in range(count)]

    if sum(widths()) > available:
        names = ["\n".join(name.split()) for name in names]
    for index in sorted(range(count), key=lambda index: -widths()[index]):
        excess = sum(widths()) - available
        if excess <= 0:
            break
        own = max(widths()[index] - excess, _LEAST)
        for record in fields:
            if _width(record[index]) > own:
                record[index] = textwrap.fill(
                    record[index], own, break_long_words=False, break_on_hyphens=False
                )
    return names, fields


def _width(text: str) -> int:
    return max(map(len, text.splitlines()), default=0)
