"""The available blocks: each table once, with all its names."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Iterable
from dataclasses import dataclass

from hawx_hw.blocks.block import Block
from hawx_hw.blocks.evoapprox import circuit_of
from hawx_hw.blocks.members import equal_members
from hawx_hw.blocks.registry import FAMILIES
from hawx_hw.blocks.user.import_store import imported_blocks
from hawx_hw.errors import UserError

__all__ = ["Entry", "catalogue", "library", "library_entries", "other_names"]


@dataclass(frozen=True, eq=False)
class Entry:
    """A table.

    Parameters
    ----------
    block : Block
        The first block that has it.
    others : tuple of str
        The other names for it.
    """

    block: Block
    others: tuple[str, ...]


@functools.cache
def library() -> tuple[Block, ...]:
    """The blocks that the families list, in their order; some share a table."""
    modules = dict.fromkeys(module for module, _ in FAMILIES.values())
    blocks: list[Block] = []
    for module in modules:
        blocks += importlib.import_module(module).catalogue()
    return tuple(blocks)


def catalogue(family: str | None = None) -> list[Entry]:
    """Every table of the library and of the imported blocks; no two are equal.

    Imported blocks that are damaged are left out; ``ImportStore.load_all`` reports them.

    A table is listed under the first of the names that it has, families in the order of
    :data:`~hawx_hw.blocks.registry.FAMILIES`, imported blocks last.

    Parameters
    ----------
    family : str or None
        Only the tables that have a block of this family, under its name; ``import`` for imported
        ones.

    Raises
    ------
    UserError
        There is no such family.
    """
    families = [*FAMILIES, "import"]
    if family is not None and family not in families:
        raise UserError(
            f"There is no family {family!r}", hint=f"The families are: {', '.join(families)}."
        )
    return _entries(_all(), family)


def library_entries() -> list[Entry]:
    """Every table of the library, without imported blocks."""
    return _entries(library(), None)


def other_names(block: Block) -> tuple[str, ...]:
    """The other names of the table of ``block``; none where the table is new.

    Beside those that are listed, the first member of each other family that has the table under
    some parameters.
    """
    listed = [b for b in _all() if b.digest == block.digest]
    families = {block.family, *(b.family for b in listed)}
    unlisted = [b for b in equal_members(block) if b.family not in families]
    return _others(block, [*listed, *unlisted])


def _entries(blocks: Iterable[Block], family: str | None) -> list[Entry]:
    groups: dict[str, list[Block]] = {}
    for block in blocks:
        groups.setdefault(block.digest, []).append(block)
    entries = []
    for equal in groups.values():
        shown = next((block for block in equal if family in (None, block.family)), None)
        if shown is not None:
            entries.append(Entry(shown, _others(shown, equal)))
    return entries


def _all() -> list[Block]:
    return [*library(), *imported_blocks()[0]]


def _others(block: Block, equal: Iterable[Block]) -> tuple[str, ...]:
    names = [b.name for b in equal if b.name != block.name]
    published = circuit_of(block)
    return tuple(dict.fromkeys([*names, *(published.names if published else ())]))
