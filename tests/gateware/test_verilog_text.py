"""A module of Yosys' Verilog taken apart, and written again."""

import pytest

from hawx_hw.gateware.verilog_text import (
    Assign,
    Case,
    Declaration,
    If,
    Line,
    Part,
    Process,
    Register,
    assignments,
    changed,
    joined,
    names,
    parsed,
    parts,
    reads,
    renamed,
    text_of,
)

MODULE = r"""module top(clk, a, q);
  input clk;
  wire clk;
  input [3:0] a;
  reg signed [3:0] \q.low  = 4'h0;
  always @(posedge clk)
    \q.low  <= \$3 ;
  always @(posedge clk)
    word[5:2] <= \$4 ;
  always @* begin
    if (\at ) begin end
    \$3  = \q.low ;
    if (a[0]) begin
      \$3  = 4'h1;
    end else if (b) begin
      \$3 [2:0] = a[2:0];
    end else begin
      casez (a)
        4'h0, 4'h?:
            /* empty */;
        4'h1:
          begin
            \$3  = 4'h2;
            {  } = {  };
          end
        default:
            { \$3 [3], \$3 [1:0] } = { b, a[1:0] };
      endcase
    end
    begin
      \$3  = c;
    end
  end
  always @*
    word[1:0] = 2'h0;
  assign d = b;
endmodule"""


def test_items() -> None:
    header, items = parsed(MODULE)
    assert header == "module top(clk, a, q);"
    low = Part(r"\$3")
    assert items == [
        Declaration("input", False, 1, "clk"),
        Declaration("wire", False, 1, "clk"),
        Declaration("input", False, 4, "a"),
        Declaration("reg", True, 4, r"\q.low", "4'h0"),
        Register("clk", Part(r"\q.low"), r"\$3"),
        Register("clk", Part("word", 5, 2), r"\$4"),
        Process(
            (
                Assign((low,), r"\q.low "),
                If(
                    (
                        ("a[0]", (Assign((low,), "4'h1"),)),
                        ("b", (Assign((Part(r"\$3", 2, 0),), "a[2:0]"),)),
                    ),
                    (
                        Case(
                            "a",
                            (
                                ("4'h0, 4'h?", ()),
                                ("4'h1", (Assign((low,), "4'h2"),)),
                                (
                                    "default",
                                    (
                                        Assign(
                                            (Part(r"\$3", 3, 3), Part(r"\$3", 1, 0)),
                                            "{ b, a[1:0] }",
                                        ),
                                    ),
                                ),
                            ),
                        ),
                    ),
                ),
                Assign((low,), "c"),
            )
        ),
        Process((Assign((Part("word", 1, 0),), "2'h0"),)),
        Line("  assign d = b;"),
    ]


def test_statements_as_text() -> None:
    (process,) = (item for item in parsed(MODULE)[1] if isinstance(item, Process) and item.body[1:])
    assert text_of(process.body, "  ", "<=") == [
        r"  \$3  <= \q.low ;",
        r"  if (a[0]) \$3  <= 4'h1;",
        r"  else if (b) \$3 [2:0] <= a[2:0];",
        r"  else begin",
        r"    casez (a)",
        r"      4'h0, 4'h?: ;",
        r"      4'h1: \$3  <= 4'h2;",
        r"      default: { \$3 [3], \$3 [1:0] } <= { b, a[1:0] };",
        r"    endcase",
        r"  end",
        r"  \$3  <= c;",
    ]


def test_what_a_block_reads_and_assigns() -> None:
    (process,) = (item for item in parsed(MODULE)[1] if isinstance(item, Process) and item.body[1:])
    assert list(reads(process.body)) == [r"\q.low", "a", "b", "a", "a", "b", "a", "c"]
    assert [each.value for each in assignments(process.body)][:2] == [r"\q.low ", "4'h1"]
    only = changed(process.body, lambda each: each if each.value == "4'h2" else None)
    assert text_of(only, "", "=") == [
        "if (a[0]) ;",
        "else if (b) ;",
        "else begin",
        "  casez (a)",
        "    4'h0, 4'h?: ;",
        r"    4'h1: \$3  = 4'h2;",
        "    default: ;",
        "  endcase",
        "end",
    ]


def test_names_are_no_numbers() -> None:
    assert names(r"$signed(a) + 4'hab - \$1 [2] * 8'sd3") == ["a", r"\$1"]


def test_an_escaped_name_loses_its_space_with_its_escape() -> None:
    new = {r"\$1": "one", r"\a.b": r"\c.d"}
    assert renamed(r"x = \$1  + \a.b [3:0] - \$1 ;", lambda name: new.get(name, name)) == (
        r"x = one + \c.d [3:0] - one;"
    )


def test_parts() -> None:
    assert parts(r"\before") == [Part(r"\before")]
    assert joined(parts(r"{ \a.b [3], c[1:0], d }")) == r"{ \a.b [3], c[1:0], d }"


@pytest.mark.parametrize("line", ["wait (a);", "forever begin"])
def test_what_yosys_does_not_write_is_refused(line: str) -> None:
    text = f"module a();\n  always @* begin\n    {line}\n  end\nendmodule"
    with pytest.raises(ValueError, match="is no statement that Yosys writes"):
        parsed(text)


def test_a_label_that_yosys_does_not_write() -> None:
    text = "module a();\n  always @* begin\n    casez (a)\n    b\n  endcase\n  end\nendmodule"
    with pytest.raises(ValueError, match="is no label that Yosys writes"):
        parsed(text)


def test_a_module_ends() -> None:
    with pytest.raises(ValueError, match="must end with endmodule"):
        parsed("module a();\n")
