"""What a bitstream of a GW2A has in its block RAMs, read back as Project Apicula describes it.

Its own ``gowin_unpack`` leaves the contents of block RAMs out. They follow the frames of the fabric
as further frames of the same width: 256 for each row of block RAMs, where a block RAM has the bits
above those of its three cells.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hawx_hw.util.files import read_text

__all__ = ["block_ram_contents", "block_ram_sites", "database", "ram_frames"]

#: The command before the frames, which has their number in its last 16 bits.
_FRAMES = re.compile(r"^00111011[01]{8}([01]{16})\n", re.MULTILINE)
#: Bits behind those of a frame: a checksum and ones.
_BEHIND = 64
_SITE = re.compile(r"^X(\d+)Y(\d+)/BSRAM\d*$")
#: Bits of a block RAM, without and with the ninth of each word.
_BITS, _NINTH_BITS = 16384, 18432
#: Frames of a block RAM's contents.
_HEIGHT = 256


@cache
def database(device: str) -> Any:
    """Apicula's database of a device, such as ``"GW2A-18C"``."""
    path = files("apycula") / f"{device}.msgpack.xz"
    return import_module("apycula.chipdb").load_chipdb(str(path))


def ram_frames(bitstream: str, height: int, width: int) -> NDArray[np.uint8]:
    """The frames behind those of the fabric, as they lie in the device.

    Parameters
    ----------
    bitstream : str
        Text of a file ``.fs`` that is not compressed.
    height, width : int
        Frames of the fabric, and bits of a frame.

    Returns
    -------
    ndarray of uint8, shape (frames, width)
        No frame where there are none, or they have another length.
    """
    match = _FRAMES.search(bitstream)
    lines = bitstream[match.end() :].split("\n")[: int(match[1], 2)] if match else []
    padding = -width % 8
    if len(lines) <= height or len(lines[0]) != padding + width + _BEHIND:
        return np.zeros((0, width), np.uint8)
    frames = [np.frombuffer(line[padding:-_BEHIND].encode(), np.uint8) for line in lines[height:]]
    return np.stack(frames)[:, ::-1] - ord("0")


def block_ram_sites(routed: Path) -> dict[str, tuple[int, int, bool]]:
    """Row, column, and whether words have a ninth bit, of each block RAM that nextpnr has placed.

    Parameters
    ----------
    routed : Path
        The netlist in JSON that it has written.
    """
    modules: Mapping[str, Any] = json.loads(read_text(routed))["modules"]
    sites = {}
    for module in modules.values():
        for name, cell in module["cells"].items():
            match = _SITE.match(str(cell.get("attributes", {}).get("NEXTPNR_BEL", "")))
            if match is not None:
                subtype = str(cell["attributes"].get("BSRAM_SUBTYPE", ""))
                sites[name] = int(match[2]), int(match[1]), "9" in subtype
    return sites


def block_ram_contents(
    frames: NDArray[np.uint8], device: str, row: int, column: int, *, ninth: bool
) -> NDArray[np.uint8]:
    """The bits of a block RAM, in the order of its initial parameters.

    Parameters
    ----------
    frames : ndarray of uint8, shape (frames, width)
        See :func:`ram_frames`; without frames all bits are 0, as the packer leaves them out then.
    device : str
    row, column : int
        Of its first cell, from 0.
    ninth : bool
        Words have a ninth bit.

    Returns
    -------
    ndarray of uint8, shape (16384,) or (18432,)
    """
    down, along = _positions(device, ninth)
    if not len(frames):
        return np.zeros(len(down), np.uint8)
    own = database(device)
    top = _HEIGHT * sorted(own.simplio_rows).index(row)
    left = sum(own[0, before].width for before in range(column))
    bits: NDArray[np.uint8] = frames[top + _HEIGHT - 1 - down, left + along]
    return bits


@cache
def _positions(device: str, ninth: bool) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Frame from the last one, and place in it, of each bit of a block RAM within its own."""
    places = database(device).rev_logicinfo("BSRAM_INIT")
    along = np.array([places[line][0] - 1 for line in range(len(places))])
    index = np.arange(_NINTH_BITS if ninth else _BITS)
    if ninth:
        word, bit = np.divmod(index, 18)
        # The ninth bit of a byte has the address of the eighth.
        address = 16 * word + bit - (bit >= 8) - (bit == 17)
    else:
        address = index
        bit = address % 16 + (address % 16 >= 8)
    quarter = np.array([0x00, 0x80, 0x40, 0xC0])[address >> 4 & 3]
    return quarter + (address >> 6 & 0x3F), along[4 * bit + (address >> 12)]
