"""docs/isa.md is generated from the table of instructions."""

import runpy
from pathlib import Path

from hawx_hw.architectures.simt.isa import OPERATIONS

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_is_current() -> None:
    page = runpy.run_path(str(DOCS / "generate_isa.py"))["document"]()
    assert (DOCS / "isa.md").read_text() == page, "run: python docs/generate_isa.py"


def test_the_page_has_every_instruction() -> None:
    page = (DOCS / "isa.md").read_text()
    for operation in OPERATIONS.values():
        assert f"| {operation.opcode:02X} | `{operation.mnemonic}" in page
