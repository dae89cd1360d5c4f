"""Small designs of PEs or lanes, mapped onto standard cells."""

from __future__ import annotations

from hawx_hw.netlist.netlist import Netlist
from hawx_hw.synthesis.modules import map_designs
from hawx_hw.synthesis.store import Store
from hawx_hw.technology import Technology

_BLOCKS = """
module hawx_block_and(input [1:0] a, input [1:0] b, output [3:0] product);
  assign product = {2'b00, a & b};
endmodule
module hawx_block_or(input [1:0] a, input [1:0] b, output [3:0] product);
  assign product = {a | b, 2'b01};
endmodule
"""
_UNIT = """
module hawx_{kind}_{block}(input clk, input [1:0] weight, input [1:0] activation,
    input [3:0] sum_in, output reg [3:0] sum_out);
  wire [3:0] product;
  hawx_block_{block} multiplier(.a(weight), .b(activation), .product(product));
  always @(posedge clk) sum_out <= sum_in ^ product;
endmodule
"""


def array_design(technology: Technology, store: Store, rows: int = 3, columns: int = 2) -> Netlist:
    """PEs whose sums move down; the first row's sums are 0, and row 0 holds another block."""
    lines, last = [], "out"
    for row in range(rows):
        for column in range(columns):
            block = "or" if row == 0 else "and"
            above = "4'h0" if row == 0 else f"s_{row - 1}_{column}"
            wire = f"{last}[{4 * column} +: 4]" if row == rows - 1 else f"s_{row}_{column}"
            if row != rows - 1:
                lines.append(f"wire [3:0] {wire};")
            lines.append(
                f"hawx_pe_{block} pe_{row}_{column}(.clk(clk), .weight(w[{2 * column} +: 2]), "
                f".activation(a[{2 * row} +: 2]), .sum_in({above}), .sum_out({wire}));"
            )
    body = "\n".join(lines)
    top = (
        f"module hawx_array_slice(input clk, input [{2 * columns - 1}:0] w, "
        f"input [{2 * rows - 1}:0] a, output [{4 * columns - 1}:0] out);\n{body}\nendmodule\n"
    )
    units = "".join(_UNIT.format(kind="pe", block=block) for block in ("and", "or"))
    return _mapped(_BLOCKS + units + top, "hawx_array_slice", technology, store)


def lane_design(technology: Technology, store: Store, lanes: int = 6) -> Netlist:
    """Lanes that share an activation."""
    body = "\n".join(
        f"hawx_lane_and lane_{lane}(.clk(clk), .weight(w[{2 * lane} +: 2]), .activation(a), "
        f".sum_in(s[{4 * lane} +: 4]), .sum_out(o[{4 * lane} +: 4]));"
        for lane in range(lanes)
    )
    top = (
        f"module hawx_cluster(input clk, input [{2 * lanes - 1}:0] w, input [1:0] a, "
        f"input [{4 * lanes - 1}:0] s, output [{4 * lanes - 1}:0] o);\n{body}\nendmodule\n"
    )
    unit = _UNIT.format(kind="lane", block="and")
    return _mapped(_BLOCKS + unit + top, "hawx_cluster", technology, store)


def _mapped(text: str, top: str, technology: Technology, store: Store) -> Netlist:
    (mapped,) = map_designs([({"design.v": text}, top)], technology, store=store)
    return mapped.netlist
