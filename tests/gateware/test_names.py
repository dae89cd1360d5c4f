"""Blocks are recognized by the names of their modules, and taken for nothing else."""

from __future__ import annotations

from pathlib import Path

from hawx_hw.blocks import by_name
from hawx_hw.gateware.block_verilog import implementation_verilog
from hawx_hw.gateware.names import BLOCK
from hawx_hw.util.resources import rtl_templates


def test_a_block_by_itself() -> None:
    block = by_name("exact")
    (design,) = implementation_verilog([(block, block.implementations[0])])
    assert design.top.startswith(BLOCK)


def test_memory_macros_are_no_blocks() -> None:
    names = [path.stem for path in Path(rtl_templates()).glob("*.v")]
    assert names
    assert not [name for name in names if name.startswith(BLOCK)]
