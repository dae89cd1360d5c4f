"""docs/isa.md has every instruction."""

from pathlib import Path

from hawx_hw.architectures.simt.isa import OPERATIONS

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_has_every_instruction() -> None:
    page = (DOCS / "isa.md").read_text()
    for operation in OPERATIONS.values():
        assert f"| {operation.opcode:02X} | `{operation.mnemonic}" in page
