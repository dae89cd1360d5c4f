"""Tables for people: drawn on a terminal, aligned texts elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Literal, TextIO

__all__ = ["print_table"]


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

    table = Table(
        title=Text(title) if title else None,
        title_justify="left",
        show_header=heading is not None,
        box=SIMPLE,
    )
    for index, name in enumerate(heading or [""] * len(records[0] if records else ())):
        justify: Literal["left", "right"] = "right" if numbers and index else "left"
        # Nothing is cut off: a path or a command must be there in full.
        table.add_column(Text(name), overflow="fold", justify=justify)
    for record in records:
        table.add_row(*(Text(field) for field in record))
    Console(file=stream, highlight=False).print(table)
