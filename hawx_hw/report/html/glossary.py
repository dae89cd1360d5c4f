"""Definitions of terms: those of docs/glossary.md, which comes with the package."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from hawx_hw.util.files import read_text
from hawx_hw.util.resources import docs

__all__ = ["definitions"]

_LINE = re.compile(r"^\| ([^|]+?) \| ([^|]+?) \|$", re.MULTILINE)
_LINK = re.compile(r" ?\(\[[^\]]*\]\([^)]*\)\)|\[([^\]]*)\]\([^)]*\)")


@cache
def definitions() -> Mapping[str, str]:
    """The definition of each term as plain text; of terms that share one, each has it."""
    terms: dict[str, str] = {}
    for names, text in _LINE.findall(read_text(docs() / "glossary.md")):
        if names == "term" or set(names) == {"-"}:
            continue
        plain = _LINK.sub(lambda match: match[1] or "", text).replace("`", "")
        for name in names.replace("`", "").split(", "):
            terms[name] = plain
    return terms
