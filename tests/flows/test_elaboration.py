"""Designs as slang elaborates them."""

from __future__ import annotations

from pathlib import Path

from hawx_hw.flows.elaboration import elaborate


def files(folder: Path, **texts: str) -> list[Path]:
    paths = [folder / f"{name}.v" for name in texts]
    for path, text in zip(paths, texts.values(), strict=True):
        path.write_text(text)
    return paths


def test_ports_have_directions_and_widths(tmp_path: Path) -> None:
    top = """
    module top #(parameter WIDTH = 4) (input clk, input [WIDTH-1:0] a, output reg [7:0] b, inout c);
        wire \\a.b ;
        always @(posedge clk) b <= a;
        part p(.x(a[0]));
    endmodule
    """
    design = elaborate(files(tmp_path, top=top, part="module part(input x); endmodule"))
    assert design.errors == ()
    assert design.tops == ["top"]
    assert design.ports("top") == {
        "clk": ("input", 1),
        "a": ("input", 4),
        "b": ("output", 8),
        "c": ("inout", 1),
    }
    assert design.ports("part") == {}


def test_errors_name_file_and_line(tmp_path: Path) -> None:
    design = elaborate(files(tmp_path, top="module top;\n  missing m();\nendmodule\n"))
    assert design.errors == ("top.v:2:3: error: unknown module 'missing'",)
    design = elaborate(files(tmp_path, top="module top(input a; endmodule\n"))
    assert len(design.errors) >= 1
    assert design.errors[0].startswith("top.v:1:")
