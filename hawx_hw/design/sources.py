"""The emitted Verilog, as simulation and synthesis read it."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from hawx_hw.errors import UserError
from hawx_hw.util.files import read_text, sha256_file

__all__ = [
    "ANYWHERE_LIST",
    "FILE_LIST",
    "FOLDER_VARIABLE",
    "WAIVERS",
    "accelerator_digest",
    "memory_images",
    "verilog_sources",
]

#: In ``rtl/``: the names of the Verilog files in the order in which they are read.
FILE_LIST = "filelist.f"
#: In ``rtl/``: the same files, for tools that run elsewhere.
ANYWHERE_LIST = "filelist_anywhere.f"
#: The variable of the environment that names the folder of the files of :data:`ANYWHERE_LIST`.
FOLDER_VARIABLE = "HAWX_RTL"
#: In ``rtl/``: the warnings that Verilator is not to report.
WAIVERS = "hawx_waivers.vlt"

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)*\.v")


def verilog_sources(folder: Path) -> list[Path]:
    """The Verilog files of the accelerator in a folder, in order.

    Raises
    ------
    UserError
        There is no accelerator, or its list names something else than files beside it.
    """
    path = folder / "rtl" / FILE_LIST
    try:
        names = read_text(path).split()
    except (OSError, ValueError):
        raise UserError(
            f"There is no accelerator in {folder}.", hint="Emit it first: hawx emit CONFIG"
        ) from None
    for name in names:
        if not _NAME.fullmatch(name):
            raise UserError(
                f"{name!r} is no name of an emitted Verilog file.",
                where=str(path),
                hint="Remove the folder and run hawx emit CONFIG again.",
            )
    return [path.parent / name for name in names]


def memory_images(folder: Path) -> list[Path]:
    """The files with the contents of memories, by name; a loadable accelerator has one packet."""
    return sorted((folder / "mem").iterdir())


def accelerator_digest(folder: Path) -> str:
    """SHA-256 of the Verilog and the memory images, by which a result is known as its own.

    Raises
    ------
    UserError
        See :func:`verilog_sources`.
    """
    total = hashlib.sha256()
    for path in (*verilog_sources(folder), *memory_images(folder)):
        total.update(f"{path.name} {sha256_file(path)}\n".encode())
    return total.hexdigest()
