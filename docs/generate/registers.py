"""docs/registers.md: the registers of both architectures, from the register map."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from hawx_hw.architectures.simt.gateware.core import trap_format
from hawx_hw.architectures.simt.gateware.debug_ports import COUNTERS, debug_format
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.gateware.core_interface import CoreSignature
from hawx_hw.gateware.register_documents import markdown
from hawx_hw.gateware.register_map import (
    ADDRESS_WIDTH,
    RegisterConstant,
    accelerator_registers,
    errors_of,
)
from hawx_hw.gateware.registers import RegisterMap

__all__ = ["document"]

_INTRODUCTION = """\
# Register map

The AXI4-Lite registers of every accelerator; written by
`python -m docs.generate registers.md`. Values that depend on the network are those of a LeNet-5 on
8 x 8 PEs. `hawx emit` writes the same table
with the values of your accelerator, `registers.md`, and a C header, `hawx_registers.h`, into
`build/NAME/`.

Access: `RO` read only; `RW` read and write; `W1S` write one to trigger, reads as zero; `W1C` write
one to clear; `constant` fixed by the build. Unmapped addresses answer with SLVERR, and so do writes
to registers without writable fields.

"""


_SIMT = """
# Registers of the SIMT unit

Beside those above. `DEBUG_` registers are there with `accelerator.debug: true`; values are those of
a unit of four warps.

"""


def _simt(common: RegisterMap) -> Iterator[str]:
    """The registers that only a SIMT unit has, and its counters."""
    unit = Unit(lanes=8, warps=4)
    core = CoreSignature(
        word_codes=8,
        image_shape=(1, 28, 28),
        result_shape=(10,),
        layers=5,
        trap=trap_format(unit),
        debug=debug_format(unit),
    )
    names = {register.name for register in common}
    registers = accelerator_registers(core, config_hash=0, version="0.1.0")
    own = tuple(each for each in registers if each.name not in names)
    yield _SIMT + markdown(RegisterMap(own, ADDRESS_WIDTH))
    name = "core_trap"
    text = (
        f"`ERROR` has bit {list(errors_of(core)).index(name)}, `CORE_TRAP`: {errors_of(core)[name]}"
    )
    yield "\n" + textwrap.fill(text, 100) + "\n"
    yield "\n### Counters\n\nOf the last inference, or of the one that runs, modulo 2**32; an idle "
    yield "cycle is one in which the multiply engine does\nnot walk, and the first of its causes "
    yield "counts.\n\n| number | name | what is counted |\n|---|---|---|\n"
    for number, (name, text) in enumerate(COUNTERS.items()):
        yield f"| {number} | `{name}` | {text} |\n"


def document() -> str:
    """The page."""
    core = CoreSignature(word_codes=2, image_shape=(1, 28, 28), result_shape=(10,), layers=5)
    constants = (
        RegisterConstant("rows", 8, "Rows of the array."),
        RegisterConstant("columns", 8, "Columns of the array."),
    )
    registers = accelerator_registers(core, constants=constants, config_hash=0, version="0.1.0")
    return _INTRODUCTION + markdown(registers) + "".join(_simt(registers))
