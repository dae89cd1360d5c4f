"""Blocks are recognized by the names of their modules, and taken for nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from hawx_hw.blocks import by_name
from hawx_hw.gateware.block_verilog import implementation_verilog
from hawx_hw.gateware.names import BLOCK, kind_of, part_of
from hawx_hw.util.resources import rtl_templates


def test_a_block_by_itself() -> None:
    block = by_name("exact")
    (design,) = implementation_verilog([(block, block.implementations[0])])
    assert design.top.startswith(BLOCK)


def test_memory_macros_are_no_blocks() -> None:
    names = [path.stem for path in Path(rtl_templates()).glob("*.v")]
    assert names
    assert not [name for name in names if name.startswith(BLOCK)]


@pytest.mark.parametrize(
    ("module", "kind"),
    [
        ("hawx_front_end", "front_end"),
        ("hawx_front_end.decoder", "front_end"),
        ("hawx_cluster_3.lane_2.sum", "cluster"),
        ("hawx_lane_drum_k_4.multiplier", "lanes"),
        ("hawx_block_drum_k_4.adder", "blocks"),
    ],
)
def test_what_is_written_anew_for_an_instance_is_of_the_parents_kind(
    module: str, kind: str
) -> None:
    prefixes, parts = {"hawx_lane_": "lanes"}, {"front_end": "front", "blocks": "blocks"}
    assert kind_of(module, prefixes) == kind
    if kind in parts:
        assert part_of(module, parts, prefixes) == parts[kind]
