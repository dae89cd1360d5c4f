"""Writes docs/registers.md from the register map: python docs/generate_registers.py"""

from __future__ import annotations

from pathlib import Path

from hawx_hw.gateware.core_interface import CoreSignature
from hawx_hw.gateware.register_documents import markdown
from hawx_hw.gateware.register_map import RegisterConstant, accelerator_registers
from hawx_hw.util.files import write_text

__all__ = ["document"]

_INTRODUCTION = """\
# Register map

The AXI4-Lite registers of every accelerator; written by `python docs/generate_registers.py`. Values
that depend on the network are those of a LeNet-5 on 8 x 8 PEs. `hawx emit` writes the same table
with the values of your accelerator, `registers.md`, and a C header, `hawx_registers.h`, into
`build/NAME/`.

Access: `RO` read only; `RW` read and write; `W1S` write one to trigger, reads as zero; `W1C` write
one to clear; `constant` fixed by the build. Unmapped addresses answer with SLVERR, and so do writes
to registers without writable fields.

"""


def document() -> str:
    """The page."""
    core = CoreSignature(word_codes=2, image_shape=(1, 28, 28), result_shape=(10,), layers=5)
    constants = (
        RegisterConstant("rows", 8, "Rows of the array."),
        RegisterConstant("columns", 8, "Columns of the array."),
    )
    registers = accelerator_registers(core, constants=constants, config_hash=0, version="0.1.0")
    return _INTRODUCTION + markdown(registers)


if __name__ == "__main__":
    write_text(Path(__file__).parent / "registers.md", document())
