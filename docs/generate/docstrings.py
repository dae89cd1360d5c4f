"""Docstrings as Markdown: what mkdocstrings loads, and what the generated pages use."""

from __future__ import annotations

import re
from typing import Any

import griffe

__all__ = ["Roles", "markdown"]

_ROLE = re.compile(r":\w+:`~?(?:[\w.]+\.)?(\w+)`")


def markdown(text: str) -> str:
    """A docstring's text with its roles, such as ``:class:`a.b.Text```, as code of Markdown."""
    return _ROLE.sub(r"`\1`", text).replace("``", "`")


class Roles(griffe.Extension):
    """An extension of griffe, which reads the sources for mkdocstrings."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Rewrite the docstring of a module, class, function or attribute."""
        if obj.docstring is not None:
            # A literal block keeps its two colons for the parser: Markdown has them as a fence.
            text = re.sub(r"::\n\n((?:    .*\n|\n)+)", r":\n\n\1", obj.docstring.value + "\n")
            obj.docstring.value = markdown(text).rstrip("\n")
