"""Ports, as the Verilog of a top module declares them."""

from __future__ import annotations

from pathlib import Path

import pytest

from hawx_hw.errors import UserError
from hawx_hw.flows.ports import Port, top_ports
from tests.flows.builds import small_build

PLAIN = """module top(clk, d, \\one.bit , q);
  input clk;
  input signed [7:0] d;
  output [0:0] \\one.bit ;
  output [0:15] q;
endmodule
"""
PORTS = (
    Port("clk", "input", 1),
    Port("d", "input", 8, bus=True),
    Port("one.bit", "output", 1, bus=True),
    Port("q", "output", 16, bus=True),
)


def test_directions_and_widths(tmp_path: Path) -> None:
    (tmp_path / "other.v").write_text("module other(input a); endmodule\n")
    (tmp_path / "top.v").write_text(PLAIN)
    assert top_ports([tmp_path / "other.v", tmp_path / "top.v"], "top") == PORTS


def test_ports_in_the_list_itself(tmp_path: Path) -> None:
    (tmp_path / "top.v").write_text("module top(input clk, inout [3:0] pad); endmodule\n")
    assert top_ports([tmp_path / "top.v"], "top") == (
        Port("clk", "input", 1),
        Port("pad", "inout", 4, bus=True),
    )


@pytest.mark.parametrize(
    "text", ["module top(input [W:0] a); endmodule\n", "module top(input a; endmodule\n", ""]
)
def test_what_cannot_be_read_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "top.v").write_text(text)
    with pytest.raises(UserError, match="The ports of top cannot be read") as caught:
        top_ports([tmp_path / "top.v"], "top")
    assert caught.value.where == str(tmp_path / "top.v")


def test_a_missing_top_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="The ports of top cannot be read"):
        top_ports([tmp_path / "other.v"], "top")


@pytest.mark.parametrize("architecture", ["systolic", "simt"])
def test_an_accelerator_has_a_clock_a_reset_and_its_buses(
    tmp_path: Path, architecture: str
) -> None:
    build = small_build(tmp_path, architecture=architecture)
    ports = {port.name: port for port in top_ports(build.sources, build.program.top)}
    assert ports["clk"] == Port("clk", "input", 1)
    assert ports["rst"] == Port("rst", "input", 1)
    assert ports["s_axil_wdata"] == Port("s_axil_wdata", "input", 32, bus=True)
    assert ports["m_axis_tdata"] == Port("m_axis_tdata", "output", 8, bus=True)
