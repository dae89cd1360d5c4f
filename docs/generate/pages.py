"""The pages that are generated, and what writes each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from docs.generate import (
    blocks,
    commands,
    config_keys,
    drawings,
    flows,
    isa,
    prediction,
    registers,
    results,
)

__all__ = ["DOCS", "PAGES", "SLOW"]

DOCS = Path(__file__).parents[1]
#: Path of a page below docs/, and the function that returns its text.
PAGES: Mapping[str, Callable[[], str]] = {
    "blocks.md": blocks.document,
    "drawing-simt.svg": drawings.simt,
    "drawing-systolic.svg": drawings.systolic,
    "flow-options.md": flows.document,
    "isa.md": isa.document,
    "prediction.md": lambda: prediction.document(DOCS),
    "reference/commands.md": commands.document,
    "reference/config.md": config_keys.document,
    "reference/json.md": results.document,
    "registers.md": registers.document,
}
#: Pages that take minutes: written only where they are named.
SLOW = ("prediction.md",)
