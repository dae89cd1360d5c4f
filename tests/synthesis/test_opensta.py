"""OpenSTA's longest path, and how a netlist is made ready for it."""

import os
import shutil

import pytest

from hawx_hw.errors import UserError
from hawx_hw.synthesis.opensta import (
    WITHOUT,
    failure_in,
    find_opensta,
    opensta_timing,
)
from hawx_hw.technology import Technology, load

NETLIST = """module top(clk, a, q);
  input clk;
  input a;
  output q;
  wire [1:0] word;
  wire n;
  hawx_rom #(
    .ADDRESS_WIDTH(32'd1),
    .DEPTH(32'd2),
    .INIT_FILE("words.hex"),
    .WIDTH(32'd2)
  ) macro (
    .clk(clk),
    .read_address(q),
    .read_data(word),
    .read_enable(a)
  );
  NAND2 gate (
    .A1(word[0]),
    .A2(word[1]),
    .ZN(n)
  );
  DFF flop (
    .CK(clk),
    .D(n),
    .Q(q)
  );
endmodule
"""
needs_opensta = pytest.mark.skipif(shutil.which("sta") is None, reason="needs OpenSTA")


def test_without_opensta_the_message_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_opensta() is None
    with pytest.raises(UserError, match=r"apt-get install opensta$"):
        opensta_timing(tmp_path / "net.v", "top", load("generic45"), workdir=tmp_path)


@pytest.mark.parametrize("name", ["[exit]", "a}b", "a b", "x\u2028y", "a;b", "a\nb", "\\a", ""])
@pytest.mark.parametrize("key", ["top", "clock"])
def test_a_name_that_tcl_would_interpret_is_refused(tmp_path, key, name):
    names = {"top": "top", "clock": "clk", key: name}
    with pytest.raises(UserError, match="OpenSTA cannot be given the name") as caught:
        opensta_timing(
            tmp_path / "net.v",
            names["top"],
            load("generic45"),
            workdir=tmp_path,
            clock=names["clock"],
        )
    assert caught.value.hint == f"Rename it, with letters, digits and _ only. {WITHOUT}"


@needs_opensta
def test_the_longest_path_is_the_sum_of_its_delays(tmp_path):
    (tmp_path / "net.v").write_text(NETLIST)
    technology = load("generic45")
    result = opensta_timing(tmp_path / "net.v", "top", technology, workdir=tmp_path / "sta")
    # The gate's path from the memory is shorter. Neither the memory's pins nor the output load the
    # flip-flop, so this is its intrinsic delay.
    assert result.longest_path_ns == 0.0835
    assert result.start == "flop/Q"
    assert result.end in ("q", "macro/read_address[0]")
    slower = NETLIST.replace("NAND2", "XOR2").replace("A1(", "A(").replace("A2(", "B(")
    chain = slower.replace(".ZN(", ".Z(").replace(".A(word[0])", ".A(q)")
    (tmp_path / "net.v").write_text(chain)
    result = opensta_timing(tmp_path / "net.v", "top", technology, workdir=tmp_path / "sta")
    # 83.5 + 1.90 * 2.232 (XOR2.A) + 39.7 + 3.51 * 1.140 (DFF.D), in ps.
    assert result.longest_path_ns == 0.1314
    assert (result.start, result.end) == ("flop/Q", "flop/D")


@needs_opensta
def test_what_opensta_cannot_read_is_an_error_that_names_its_log(tmp_path):
    (tmp_path / "net.v").write_text("module top(; endmodule\n")
    with pytest.raises(UserError, match="OpenSTA failed: Error") as caught:
        opensta_timing(tmp_path / "net.v", "top", load("generic45"), workdir=tmp_path / "sta")
    assert caught.value.where == str(tmp_path / "sta" / "opensta.log")
    assert caught.value.hint == f"The log has more. {WITHOUT}"
    assert (tmp_path / "sta" / "opensta.log").is_file()


def test_errors_of_a_script_are_failures_although_the_status_is_0():
    assert failure_in("wns 0.00\ntns 0.00\n") is None
    assert failure_in("a\nError: x.tcl, 2 no such cell\nb\n") == "Error: x.tcl, 2 no such cell"
    assert failure_in("Warning: x.v, line 3 module INV not found.  Creating black box for i.\n")


@needs_opensta
def test_a_cell_that_the_library_lacks_is_a_failure(tmp_path):
    """OpenSTA itself takes it as a box without timing, and finds paths around it."""
    (tmp_path / "net.v").write_text(NETLIST.replace("NAND2 gate", "NAND9 gate"))
    with pytest.raises(UserError, match=r"OpenSTA failed: Warning: .*module NAND9 not found"):
        opensta_timing(tmp_path / "net.v", "top", load("generic45"), workdir=tmp_path / "sta")


PROGRAM = """#!/bin/sh
test "$2" || {{ echo 2.0.17; exit; }}
{commands}
"""


@pytest.mark.parametrize(
    ("commands", "message", "hint"),
    [
        ("exit 3", "OpenSTA failed: it ended with status 3.", "The log has more."),
        ("echo 'Error: no such cell'", "OpenSTA failed: Error: no such cell.", "The log has more."),
        ("echo nothing", "OpenSTA found no path.", "the clock is the port clk."),
        ("exec sleep 600", "OpenSTA took longer than 0.5 s.", ""),
    ],
)
def test_errors_have_a_remedy(tmp_path, monkeypatch, commands, message, hint):
    (tmp_path / "sta").write_text(PROGRAM.format(commands=commands))
    (tmp_path / "sta").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    (tmp_path / "net.v").write_text(NETLIST)
    with pytest.raises(UserError) as caught:
        opensta_timing(
            tmp_path / "net.v",
            "top",
            load("generic45"),
            workdir=tmp_path / "work",
            timeout=0.5 if "sleep" in commands else 60.0,
        )
    assert caught.value.what == message
    assert caught.value.hint.endswith(f"{hint} {WITHOUT}".strip())


@needs_opensta
def test_a_library_with_wire_loads_gives_the_same_path(tmp_path):
    (tmp_path / "net.v").write_text(NETLIST)
    plain = load("generic45")
    wired = tmp_path / "wired.lib"
    model = (
        '  default_wire_load : "long";\n  wire_load ("long") { resistance : 0; capacitance : 50;\n'
        "    slope : 1; fanout_length (1, 10); }\n  lu_table_template (delay) {"
    )
    wired.write_text(plain.liberty.read_text().replace("  lu_table_template (delay) {", model, 1))
    paths = [
        opensta_timing(tmp_path / "net.v", "top", library, workdir=tmp_path / "sta")
        for library in (plain, Technology("wired", wired))
    ]
    assert paths[0] == paths[1]
