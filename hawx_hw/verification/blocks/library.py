"""The blocks that are proven: what every family's file lists."""

from __future__ import annotations

import importlib

from hawx_hw.blocks import registry
from hawx_hw.blocks.block import Block
from hawx_hw.errors import UserError

__all__ = ["library"]


def library(family: str | None = None) -> list[Block]:
    """Every block that the families list, or those of one family.

    Blocks of two families are all there even where their tables are equal: each has gateware of
    its own.

    Raises
    ------
    UserError
        There is no such family.
    """
    if family is not None and family not in registry.FAMILIES:
        raise UserError(
            f"Unknown family {family!r}",
            mend=f"The families are: {', '.join(sorted(registry.FAMILIES))}.",
        )
    modules = dict.fromkeys(module for module, _ in registry.FAMILIES.values())
    blocks: list[Block] = []
    for name in modules:
        blocks += importlib.import_module(name).catalogue()
    return [block for block in dict.fromkeys(blocks) if family in (None, block.family)]
