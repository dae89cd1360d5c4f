"""Names of wires for readers."""

import pytest

from hawx_hw.gateware.wire_names import fresh, plain, with_fields, with_names, without_copies


def named(*lines: str) -> str:
    declared = [rf"  wire \${number} ;" for number in range(1, 6)]
    return with_names("\n".join(["module a();", *declared, *lines, "endmodule"]))


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("full & ready", "full_and_ready"),
        ("$signed(sum_in) + $signed(product)", "sum_in_plus_product"),
        ("state == 3'h4", "state_is_4"),
        ("~ full", "not_full"),
        ("! count[3:0]", "no_count_3_0"),
        ("| word", "any_word"),
        ("a < 4'd9", "a_below_9"),
        (r"\flow__payload.last  & a", "flow_payload_last_and_a"),
        ("a ? b : c", "choice_1"),
        ("{ a, b }", "bits_1"),
        ("a_very_long_name_of_a_signal & another_very_long_name", "both_1"),
        ("4'h3 - a", "difference_1"),
    ],
)
def test_a_wire_is_named_after_what_it_is(value: str, name: str) -> None:
    text = named(rf"  assign \$1  = {value};")
    assert f"  assign {name} = " in text
    assert f"  wire {name};" in text
    assert r"\$1" not in text


def test_names_are_made_of_names() -> None:
    """Whichever stands first."""
    text = named(r"  assign \$1  = \$2  & a;", r"  assign \$2  = ~ b;")
    assert "  assign not_b_and_a = not_b & a;" in text


def test_no_name_is_used_twice() -> None:
    text = named("  wire not_b;", r"  assign \$1  = ~ b;", r"  assign \$2  = ~ b;")
    assert "  assign not_b_2 = ~ b;\n  assign not_b_3 = ~ b;" in text


def test_next_values_and_outputs_of_instances() -> None:
    text = named(
        "  always @(posedge clk)",
        r"    \count.low [3:0] <= \$1 ;",
        "  part inner (",
        r"    .result(\$2 ),",
        r"    .other(a)",
        "  );",
    )
    assert "<= count_low_next;" in text
    assert ".result(inner_result)," in text


def test_fields_and_signals_without_a_name() -> None:
    text = with_names(
        "module a();\n"
        "  wire \\flow__payload.last ;\n  wire \\words[3].x ;\n  wire \\$signal$4 ;\n"
        "  wire \\byte ;\n  assign \\byte  = \\words[3].x  & \\$signal$4 ;\nendmodule"
    )
    assert "  wire flow__payload__last;\n  wire words__3__x;\n  wire signal_4;" in text
    # A keyword of SystemVerilog stays escaped: it may be a port.
    assert "  assign \\byte  = words__3__x & signal_4;" in text


def test_a_repeated_bit_is_written_once() -> None:
    text = named(r"  assign x = { a[7], a[7], a[7], a };", "  assign y = { b, b, c };")
    assert "  assign x = { {3{a[7]}}, a };" in text
    assert "  assign y = { b, b, c };" in text


def test_readers_of_bits_read_the_field() -> None:
    text = with_fields(
        "  assign \\word.low  = word[3:0];\n"
        "  assign \\word.pair  = word[7:4];\n"
        "  assign \\word.pair.high  = word[7:4];\n"
        "  assign other = word[3:0];\n"
        "  assign x = word[3:0] & word[7:4] & word[2:0];\n"
        "  assign word[3:0] = y;\n"
        "  wire \\word[3:0][1] ;\n"
        "    .port(word[3:0]),"
    )
    assert text.splitlines()[3:] == [
        "  assign other = \\word.low ;",
        "  assign x = \\word.low  & \\word.pair.high  & word[2:0];",
        "  assign word[3:0] = y;",
        "  wire \\word[3:0][1] ;",
        "    .port(word[3:0]),",
    ]


def test_copies_without_a_name_go() -> None:
    text = without_copies(
        "  wire \\$1 ;\n  wire \\$2 ;\n  wire \\$3 ;\n  wire [1:0] \\$4 ;\n  wire a;\n"
        "  assign \\$1  = a;\n  assign \\$2  = \\$1 ;\n  assign \\$3  = 1'h1;\n"
        "  assign \\$4  = a;\n  assign x = \\$2  & \\$3 ;\n"
    )
    assert text == "  wire [1:0] \\$4 ;\n  wire a;\n  assign \\$4  = a;\n  assign x = a & 1'h1;\n"


def test_fresh() -> None:
    used = {"a", "b_1"}
    assert [fresh("a", used), fresh("a", used), fresh("b_", used), fresh("c_", used)] == [
        "a_2", "a_3", "b_2", "c_1",
    ]  # fmt: skip
    assert plain(r"\a.b[3]__c") == "a_b_3_c"
