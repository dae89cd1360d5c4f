"""Tables for people: drawn on a terminal, plain aligned columns elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Literal, TextIO

__all__ = ["print_table"]


def print_table(
    heading: Sequence[str] | None,
    rows: Sequence[Sequence[str]],
    *,
    title: str | None = None,
    figures: bool = False,
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
    figures : bool
        All columns but the first hold figures, which are aligned on the right.
    stream : text file or None
        Standard output where None.
    """
    stream = sys.stdout if stream is None else stream
    if stream.isatty():
        _draw(heading, rows, title, figures, stream)
        return
    if title:
        print(title, file=stream)
    lines = [*([heading] if heading else []), *rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))] if lines else []
    for line in lines:
        text = "  ".join(
            cell.rjust(width) if figures and index else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        print(text.rstrip(), file=stream)


def _draw(
    heading: Sequence[str] | None,
    rows: Sequence[Sequence[str]],
    title: str | None,
    figures: bool,
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
    for index, name in enumerate(heading or [""] * len(rows[0] if rows else ())):
        justify: Literal["left", "right"] = "right" if figures and index else "left"
        # Nothing is cut off: a path or a command must be there in full.
        table.add_column(Text(name), overflow="fold", justify=justify)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    Console(file=stream, highlight=False).print(table)
