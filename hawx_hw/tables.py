"""Tables for people: drawn on a terminal, plain aligned columns elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TextIO

__all__ = ["print_table"]


def print_table(
    heading: Sequence[str] | None,
    rows: Sequence[Sequence[str]],
    *,
    title: str | None = None,
    stream: TextIO | None = None,
) -> None:
    """Print ``rows``.

    Parameters
    ----------
    heading : sequence of str or None
        Names of the columns.
    rows : sequence of sequences of str
        All of one length.
    title : str or None
    stream : text file or None
        Standard output where None.
    """
    stream = sys.stdout if stream is None else stream
    if stream.isatty():
        _draw(heading, rows, title, stream)
        return
    if title:
        print(title, file=stream)
    lines = [*([heading] if heading else []), *rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))] if lines else []
    for line in lines:
        text = "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        print(text.rstrip(), file=stream)


def _draw(
    heading: Sequence[str] | None, rows: Sequence[Sequence[str]], title: str | None, stream: TextIO
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
    for name in heading or [""] * len(rows[0] if rows else ()):
        # A path or a command that is broken over lines cannot be copied, but the rest may be.
        table.add_column(Text(name), overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    Console(file=stream, highlight=False).print(table)
