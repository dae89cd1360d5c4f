"""One text for all tools: what is left out, what is refused, what is set."""

from __future__ import annotations

from pathlib import Path

import pytest

from hawx_hw.block_proofs.imports.preprocess import Source, preprocess
from hawx_hw.errors import UserError

PORTS = "input [7:0] a, b, output [15:0] p"


def source(folder: Path, text: str, suffix: str = ".v", **options) -> Source:
    path = folder / f"mine{suffix}"
    path.write_text(text)
    return preprocess([(path.name, path)], "m", **options)


def body(folder: Path, text: str, **options) -> str:
    """The words between the header of ``m`` and its end."""
    result = source(folder, f"module m({PORTS}); {text} endmodule\n", **options)
    words = " ".join(result.text.split())
    return words.partition("p ) ; ")[2].removesuffix(" endmodule")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("assign #1 p = a;", "assign p = a ;"),
        ("assign #(2:3:4) p = a;", "assign p = a ;"),
        ("not #(1,2) g(p[0], a[0]);", "not g ( p [ 0 ] , a [ 0 ] ) ;"),
        ("buf #0.1 g(p[0], a[0]);", "buf g ( p [ 0 ] , a [ 0 ] ) ;"),
        ("wire #3 t = a[0];", "wire t = a [ 0 ] ;"),
        ("reg t; always @(a) t = #1 a[0];", "reg t ; always @ ( a ) t = a [ 0 ] ;"),
        ("reg t; always @(a) #1 t = a[0];", "reg t ; always @ ( a ) t = a [ 0 ] ;"),
        ("reg t; always @* t <= #(1:2:3) b;", "reg t ; always @ * t <= b ;"),
        (
            "specify (a => p) = 1; if (a[0]) (a => p) = 2; endspecify assign p = 1;",
            "assign p = 1 ;",
        ),
        ("specparam t = 1; assign p = a;", "assign p = a ;"),
        ("specify $setup(a, b, 1); endspecify assign p = 1;", "assign p = 1 ;"),
        ("(* full_case *) assign p = a; /* parallel_case */", "assign p = a ;"),
        ("assign p = /* verilator public */ a; // synopsys full_case", ""),
    ],
)
def test_what_says_nothing_of_the_circuit_is_left_out(
    tmp_path: Path, text: str, expected: str
) -> None:
    assert body(tmp_path, f"{text}\n") == (expected or "assign p = a ;")


@pytest.mark.parametrize(
    "text",
    [
        'initial $system("touch victim");',
        'integer f; initial f = $fopen("victim", "w");',
        'reg [7:0] t[0:9]; initial $readmemh("secret", t);',
        'initial $c("system(0);");',
        "assign p = $random;",
        "initial $finish;",
        "function [7:0] f(input x); begin $stop; f = 1; end endfunction assign p = f(a);",
        "`define HIDDEN $system\n\n`define CALL `HIDDEN\n initial `CALL (0);",
        "genvar i; generate for (i = 0; i < 2; i = i + 1) begin initial $display; end endgenerate",
        "wire x = $root.other.x;",
    ],
)
def test_calls_are_refused(tmp_path: Path, text: str) -> None:
    line = 2 + text.count("\n")
    with pytest.raises(UserError, match=rf"^mine\.v:{line}: \$\w+ is refused"):
        source(tmp_path, f"module m({PORTS});\n{text}\nendmodule\n")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('import "DPI-C" function int system(input string s);', "import of a function in C"),
        ('export "DPI-C" function f;', "export of a function to C"),
        ("bind m other o();", "bind of another module"),
        ("class c; endclass", "class"),
        ("initial forever;", "endless loop"),
        ("initial wait (a);", "wait for an event"),
        ("initial force a = 1;", "force of a signal"),
        ("initial fork join", "fork"),
        ("always p = a * b;", "always block that waits for no change"),
        ("always begin #5 p = a * b; end", "always block that waits for no change"),
        ("always #5 p = a * b;", "always block that waits for no change"),
    ],
)
def test_what_reaches_beyond_the_circuit(tmp_path: Path, text: str, what: str) -> None:
    with pytest.raises(UserError, match=rf"^mine\.sv:2: An? {what}|^mine\.sv:2: The {what}"):
        source(tmp_path, f"module m({PORTS});\n{text}\nendmodule\n", ".sv")


def test_outside_of_modules_too(tmp_path: Path) -> None:
    text = f'import "DPI-C" function void f();\nmodule m({PORTS}); endmodule\n'
    with pytest.raises(UserError, match=r"^mine\.sv:1: The import of a function in C is refused"):
        source(tmp_path, text, ".sv")


def test_modules_that_are_not_held_are_left_out(tmp_path: Path) -> None:
    text = f"""module bench; reg [7:0] a; initial $display("x"); m u(); endmodule
`default_nettype none
primitive t(q, a); output q; input a; table 0 : 1; 1 : 0; endtable endprimitive
module part(input x); generate if (1) inner i(.x(x)); endgenerate endmodule
module inner(input x); missing u(.x(x)); endmodule
module m({PORTS}); part u(.x(a[0])); endmodule
"""
    result = source(tmp_path, text)
    assert result.text.count("endmodule") == 3
    assert "bench" not in result.text
    assert "`default_nettype none" in result.text
    assert result.uses == {"part": "mine.v:6", "inner": "mine.v:4", "missing": "mine.v:5"}


