"""Memories: read back word by word from real netlists; what is wrong with one is seen."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from hawx_hw.flows.fpga.cells import CELLS
from hawx_hw.flows.fpga.memories import (
    ReadOnlyMemory,
    check_contents,
    check_writable,
    read_only_memories,
    read_words,
)
from hawx_hw.flows.fpga.netlist import UNKNOWN, Netlist
from hawx_hw.flows.result import Check
from tests.flows.fpga.synthesized import Synthesized, synthesize

#: Width and depth: one block RAM, several side by side, several one behind the other, logic.
SHAPES = ((8, 700), (9, 300), (36, 400), (40, 130), (18, 1100), (4, 3000), (2, 4500), (7, 5))
FAMILIES = ("ecp5", "gowin", "ice40")


def memory_words(width: int, depth: int) -> list[int]:
    generator = random.Random(width * 10007 + depth)
    return [generator.getrandbits(width) for _ in range(depth)]


def verilog() -> str:
    """A top with a memory of every shape, read at an address that is shifted in."""
    instances = "".join(
        f"""
    wire [{width - 1}:0] data_{index};
    hawx_rom #(.WIDTH({width}), .DEPTH({depth}), .ADDRESS_WIDTH({(depth - 1).bit_length()}),
               .INIT_FILE("rom_{index}.hex")) rom_{index} (
        .clk(clk), .read_enable(enable), .read_address(address[{(depth - 1).bit_length() - 1}:0]),
        .read_data(data_{index}));
    assign each[{index}] = ^data_{index};
"""
        for index, (width, depth) in enumerate(SHAPES)
    )
    return f"""module hawx_top(input clk, input in, input enable, output out);
    reg [15:0] address;
    wire [{len(SHAPES) - 1}:0] each;
    reg result;
    always @(posedge clk) begin
        address <= {{address[14:0], in}};
        result <= ^(each & address[{len(SHAPES) - 1}:0]);
    end
    assign out = result;
{instances}
endmodule
"""


@pytest.fixture(scope="module", params=FAMILIES)
def read_only(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Synthesized]:
    folder = tmp_path_factory.mktemp(request.param) / "design"
    files = {f"rom_{index}.hex": memory_words(*shape) for index, shape in enumerate(SHAPES)}
    return request.param, synthesize(request.param, folder, verilog(), files)


def contents(family: str, design: Synthesized, folder: Path | None = None) -> Check:
    memories = read_only_memories(design.folder / "hierarchy.json", "hawx_top")
    return check_contents(
        design.netlist, design.unmapped, memories, folder or design.folder, design.log,
        CELLS[family],
    )  # fmt: skip


def test_every_word_is_read_back(read_only: tuple[str, Synthesized]) -> None:
    family, design = read_only
    memories = read_only_memories(design.folder / "hierarchy.json", "hawx_top")
    assert [(memory.width, memory.depth) for memory in memories] == list(SHAPES)
    netlist = design.netlist
    for index, memory in enumerate(memories[:-1]):
        words = read_words(netlist, memory, CELLS[family])
        weights = np.array([1 << place for place in range(memory.width)], object)
        assert (words != UNKNOWN).all(), memory
        assert (words.astype(object) @ weights).tolist() == memory_words(*SHAPES[index]), memory
    result = contents(family, design)
    assert result.passed, result.detail
    ram = sum(depth for _, depth in SHAPES[:-1])
    assert result.detail == f"{ram:,} words in RAM, 5 in logic, of 8 files"


@pytest.mark.parametrize("index", range(len(SHAPES)))
def test_one_bit_of_one_word_is_seen(
    read_only: tuple[str, Synthesized], index: int, tmp_path: Path
) -> None:
    family, design = read_only
    for other, shape in enumerate(SHAPES):
        words = memory_words(*shape)
        if other == index:
            words[-1] ^= 1 << (shape[0] - 1)
        (tmp_path / f"rom_{other}.hex").write_text("".join(f"{word:x}\n" for word in words))
    result = contents(family, design, tmp_path)
    assert not result.passed
    assert result.detail == f"rom_{index}.hex: 1 of {SHAPES[index][1]} words differ"


def test_a_file_that_is_too_short_is_seen(
    read_only: tuple[str, Synthesized], tmp_path: Path
) -> None:
    family, design = read_only
    for index, shape in enumerate(SHAPES):
        text = "".join(f"{word:x}\n" for word in memory_words(*shape)[: 100 if index else None])
        (tmp_path / f"rom_{index}.hex").write_text(text)
    assert "rom_2.hex: 300 of 400 words differ" in contents(family, design, tmp_path).detail


def test_a_memory_that_is_not_in_the_netlist_is_unknown() -> None:
    netlist = Netlist({"netnames": {}, "cells": {}})
    words = read_words(netlist, ReadOnlyMemory("gone", 2, 3, "gone.hex"), {})
    assert words.tolist() == [[UNKNOWN] * 2] * 3


def test_no_memory_is_no_failure_without_files(tmp_path: Path) -> None:
    empty = Netlist({})
    assert check_contents(empty, empty, [], tmp_path, "", {}).passed
    (tmp_path / "rom.hex").write_text("1\n")
    result = check_contents(empty, empty, [], tmp_path, "", {})
    assert not result.passed
    assert result.detail == "in no memory of the design: rom.hex"


WRITTEN = """module hawx_top(input clk, input in, input enable, output out);
    reg [23:0] address;
    wire [7:0] a;
    wire [15:0] b;
    always @(posedge clk) address <= {address[22:0], in};
    hawx_sdp_ram #(.WIDTH(8), .DEPTH(64), .ADDRESS_WIDTH(6)) plain (
        .clk(clk), .write_enable(enable), .write_address(address[5:0]), .write_data(address[7:0]),
        .read_enable(enable), .read_address(address[15:10]), .read_data(a));
    hawx_sp_ram #(.WIDTH(16), .DEPTH(4), .ADDRESS_WIDTH(2)) small (
        .clk(clk), .enable(enable), .write(address[20]), .address(address[1:0]),
        .write_data(address[15:0]), .read_data(b));
    assign out = ^a ^ ^b;
endmodule
"""


@pytest.mark.parametrize(
    ("family", "block_words", "kinds"),
    [("ecp5", 0, "TRELLIS_DPR16X4"), ("gowin", 0, "GOWIN_LUTRAM"), ("ice40", 1024, "ICE40_RAM4K")],
)
def test_memories_that_are_written_are_in_ram(
    tmp_path: Path, family: str, block_words: int, kinds: str
) -> None:
    design = synthesize(family, tmp_path / "design", WRITTEN, {}, block_words=block_words)
    result = check_writable(design.writable, design.log)
    assert result.passed
    assert result.detail == f"2 memories are in {kinds}"


def test_a_memory_in_flip_flops_is_seen(tmp_path: Path) -> None:
    # Where the device has no distributed RAM, Yosys makes flip-flops of small memories.
    design = synthesize("ice40", tmp_path / "design", WRITTEN, {})
    result = check_writable(design.writable, design.log)
    assert not result.passed
    assert result.detail == "small.words is in flip-flops"


def test_a_memory_of_which_nothing_is_said_is_a_failure() -> None:
    log = "mapping memory hawx_top.a.words via $__DP16KD_\n"
    assert check_writable("hawx_top/a.words\n", log).passed
    result = check_writable("hawx_top/a.words\nhawx_top/b.words\n", log)
    assert result == Check(
        name="no memory that is written is in flip-flops",
        passed=False,
        detail="the log does not state what b.words is in",
    )
    assert check_writable("", log).detail == "no memory was seen"
