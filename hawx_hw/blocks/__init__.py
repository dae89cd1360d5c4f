"""Blocks: the multipliers that the hardware may hold."""

from hawx_hw.blocks.block import Block
from hawx_hw.blocks.registry import by_name

__all__ = ["Block", "by_name"]