def test_primitives_with_tables(tmp_path: Path) -> None:
    text = f"""primitive t(q, a); output q; input a; table 0 : 1; 1 : 0; endtable endprimitive
module INV(output y, input a); t u(y, a); endmodule
module m({PORTS}); INV u(.y(p[0]), .a(a[0])); endmodule
"""
    with pytest.raises(UserError, match=r"^mine\.v:2: t is a primitive with a table.*--technology"):
        source(tmp_path, text)
    # The library's cell takes the place of that in the file.
    assert "INV (" not in source(tmp_path, text, cells=("INV",)).text


def test_parameters(tmp_path: Path) -> None:
    text = """module m #(parameter N = 4, parameter signed [3:0] K = 2)(input a, output p);
  parameter M = N; localparam L = 1;
endmodule
"""
    values = {"N": "8", "M": "4'd3", "K": "-1"}
    result = " ".join(source(tmp_path, text, parameters=values).text.split())
    assert "parameter N = 8 , parameter signed [ 3 : 0 ] K = -1 )" in result
    assert "parameter M = 4'd3 ; localparam L = 1 ;" in result
    for parameters, message in (
        ({"L": "1"}, r"^mine\.v:1: The module has no parameter 'L'. Its parameters are: N, K, M\."),
        ({"N": "8); evil("}, r"The value of N must be a Verilog number, not '8\); evil\('"),
        ({"N": "$c"}, "must be a Verilog number"),
    ):
        with pytest.raises(UserError, match=message):
            source(tmp_path, text, parameters=parameters)


def test_parameters_without_a_keyword(tmp_path: Path) -> None:
    text = "module m #(int N = 4, localparam int K = 2, int L = 3)(input a); endmodule"
    result = source(tmp_path, text, ".sv", parameters={"N": "8"})
    assert "int N = 8 , localparam int K = 2 , int L = 3" in result.text
    with pytest.raises(UserError, match=r"no parameter 'L'. Its parameters are: N\."):
        source(tmp_path, text, ".sv", parameters={"L": "8"})


def test_returns_become_assignments(tmp_path: Path) -> None:
    function = "function automatic logic [7:0] f(input logic [7:0] x);\n {} endfunction"
    text = function.format("if (x[0]) return x + 1; else return 3;")
    assert "if ( x [ 0 ] ) f = x + 1 ; else f = 3 ;" in body(tmp_path, text, suffix=".sv")
    with pytest.raises(UserError, match=r"^mine\.sv:2: A return before the end of a function"):
        body(tmp_path, function.format("if (x[0]) return x + 1; return 3;"), suffix=".sv")


def test_conditions_are_decided_once(tmp_path: Path) -> None:
    text = "`ifdef WIDE\n assign p = a;\n`else\n assign p = b;\n`endif"
    assert body(tmp_path, text) == "assign p = b ;"
    assert body(tmp_path, text, defines={"WIDE": "1"}) == "assign p = a ;"


def test_keywords_as_names(tmp_path: Path) -> None:
    result = source(tmp_path, "module m(input bit, do, output [7:0] byte, bit_); endmodule\n")
    assert result.renamed == {"bit__": "bit", "do_": "do", "byte_": "byte"}
    assert "byte_ , bit_ )" in result.text
    (tmp_path / "mine.v").write_text(f"module bit({PORTS}); endmodule\n")
    named = preprocess([("mine.v", tmp_path / "mine.v")], "bit")
    assert named.top == "bit_"
    assert named.text.startswith("module bit_ (")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("module other; endmodule", r"^mine\.v: There is no module 'm'. The modules are: other\."),
        ("", r"^mine\.v: There is no module 'm'. The modules are: none\."),
        (f"module m({PORTS});\nlogic x; endmodule", r"^mine\.v:2: .* no type logic.* ending \.sv"),
        (
            f"module m({PORTS});\nhawx_products u(); endmodule module hawx_products; endmodule",
            r"^mine\.v:2: A module must not be named 'hawx_products'",
        ),
        (
            f"module m({PORTS});\\$add u(); endmodule\nmodule \\$add ; endmodule",
            r"^mine\.v:2: A module must not be named",
        ),
        (f"module m({PORTS}); initial \\$system (1); endmodule", r"^mine\.v:1: The name"),
        ("primitive m(q, a); output q; input a; table 0 : 1; endtable endprimitive", "no module"),
        ('`include "w.v" \xb5', r"^mine\.v:1: |^mine\.v: The text holds letters"),
        (
            f"module m({PORTS});\ninitial hawx_testbench.a = 1; endmodule",
            r"^mine\.v:2: hawx_testbench is not declared in module m: a name may not reach out",
        ),
        ("`default_nettype tri\nmodule m; endmodule", r"^mine\.v:2: Nets .* must not be tri"),
    ],
)
def test_other_errors(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        source(tmp_path, text)


def test_deep_and_long_expressions(tmp_path: Path) -> None:
    long = " + ".join(["a"] * 5000)
    assert body(tmp_path, f"assign p = {long};") == f"assign p = {long} ;"
    deep = "(" * 5000 + "a" + ")" * 5000
    with pytest.raises(UserError, match=r"^mine\.v:1: "):
        body(tmp_path, f"assign p = {deep};")


def test_places_in_messages_of_tools(tmp_path: Path) -> None:
    (tmp_path / "w.vh").write_text("wire x;\nwire y;\n")
    text = f'\n\nmodule m({PORTS});\n`include "w.vh"\nendmodule\n'
    result = source(tmp_path, text)
    assert result.text.splitlines()[2].startswith("module m (")
    message = "%Error: /scratch/a/source.v:4:3: x; source.v:5.1-5.9: y; source.v:3: z; source.v:99"
    expected = "%Error: w.vh:1: x; w.vh:2: y; mine.v:3: z; mine.v:5"
    assert result.located(message) == expected
