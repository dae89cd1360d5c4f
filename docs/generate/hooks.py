"""What mkdocs does with every page: the glossary's abbreviations show their meaning on hover."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

__all__ = ["abbreviations", "on_page_markdown"]

_LINE = re.compile(r"^\| ([^|]+?) \| ([^|]+?) \|$", re.MULTILINE)
_LINK = re.compile(r" ?\(\[[^\]]*\]\([^)]*\)\)|\[([^\]]*)\]\([^)]*\)")
_ABBREVIATION = re.compile(r"[A-Z][A-Za-z]*[A-Z][A-Za-z]*")
_GLOSSARY = Path(__file__).parents[1] / "glossary.md"


def abbreviations(text: str) -> dict[str, str]:
    """The abbreviations that a glossary defines, with their meanings as plain text."""
    result = {}
    for names, meaning in _LINE.findall(text):
        plain = re.sub(r"[`*]", "", _LINK.sub(r"\1", meaning)).strip()
        for name in names.split(", "):
            if _ABBREVIATION.fullmatch(name):
                result[name] = plain
    return result


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """Append the abbreviations, for the extension ``abbr``; the glossary itself has no need."""
    if page.file.src_uri == "glossary.md":
        return markdown
    meanings = abbreviations(_GLOSSARY.read_text(encoding="utf-8"))
    lines = "".join(f"*[{name}]: {meaning}\n" for name, meaning in meanings.items())
    return f"{markdown}\n\n{lines}"
