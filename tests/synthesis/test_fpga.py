"""FPGA synthesis of designs of which the cells are known by counting."""

from __future__ import annotations

from pathlib import Path

import pytest

from hawx_hw.errors import UserError
from hawx_hw.synthesis import fpga
from hawx_hw.synthesis.fpga import synthesize_fpga, synthesize_fpga_all
from hawx_hw.synthesis.fpga_worker import script
from hawx_hw.synthesis.modules import map_designs
from hawx_hw.synthesis.store import Store
from hawx_hw.technology import FpgaFamily, load

ECP5, ICE40 = FpgaFamily("ecp5", "ecp5"), FpgaFamily("ice40", "ice40")
REGISTERS = {
    "top.v": "module top(input clk, input [7:0] a, output reg [7:0] q);"
    " always @(posedge clk) q <= ~a; endmodule"
}
ENABLED = {
    "top.v": "module top(input clk, en, input [15:0] a, output reg [15:0] q);"
    " always @(posedge clk) if (en) q <= a; endmodule"
}
MULTIPLIER = {
    "mul.v": "module mul(input signed [7:0] a, b, output signed [15:0] p);"
    " assign p = a * b; endmodule"
}
MEMORY = {
    "mem.v": """module mem(input clk, input we, input [8:0] at, to, input [15:0] d,
  output reg [15:0] q);
  reg [15:0] words [0:511];
  always @(posedge clk) begin if (we) words[to] <= d; q <= words[at]; end
endmodule"""
}


@pytest.mark.parametrize("family", [ECP5, ICE40])
def test_registers_behind_inverters(family: FpgaFamily) -> None:
    result = synthesize_fpga(REGISTERS, "top", family)
    assert (result.flip_flops, result.luts) == (8, 8)
    assert (result.carries, result.dsps, result.block_rams) == (0, 0, 0)


@pytest.mark.parametrize("family", [ECP5, ICE40])
def test_clocks_are_not_gated(family: FpgaFamily) -> None:
    """A cell library's clock gate takes the enable; an FPGA's flip-flops take it themselves."""
    result = synthesize_fpga(ENABLED, "top", family)
    # Nothing but flip-flops is left that could stop a clock: no table, no latch, no clock buffer.
    (kind,) = result.cells
    assert (kind, result.cells[kind]) == (
        {"ecp5": "TRELLIS_FF", "ice40": "SB_DFFE"}[family.family],
        16,
    )
    assert not any("clockgate" in command for command in script(family.family, "t", 1, dsp=True))
    (mapped,) = map_designs([(ENABLED, "top")], load("generic45"), clock_gating=True)
    gates = {name for name, cell in mapped.netlist.library.cells.items() if cell.clock_gate}
    assert gates & set(mapped.netlist.report().cells_by_kind)


@pytest.mark.parametrize("family", [ECP5, ICE40])
def test_an_exact_multiplier_is_one_dsp_or_many_tables(family: FpgaFamily) -> None:
    hard = synthesize_fpga(MULTIPLIER, "mul", family, dsp=True)
    soft = synthesize_fpga(MULTIPLIER, "mul", family, dsp=False)
    assert (hard.dsps, soft.dsps) == (1, 0)
    assert hard.luts < 5
    assert soft.luts > 60
    assert soft.carries > 0
    assert hard.key != soft.key
    # Whatever is counted is among the cells, and nothing was left over.
    assert not [kind for kind in {*hard.cells, *soft.cells} if kind.startswith("$_")]


@pytest.mark.parametrize(("family", "memories"), [(ECP5, 1), (ICE40, 2)])
def test_a_memory_of_8192_bits(family: FpgaFamily, memories: int) -> None:
    assert synthesize_fpga(MEMORY, "mem", family).block_rams == memories


def test_runs_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path / "store.sqlite")
    first = synthesize_fpga(REGISTERS, "top", ICE40, store=store)
    (entry,) = store.lookup(first.key)
    assert entry.result == first.cells
    assert entry.inputs["sources"] == list(REGISTERS.values())
    monkeypatch.setattr(fpga, "run_yosys", lambda *_, **__: pytest.fail("ran again"))
    assert synthesize_fpga(REGISTERS, "top", ICE40, store=store) == first


def test_several_at_a_time_keep_their_order() -> None:
    reports: list[tuple[int, int]] = []
    result = synthesize_fpga_all(
        [(REGISTERS, "top", True), (MULTIPLIER, "mul", True), (MULTIPLIER, "mul", False)],
        ECP5, jobs=2, progress=lambda done, total: reports.append((done, total)),
    )  # fmt: skip
    assert [f.flip_flops for f in result] == [8, 0, 0]
    assert [f.dsps for f in result] == [0, 1, 0]
    assert sorted(reports) == [(1, 3), (2, 3), (3, 3)]


def test_scripts() -> None:
    assert script("ecp5", "t", 2, dsp=True)[:2] == ["read_verilog 0.v 1.v", "synth_ecp5 -top t"]
    assert script("ecp5", "t", 1, dsp=False)[1] == "synth_ecp5 -top t -nodsp"
    assert script("ice40", "t", 1, dsp=True)[1] == "synth_ice40 -top t -dsp"
    assert script("ice40", "t", 1, dsp=False)[1] == "synth_ice40 -top t"


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one file, not none"):
        synthesize_fpga({}, "top", ECP5)
    with pytest.raises(ValueError, match="top must be a plain name, not 'a; b'"):
        synthesize_fpga(REGISTERS, "a; b", ECP5)
    with pytest.raises(ValueError, match="jobs must be at least 1, not 0"):
        synthesize_fpga_all([], ECP5, jobs=0)
    with pytest.raises(UserError, match="Yosys refused"):
        synthesize_fpga({"x.v": "module x(; endmodule"}, "x", ECP5)


def test_what_counts_as_what() -> None:
    cells = {"LUT4": 3, "CCU2C": 2, "TRELLIS_DPR16X4": 1, "TRELLIS_FF": 5, "MULT18X18D": 1}
    result = fpga._metrics("ecp5", {**cells, "PFUMX": 7, "DP16KD": 2}, "key")
    assert (result.luts, result.carries, result.flip_flops) == (3 + 2 * 2 + 4, 2, 5)
    assert (result.dsps, result.block_rams) == (1, 2)
    cells = {"SB_LUT4": 3, "SB_CARRY": 2, "SB_DFF": 1, "SB_DFFESR": 2, "SB_MAC16": 1}
    result = fpga._metrics("ice40", {**cells, "SB_RAM40_4K": 4}, "key")
    assert (result.luts, result.carries, result.flip_flops) == (3, 2, 3)
    assert (result.dsps, result.block_rams) == (1, 4)
