"""docs/registers.md is generated from the code."""

import runpy
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def test_register_page_is_current() -> None:
    page = runpy.run_path(str(DOCS / "generate_registers.py"))["document"]()
    assert (DOCS / "registers.md").read_text() == page, "run: python docs/generate_registers.py"
