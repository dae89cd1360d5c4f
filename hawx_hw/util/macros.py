"""The memory macros: the modules in rtl_templates/ that a foundry's or an FPGA's memories replace.

This is the one table of their names and ports. Each macro works on the rising edge of one clock;
``read_data`` follows a read by a cycle.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

__all__ = [
    "ADDRESS_WIDTH",
    "CLOCK",
    "DEPTH",
    "INIT_FILE",
    "MACROS",
    "READ_DATA",
    "ROM",
    "SDP_RAM",
    "SP_RAM",
    "WIDTH",
    "WRITE_DATA",
    "MacroKind",
    "MemoryMacro",
]

MacroKind = Literal["hawx_rom", "hawx_sp_ram", "hawx_sdp_ram"]

#: Ports that have the same name in all macros that have them.
CLOCK, READ_DATA, WRITE_DATA = "clk", "read_data", "write_data"
#: Parameters: bits of a word, words, bits of an address, file with the words of a ROM.
WIDTH, DEPTH, ADDRESS_WIDTH, INIT_FILE = "WIDTH", "DEPTH", "ADDRESS_WIDTH", "INIT_FILE"


@dataclass(frozen=True)
class MemoryMacro:
    """One macro.

    Parameters
    ----------
    kind : str
        Name of the module, and of its file without ``.v``.
    ports : mapping of str to (str or None)
        For each port, in the order of the module, the parameter that is its width; None is a bit.
        All but :data:`READ_DATA` are inputs.
    read_enable, read_address : str
        The ports that start a read. In a macro of one port, a read is ``read_enable`` without
        ``write_enable``.
    write_enable, write_address : str
        The ports that start a write; empty for a macro that is not written.
    """

    kind: MacroKind
    ports: Mapping[str, str | None]
    read_enable: str
    read_address: str
    write_enable: str = ""
    write_address: str = ""

    @property
    def written(self) -> bool:
        """Whether it can be written."""
        return self.write_enable != ""

    @property
    def two_ports(self) -> bool:
        """Whether it reads and writes in one cycle."""
        return self.written and self.write_address != self.read_address


#: Contents are built in, from :data:`INIT_FILE`.
ROM = MemoryMacro(
    "hawx_rom",
    {
        CLOCK: None,
        "read_enable": None,
        "read_address": ADDRESS_WIDTH,
        READ_DATA: WIDTH,
    },
    read_enable="read_enable",
    read_address="read_address",
)
#: One port: a cycle reads or writes.
SP_RAM = MemoryMacro(
    "hawx_sp_ram",
    {
        CLOCK: None,
        "enable": None,
        "write": None,
        "address": ADDRESS_WIDTH,
        WRITE_DATA: WIDTH,
        READ_DATA: WIDTH,
    },
    read_enable="enable",
    read_address="address",
    write_enable="write",
    write_address="address",
)
#: One port that writes, one that reads.
SDP_RAM = MemoryMacro(
    "hawx_sdp_ram",
    {
        CLOCK: None,
        "write_enable": None,
        "write_address": ADDRESS_WIDTH,
        WRITE_DATA: WIDTH,
        "read_enable": None,
        "read_address": ADDRESS_WIDTH,
        READ_DATA: WIDTH,
    },
    read_enable="read_enable",
    read_address="read_address",
    write_enable="write_enable",
    write_address="write_address",
)
#: All, by name.
MACROS: Mapping[str, MemoryMacro] = {macro.kind: macro for macro in (ROM, SP_RAM, SDP_RAM)}
