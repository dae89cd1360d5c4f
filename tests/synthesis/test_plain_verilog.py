"""Verilog for OpenSTA: macros without parameters, wires without signs, targets one at a time."""

import pytest

from hawx_hw.synthesis.plain_verilog import plain_verilog


def module(*lines: str) -> str:
    return "\n".join(["module top(clk);", *(f"  {line}" for line in lines), "endmodule", ""])


def test_macros_get_a_module_a_shape():
    text, macros = plain_verilog(
        module(
            "hawx_rom #(",
            "  .ADDRESS_WIDTH(32'd1),",
            "  .DEPTH(32'd2),",
            '  .INIT_FILE("words.hex"),',
            "  .WIDTH(32'd2)",
            ") macro (",
            "  .clk(clk)",
            ");",
        )
    )
    shape = {"ADDRESS_WIDTH": 1, "DEPTH": 2, "WIDTH": 2}
    assert macros == {"hawx_rom_address_width1_depth2_width2": ("hawx_rom", shape)}
    assert text == module("hawx_rom_address_width1_depth2_width2 macro (", "  .clk(clk)", ");")


def test_declarations_lose_their_sign():
    text, _ = plain_verilog(module("input signed [7:0] a;", "wire signed signed_;", "wire b;"))
    assert text == module("input [7:0] a;", "wire signed_;", "wire b;")


def test_a_concatenated_target_is_assigned_bit_by_bit():
    declared = ["wire [3:0] a;", "wire b;", "wire [2:1] c;", "wire [1:0] \\$4 ;"]
    text, _ = plain_verilog(
        module(*declared, "assign { a[3:2], b, \\$4 [1], c } = { \\$4 , a[0], 3'h5 };")
    )
    assert text == module(
        *declared,
        "assign a[3] = \\$4 [1];",
        "assign a[2] = \\$4 [0];",
        "assign b = a[0];",
        "assign \\$4 [1] = 1'b1;",
        "assign c[2] = 1'b0;",
        "assign c[1] = 1'b1;",
    )


@pytest.mark.parametrize(
    ("constant", "bits"),
    [
        ("4'ha", "1010"),
        ("6'h0a", "001010"),
        ("3'b1x0", "1x0"),
        ("4'd9", "1001"),
        ("5'hxx", "xxxxx"),
    ],
)
def test_constants(constant, bits):
    names = ", ".join(f"b{i}" for i in range(len(bits)))
    declared = [f"wire b{i};" for i in range(len(bits))]
    text, _ = plain_verilog(module(*declared, f"assign {{ {names} }} = {constant};"))
    assigned = [f"assign b{i} = 1'b{bit};" for i, bit in enumerate(bits)]
    assert text == module(*declared, *assigned)


def test_other_lines_are_left_alone():
    text = module(
        "wire [1:0] a;", "INV g (", "  .A(a[0]),", "  .ZN(a[1])", ");", "assign a = 2'h1;"
    )
    assert plain_verilog(text) == (text, {})
