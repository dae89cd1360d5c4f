"""Behavioral models of memory macros, in place of those of the kits, which are not at hand.

They were written from the ports and the behavior that the kits publish; where a kit states nothing,
an output is unknown.
"""

from __future__ import annotations

from pathlib import Path

from hawx_hw.flows.memories.families import Family, Macro

__all__ = ["BENCH", "model_text"]

_FOLDER = Path(__file__).parent / "models"
BENCH = (_FOLDER / "bench.v").read_text("utf-8")

_SECOND_PORT = """,
    input  wire B_CLK, B_MEN, B_WEN, B_REN, B_DLY,
    input  wire [ADDRESS-1:0] B_ADDR,
    input  wire [WIDTH-1:0] B_DIN, B_BM,
    output reg  [WIDTH-1:0] B_DOUT,
    input  wire B_BIST_CLK, B_BIST_EN, B_BIST_MEN, B_BIST_WEN, B_BIST_REN,
    input  wire [ADDRESS-1:0] B_BIST_ADDR,
    input  wire [WIDTH-1:0] B_BIST_DIN, B_BIST_BM"""
_SECOND_BODY = """
    always @(posedge B_CLK) begin
        if (B_BIST_EN !== 1'b0 || B_DLY !== 1'b1) B_DOUT <= {WIDTH{1'bx}};
        else if (B_MEN && B_WEN) words[B_ADDR] <= (words[B_ADDR] & ~B_BM) | (B_DIN & B_BM);
        else if (B_MEN && B_REN) B_DOUT <= words[B_ADDR];
    end"""


def model_text(family: Family, macro: Macro) -> str:
    """Verilog that behaves as a macro."""
    text = (_FOLDER / f"{family.name}.v").read_text("utf-8")
    mask = f"input wire [{macro.width // 8 - 1}:0] wmask0," if macro.width > 8 else ""
    two = macro.ports == 2
    changes = {
        "SECOND": _SECOND_PORT if two else "",
        "BODY": _SECOND_BODY if two else "",
        "MASKBIT": "wmask0[lane]" if mask else "1'b1",
        "MASK": mask,
        "NAME": macro.name,
        "WORDS": str(macro.words),
        "WIDTH": str(macro.width),
        "ADDRESS": str(macro.address_width),
    }
    for word, instead in changes.items():
        text = text.replace(word, instead)
    return text
