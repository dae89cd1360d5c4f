"""Words as each tool takes them: read back by the tools, and refused where there is no form."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from hawx_hw.errors import UserError
from hawx_hw.util.quoting import abc_word, opensta_name, opensta_path, verilog_name, yosys_word

#: No tool has a form for these: dividers of lines, what is not ASCII, nothing.
NEVER = [
    "", *(f"a{c}b" for c in "\0\t\x7f\x85\xa0\xe9\u2028\ud800"),
    *(f"a{c}b" for c in map(chr, range(0x2100)) if len(f"a{c}b".splitlines()) > 1),
]  # fmt: skip


def refused(word: Callable[[str], str], text: str, what: str) -> None:
    with pytest.raises(UserError, match=what) as caught:
        word(text)
    assert caught.value.exit_status == 2
    assert "Rename" in str(caught.value.hint)


@pytest.mark.parametrize("text", NEVER)
@pytest.mark.parametrize("word", [yosys_word, abc_word, opensta_name, opensta_path, verilog_name])
def test_what_no_tool_has_a_form_for(word: Callable[[str], str], text: str) -> None:
    refused(word, text, "name")


@pytest.mark.parametrize("word", [yosys_word, abc_word])
@pytest.mark.parametrize("text", ["a", "../cells.lib", "a_1.B-2", "/x/y+z", "a@1:2,3=4%"])
def test_plain_words_of_yosys(word: Callable[[str], str], text: str) -> None:
    assert word(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "$(touch x)", "`x`", "a;b", "a|b", "a&b", "a>b", "a<b", "$x", "a'b", "!x", "#x", "~x", "a*",
        "[a]", "{a}",
    ],
)  # fmt: skip
def test_what_a_shell_reads_otherwise(text: str) -> None:
    refused(abc_word, text, "cannot be part of a command of Yosys")
    assert yosys_word(text) == f'"{text}"'


@pytest.mark.parametrize("word", [yosys_word, abc_word])
def test_blanks_are_quoted_and_quotes_and_options_refused(word: Callable[[str], str]) -> None:
    assert word("a b") == '"a b"'
    for text in ('a"b', "a\\b", "-p", "--"):
        refused(word, text, "cannot be part of a command of Yosys")


NAMES = ["a b.v", "$(touch made).v", "a;touch made.v", "[a].v", "#a.v", "!touch made.v", "é.v"]
READER = """
import sys
from pyosys import libyosys
design = libyosys.Design()
for line in sys.stdin.read().splitlines():
    design.run_pass(line)
"""


def test_yosys_reads_the_files_that_are_meant(tmp_path: Path) -> None:
    words = []
    for number, name in enumerate(NAMES[:-1]):
        (tmp_path / name).write_text(f"module m{number}; endmodule\n")
        words.append(yosys_word(name))
    refused(yosys_word, NAMES[-1], "cannot be part")
    commands = [f"read_verilog {word}" for word in words] + ["write_rtlil modules.il"]
    subprocess.run(
        [sys.executable, "-c", READER],
        input="\n".join(commands), text=True, cwd=tmp_path, check=True, capture_output=True,
    )  # fmt: skip
    listed = re.findall(r"^module \\(\S+)$", (tmp_path / "modules.il").read_text(), re.MULTILINE)
    assert sorted(listed) == [f"m{number}" for number in range(len(words))]
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("text", ["clk", "a.b$c", "_1"])
def test_names_of_opensta(text: str) -> None:
    assert opensta_name(text) == f"{{{text}}}"


@pytest.mark.parametrize(
    "text",
    ["[exit]", "a[0]", "a*", "a?", "a}b", "{a", "a b", "a;b", "\\a", "$a", "a/b", "0a", "-a"],
)
def test_what_is_no_name_to_opensta(text: str) -> None:
    refused(opensta_name, text, "OpenSTA cannot be given the name")


@pytest.mark.parametrize("text", ["a}b", "{a", "a b", "a\\", "a\\}"])
def test_what_braces_of_tcl_do_not_hold(text: str) -> None:
    refused(opensta_path, text, "OpenSTA cannot be given the name")


@pytest.mark.skipif(shutil.which("sta") is None, reason="needs OpenSTA")
def test_tcl_reads_braced_words_as_they_are(tmp_path: Path) -> None:
    words = ["c0/A[3]", "[exit]", "$x", "a;b", '"a"', "#a", "a|b~", "!a"]
    lines = [f"puts {opensta_path(word)}" for word in words]
    (tmp_path / "words.tcl").write_text("\n".join([*lines, ""]))
    done = subprocess.run(
        ["sta", "-no_init", "-no_splash", "-exit", "words.tcl"],
        cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert done.stdout.split() == words


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("clk", "clk"), ("a$1", "a$1"), ("a[0]", "\\a[0] "), ("0a", "\\0a "), ("a;b", "\\a;b "),
        ("\\a", "\\\\a "),
    ],
)  # fmt: skip
def test_names_of_verilog(text: str, written: str) -> None:
    assert verilog_name(text) == written


def test_what_is_no_name_in_verilog() -> None:
    refused(verilog_name, "a b", "cannot be one in Verilog")
