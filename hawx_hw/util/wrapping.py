"""Paragraphs for people, broken where a reader expects it."""

from __future__ import annotations

import re
import shutil
import textwrap
from typing import TextIO

__all__ = ["text_width", "wrapped"]

#: Of text that goes into a file or a pipe.
_WIDTH = 80
_NARROWEST, _WIDEST = 40, 100
_GLUE = "\N{NO-BREAK SPACE}"
#: A number and what it counts, a size such as 8 x 8, an operator: these stay on one line.
_TOGETHER = re.compile(
    r"(?<=\d) (?=%|[munp][AJsW]\b|nJ\b|um2\b|MHz\b|ns\b|s\b|x \d|points?\b|images?\b|cycles\b)"
    r"|(?<=\d x) (?=\d)|(?<=\S/) |(?<=at most) (?=\d)|(?<=about) (?=\d)"
)


def text_width(stream: TextIO) -> int:
    """Characters of a line of text on a stream: as wide as a terminal, within reason; else 80."""
    if not stream.isatty():
        return _WIDTH
    width, _ = shutil.get_terminal_size((_WIDTH, 24))
    return min(max(width, _NARROWEST), _WIDEST)


def wrapped(text: str, width: int, *, indent: int = 0) -> list[str]:
    """A text in lines of at most ``width`` characters.

    Numbers stay beside their units. What is longer than a line, such as a path, is never broken.

    Parameters
    ----------
    text : str
    width : int
        Of each line, its indentation included.
    indent : int
        Spaces before each line.

    Returns
    -------
    list of str
        At least one line.
    """
    glued = _TOGETHER.sub(_GLUE, text)
    lines = textwrap.wrap(
        glued,
        width,
        subsequent_indent=" " * indent,
        initial_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [line.replace(_GLUE, " ") for line in lines or [""]]
