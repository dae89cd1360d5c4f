"""Words of Verilog: what is refused, and how a text is written of them."""

from __future__ import annotations

import pytest

from hawx_hw.block_proofs.imports.words import Word, check_words, lexed, written
from hawx_hw.errors import UserError


@pytest.mark.parametrize("call", ["$system", "$fopen", "$readmemh", "$c", "$display", "$root"])
def test_calls_that_are_refused(call: str) -> None:
    with pytest.raises(UserError, match=rf"mine\.v:7: \{call} is refused"):
        check_words(lexed(f'initial {call}("x");', "mine.v:7"))


def test_calls_that_are_not() -> None:
    check_words(lexed("assign p = $signed(a) * $clog2($bits(b));", "mine.v:7"))


def test_lines_keep_their_numbers() -> None:
    words = [*lexed("module m;", "mine.v:2"), *lexed("wire x;", "part.v:40")]
    words += lexed("endmodule", "mine.v:5")
    text, lines, renamed = written(words)
    assert text == "\nmodule m ;\nwire x ;\n\nendmodule\n"
    assert (lines[1], lines[2], lines[4]) == ("mine.v:2", "part.v:40", "mine.v:5")
    assert renamed == {}


def test_names_that_are_keywords_get_others() -> None:
    names = ["bit", "bit_", "x", "\\do", "\\a+b"]
    words = [Word("Identifier", name, name.removeprefix("\\"), "m.v:1") for name in names]
    text, _, renamed = written(words)
    assert text == "bit__ bit_ x do_ \\a+b \n"
    assert renamed == {"bit__": "bit", "do_": "do"}


def test_numbers_and_casts_stay_one_word() -> None:
    assert written(lexed("8'd255 + 9'(b) - 4 'd 3", "m.v:1"))[0] == "8'd255 + 9'( b ) - 4'd3\n"


def test_directives_have_lines_of_their_own() -> None:
    words = [*lexed("wire x;", "m.v:1"), Word("Directive", "`default_nettype none", "", "m.v:1")]
    text, lines, _ = written([*words, *lexed("wire y;", "m.v:1")])
    assert text == "wire x ;\n`default_nettype none\nwire y ;\n"
    assert lines == ("m.v:1", "m.v:1", "m.v:1")


@pytest.mark.parametrize(
    "name",
    ["$system", "`include", 'a"b', "a//b", "a/*b", "a*/b", "(*a", "a*)", "a\\b", "\xb5", "a`b"],
)
def test_names_that_tools_may_read_otherwise(name: str) -> None:
    with pytest.raises(UserError, match=r"^mine\.v:7: The name .* is refused"):
        check_words([Word("Identifier", f"\\{name}", name, "mine.v:7")])


@pytest.mark.parametrize("name", ["a[0]", "u1/n2", "gen[3].x", "a$b", "a'b", "1+2", "a;b", "(x)"])
def test_names_of_netlists(name: str) -> None:
    check_words([Word("Identifier", f"\\{name}", name, "mine.v:7")])


@pytest.mark.parametrize("text", ["`x", "a\\n", "a\nb", "\xb5"])
def test_texts_that_tools_may_read_otherwise(text: str) -> None:
    with pytest.raises(UserError, match=r"(?s)^mine\.v:7: The text .* is refused"):
        check_words([Word("StringLiteral", f'"{text}"', text, "mine.v:7")])
    check_words([Word("StringLiteral", '"FAST mode, 1.0"', "", "mine.v:7")])
