"""The blocks of an emitted accelerator, as they stand in its Verilog files."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from hawx_hw.blocks.block import identifier_of
from hawx_hw.design.program import EmittedBlock
from hawx_hw.design.sources import verilog_sources
from hawx_hw.errors import UserError
from hawx_hw.gateware.block_verilog import BlockVerilog
from hawx_hw.gateware.names import BLOCK
from hawx_hw.util.files import read_text

__all__ = ["emitted_blocks"]

_MODULE = re.compile(r"\bmodule\s+(\\\S+|[A-Za-z_][\w$]*)")
_NAME = re.compile(r"\\\S+|[A-Za-z_][\w$]*")
_PRODUCT = re.compile(
    r"^\s*output\s+(?:wire\s+|reg\s+)?(?:signed\s+)?\[(\d+):0\]\s+product\b", re.M
)


def emitted_blocks(folder: Path, blocks: Sequence[EmittedBlock]) -> list[BlockVerilog]:
    """Each block as the files of the accelerator that describe it, and no others.

    Parameters
    ----------
    folder : Path
        The build folder.
    blocks : sequence of EmittedBlock
        Of the accelerator in that folder.

    Raises
    ------
    UserError
        There is no accelerator, a file cannot be read, or no module is that of a block.
    """
    files = {path.name: _read(path) for path in verilog_sources(folder)}
    file_of = {
        name.lstrip("\\"): file for file, text in files.items() for name in _MODULE.findall(text)
    }
    return [_block(folder, block, files, file_of) for block in blocks]


def _read(path: Path) -> str:
    try:
        return read_text(path)
    except (OSError, ValueError) as error:
        raise _unusable(f"The file cannot be read: {error}", path) from error


def _block(
    folder: Path, block: EmittedBlock, files: Mapping[str, str], file_of: Mapping[str, str]
) -> BlockVerilog:
    plain = f"{BLOCK}{identifier_of(block.name)}"
    # An architecture may build a block in several ways, and name them.
    top = next((n for n in (plain, f"{plain}_{block.implementation}") if n in file_of), None)
    if top is None:
        raise _unusable(f"No module is that of the block {block.name}.", folder / "rtl")
    text = files[file_of[top]]
    width = _PRODUCT.search(text)
    if width is None:
        raise _unusable(f"The module {top} has no product.", folder / "rtl" / file_of[top])
    # Files without modules may define macros for those behind them.
    used = _used(file_of[top], files, file_of) | (files.keys() - set(file_of.values()))
    own = {name: text for name, text in files.items() if name in used}
    return BlockVerilog(top, int(width[1]) + 1, own)


def _used(first: str, files: Mapping[str, str], file_of: Mapping[str, str]) -> set[str]:
    """The files of all modules that those in a file name, themselves or through others."""
    used, left = {first}, [first]
    while left:
        names = {name.lstrip("\\") for name in _NAME.findall(files[left.pop()])}
        new = {file_of[name] for name in names if name in file_of} - used
        used |= new
        left += sorted(new)
    return used


def _unusable(what: str, path: Path) -> UserError:
    return UserError(what, where=str(path), hint="Emit it again: hawx emit CONFIG")
