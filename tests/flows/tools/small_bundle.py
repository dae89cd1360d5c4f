"""An accelerator of a few lines of Verilog, whose RAMs are large enough for macros."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from hawx_hw.config.base import Model
from hawx_hw.config.flows import flow_named, options_model
from hawx_hw.config.models import Config
from hawx_hw.flows.base import Build
from hawx_hw.flows.environments import is_installed
from hawx_hw.technology import load
from hawx_hw.util.resources import rtl_templates

__all__ = ["needs_environment", "options_of", "small_accelerator"]

TOP = """\
module hawx_accelerator (
  input clk,
  input rst,
  input s_valid,
  input [7:0] s_data,
  output [15:0] m_data
);
  hawx_core core (.clk(clk), .rst(rst), .valid(s_valid), .data(s_data), .result(m_data));
endmodule
"""
CORE = """\
module hawx_core (
  input wire clk, input wire rst, input wire valid, input wire [7:0] data, output wire [15:0] result
);
  reg [9:0] count;
  wire [39:0] wide;
  wire [7:0] narrow;
  wire [11:0] table_word;
  wire [15:0] few;
  always @(posedge clk) if (rst) count <= 0; else if (valid) count <= count + 1;
  hawx_sdp_ram #(.WIDTH(40), .DEPTH(600), .ADDRESS_WIDTH(10)) activations (
    .clk(clk), .write_enable(valid), .write_address(count), .write_data({5{data}}),
    .read_enable(1'b1), .read_address(~count), .read_data(wide));
  hawx_sp_ram #(.WIDTH(8), .DEPTH(1024), .ADDRESS_WIDTH(10)) weights (
    .clk(clk), .enable(1'b1), .write(valid), .address(count), .write_data(data),
    .read_data(narrow));
  hawx_sdp_ram #(.WIDTH(16), .DEPTH(5), .ADDRESS_WIDTH(3)) counters (
    .clk(clk), .write_enable(valid), .write_address(count[2:0]), .write_data({2{data}}),
    .read_enable(1'b1), .read_address(count[5:3]), .read_data(few));
  hawx_rom #(.WIDTH(12), .DEPTH(4), .ADDRESS_WIDTH(2), .INIT_FILE("table.hex")) steps (
    .clk(clk), .read_enable(1'b1), .read_address(count[1:0]), .read_data(table_word));
  assign result = wide[15:0] ^ {8'd0, narrow} ^ {4'd0, table_word} ^ few ^ wide[31:16];
endmodule
"""


def small_accelerator(folder: Path) -> Build:
    """Write it into ``folder``, as ``hawx emit`` writes an accelerator."""
    rtl = folder / "rtl"
    rtl.mkdir(parents=True)
    names = ["hawx_sdp_ram.v", "hawx_sp_ram.v", "hawx_rom.v"]
    for name in names:
        (rtl / name).write_bytes((rtl_templates() / name).read_bytes())
    (rtl / "hawx_core.v").write_bytes(CORE.encode())
    (rtl / "hawx_accelerator.v").write_bytes(TOP.encode())
    names += ["hawx_core.v", "hawx_accelerator.v"]
    (rtl / "filelist.f").write_bytes("".join(f"{name}\n" for name in names).encode())
    (folder / "mem").mkdir()
    (folder / "mem" / "table.hex").write_bytes(b"001\n123\nfff\n0a0\n")
    config = {"name": "few-lines", "network": {"model": "lenet5", "dataset": "digits"}}

    def nothing(*_: object) -> None:
        raise AssertionError("a bundle needs no network")

    return Build(
        folder=folder,
        config=Config.model_validate(config),
        base=Path(),
        program=SimpleNamespace(top="hawx_accelerator"),  # type: ignore[arg-type]
        technology=lambda: load("generic45"),
        plan=nothing,  # type: ignore[arg-type]
        images=nothing,  # type: ignore[arg-type]
    )


def options_of(flow: str, **given: object) -> Model:
    """The options of a flow, some of them other than by default."""
    return options_model(flow_named(flow))(**given)


def needs_environment(flow: str) -> None:
    """Skip where the flow's own Python environment is not installed."""
    if not is_installed(flow_named(flow)):
        pytest.skip(f"its environment is not installed; install it with: hawx flow install {flow}")
