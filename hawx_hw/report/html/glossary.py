"""Definitions of terms: those of docs/glossary.md, which comes with the package."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from hawx_hw.util.files import read_text
from hawx_hw.util.resources import docs

__all__ = ["definitions", "shown_heading", "term_id"]

_LINE = re.compile(r"^\| ([^|]+?) \| ([^|]+?) \|$", re.MULTILINE)
_LINK = re.compile(r" ?\(\[[^\]]*\]\([^)]*\)\)|\[([^\]]*)\]\([^)]*\)")

#: Headings of tables: how the page shows them, and the term that defines their numbers.
_HEADINGS: Mapping[str, tuple[str, str]] = {
    "nJ per image": ("energy of an image, nJ", "energy of an image"),
    "nJ": ("energy, nJ", "energy of an image"),
    "all": ("all", "energy of an image"),
    "mW": ("power, mW", "power"),
    "um2": ("area, µm²", "area"),
    "us": ("time, µs", "time of an image"),
    "MHz": ("clock, MHz", "clock"),
    "size": ("size", "size"),
    "95 % interval": ("95 % interval", "95 % interval"),
    "90 % interval": ("90 % interval", "interval"),
    "test accuracy, as searched": ("test accuracy, as searched", "test accuracy"),
    "test accuracy, as built": ("test accuracy, as built", "test accuracy"),
    "predicted": ("predicted", "predictors"),
    "measured": ("measured", "netlist"),
    "error of prediction": ("error of prediction", "error of prediction"),
    "cycles": ("cycles", "cycles of an image"),
    "number": ("number", "macro"),
    "reads": ("reads", "memory access"),
    "writes": ("writes", "memory access"),
    "pJ a read": ("pJ a read", "memory access"),
    "pJ a write": ("pJ a write", "memory access"),
}
#: The terms of the causes of cycles, by their titles.
_CAUSES: Mapping[str, str] = {
    "useful": "useful",
    "fill, drain": "fill and drain",
    "edges": "edge tiles",
    "weights": "weight loading",
    "requant": "waiting for requantization",
    "lanes without work": "idle lanes",
    "stretched runs": "run",
    "draining": "fill and drain",
    "other": "other cycles",
}
#: The terms of headings that begin so.
_BEGINNINGS: Mapping[str, str] = {
    "accuracy drop": "accuracy drop",
    "waiting": "waiting",
    "nJ, ": "memory model",
}


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


def term_id(term: str) -> str:
    """The id of a term's definition in the page."""
    return "term-" + re.sub(r"[^a-z0-9]+", "-", term.lower()).strip("-")


def shown_heading(
    heading: str, default: str | None = None, *, causes: bool = False
) -> tuple[str, str | None]:
    """A heading of a table as the page shows it, and the term that defines its numbers.

    Parameters
    ----------
    heading : str
        As the terminal shows it.
    default : str or None
        The term where the heading itself is a name, such as that of a block.
    causes : bool
        Whether the table is of cycles by cause.
    """
    if causes and heading in _CAUSES:
        return heading, _CAUSES[heading]
    if heading in _HEADINGS:
        return _HEADINGS[heading]
    for beginning, term in _BEGINNINGS.items():
        if heading.startswith(beginning):
            return heading, term
    return heading, default
