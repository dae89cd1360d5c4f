"""The longest path of the multiply engine stays within the clock that it is pipelined for."""

from __future__ import annotations

import pytest

from hawx_hw.architectures.simt.descriptors import Stream
from hawx_hw.architectures.simt.gateware.multiply_engine import MultiplyEngine
from hawx_hw.architectures.simt.lanes import LaneBlocks
from hawx_hw.architectures.simt.stream_words import StreamFormat
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.blocks import by_name
from hawx_hw.gateware.hierarchy import Emission
from hawx_hw.gateware.verilog import verilog_modules
from hawx_hw.netlist.timing import longest_path
from hawx_hw.synthesis.implementations import choose_all
from hawx_hw.synthesis.modules import map_designs
from hawx_hw.technology import load
from hawx_hw.util.resources import rtl_templates

#: Of generic45, without wires; in ns.
LIMIT = 1.3
TECHNOLOGY = load("generic45")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("lanes", "names", "instructions"),
    [
        (8, ("exact", "drum(3)"), ()),
        (16, ("exact", "drum(3)"), ()),
        # Without a register after the blocks, which hold products alone.
        (8, ("exact",), ("HALT", "MAC", "MAC.z", "QST")),
    ],
)
def test_longest_path(lanes: int, names: tuple[str, ...], instructions: tuple[str, ...]) -> None:
    """A program with all loops, edges, pixel groups where there are some, and some blocks."""
    unit = Unit(
        lanes=lanes, block_register=not instructions, scalar_bits=12, register_bits=23,
        activation_words=360, instructions=instructions,
    )  # fmt: skip
    groups = unit.groups[-1]
    packed = Stream(
        taps=5, tap_step=1, tap_x=1, across=2, across_step=1, across_x=1, beat_step=2 * groups,
        beat_x=2 * groups, down=2, down_step=32, down_y=1, kernel_y=5, kernel_y_step=32,
        kernel_y_y=1, groups=groups, group_step=2, group_x=2, words=3, word_step=8,
    )  # fmt: skip
    padded = Stream(
        taps=8, tap_step=1, beat_step=8, beat_x=1, kernel_x=3, kernel_x_step=8, kernel_x_x=1,
        kernel_y=3, kernel_y_step=128, kernel_y_y=1, blocks=4, block_step=512, width=32,
        height=32, pad=-128,
    )  # fmt: skip
    streams = (packed, padded)
    blocks = tuple(by_name(name) for name in names)
    engine = MultiplyEngine(
        unit,
        StreamFormat.of(streams, unit),
        LaneBlocks.uniform(blocks, lanes),
        streams=len(streams),
        weights=1000,
        implementations=choose_all(blocks, TECHNOLOGY),
    )
    emission = Emission()
    emission.define("hawx_multiply_engine", engine)
    sources = {f"{name}.v": text for name, text in verilog_modules(emission).items()}
    for path in sorted(rtl_templates().glob("*.v")):
        sources[path.name] = path.read_text()
    (design,) = map_designs([(sources, "hawx_multiply_engine")], TECHNOLOGY)
    path, _ = longest_path(design.flat)
    assert path.delay <= LIMIT, (path.module, path.end)
