# amaranth: UnusedElaboratable=no
"""Verilog for readers: the same hardware as Yosys wrote, in blocks that need no event."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from amaranth.hdl import Cat, Module, Mux, Signal, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.gateware import verilog
from hawx_hw.gateware.axi_lite import AxiLiteBridge
from hawx_hw.gateware.hierarchy import Emission
from hawx_hw.gateware.readable import readable

HEAD = "module top(clk, a, b, q, y);\n  input clk;\n  input [1:0] a;\n  input b;\n"


class Mixed(wiring.Component):
    """Registers of whole and of partly assigned words, choices, and what a register shares."""

    a: In(3)
    b: In(1)
    word: Out(data.StructLayout({"low": 2, "middle": 3, "high": 1}))
    chosen: Out(4)
    both: Out(4)
    counted: Out(4)

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        state = Signal(2)
        following = Signal(4)
        stored = Signal(data.StructLayout({"x": 3, "y": 2}))
        free = Signal(4, reset_less=True, init=5)
        with m.If(self.b):
            m.d.comb += [self.word.low.eq(self.a), self.word.high.eq(1)]
        with m.Switch(self.a):
            for value in (1, 3, 4):
                with m.Case(value):
                    m.d.comb += self.chosen.eq(3 * value + state)
            with m.Default():
                m.d.sync += stored.y.eq(self.a)
        with m.Switch(state):
            with m.Case(0):
                with m.If(self.b):
                    m.d.sync += [state.eq(1), stored.x.eq(self.a)]
            with m.Case(1):
                m.d.sync += state.eq(Mux(self.b, 3, 2))
            with m.Case(2, 3):
                m.d.sync += state.eq(0)
        # Read by its register and by an output.
        with m.If(self.a == 2):
            m.d.comb += following.eq(self.counted + 1)
        with m.Elif(self.b):
            m.d.comb += following.eq(self.counted - 1)
        m.d.sync += [self.counted.eq(following), free.eq(free ^ stored.as_value())]
        m.d.comb += self.both.eq(Cat(following[:2], free[:2]))
        return m


def text_of(component: wiring.Component, name: str, *, initial_values: bool = True) -> str:
    emission = Emission()
    emission.define(name, component)
    return verilog.verilog_modules(emission, initial_values=initial_values)[name]


def equal(raw: str, text: str, top: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Yosys' proof by induction over the registers, whose names both have."""
    for name, content in (("raw", raw), ("readable", text)):
        (folder / f"{name}.v").write_text(content.replace(f"module {top}", f"module {name}"))
    script = (
        "from pyosys import libyosys\n"
        "design = libyosys.Design()\n"
        "for command in ('read_verilog raw.v readable.v', 'proc', 'opt_clean',\n"
        "                'equiv_make raw readable both', 'hierarchy -top both', 'flatten',\n"
        "                'equiv_simple -undef', 'equiv_induct -undef', 'equiv_status -assert'):\n"
        "    design.run_pass(command)\n"
    )
    return subprocess.run(
        [sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("component", "name"), [(Mixed, "mixed"), (lambda: AxiLiteBridge(10), "bridge")]
)
def test_the_hardware_is_the_same(
    component: Any, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("pyosys")
    text = text_of(component(), name)
    monkeypatch.setattr(verilog, "readable", lambda module, **_: f"{module}\n")
    raw = text_of(component(), name)
    assert "always @*" in raw and "always @*" not in text
    proof = equal(raw, text, name, tmp_path)
    assert proof.returncode == 0, proof.stdout[-2000:] + proof.stderr[-500:]
    # The proof notices a change.
    wrong = text.replace("<= 1'h1;", "<= 1'h0;", 1) if name == "bridge" else text.replace(
        " + 1'h1;", " + 2'h2;", 1
    )  # fmt: skip
    assert wrong != text
    assert equal(raw, wrong, name, tmp_path).returncode != 0


def test_a_register_gets_its_own_block() -> None:
    text = readable(
        HEAD + "  output q;\n  reg q = 1'h0;\n  reg \\$1 ;\n"
        "  always @(posedge clk)\n    q <= \\$1 ;\n"
        "  always @* begin\n    \\$1  = q;\n    if (b) begin\n      \\$1  = a[0];\n    end\n"
        "    if (a[1]) begin\n      \\$1  = 1'h0;\n    end\n  end\nendmodule"
    )
    assert text == (
        HEAD + "  output q;\n  reg q;\n"
        "  always @(posedge clk) begin\n    if (b) q <= a[0];\n    if (a[1]) q <= 1'h0;\n  end\n"
        "  initial begin\n    q = 1'h0;\n  end\nendmodule\n"
    )


def test_a_next_value_that_others_read_stays() -> None:
    text = readable(
        HEAD + "  reg q;\n  reg \\$1 ;\n  wire y;\n"
        "  always @(posedge clk)\n    q <= \\$1 ;\n"
        "  always @* begin\n    \\$1  = q;\n    if (b) begin\n      \\$1  = a[0];\n    end\n  end\n"
        "  assign y = \\$1 ;\nendmodule"
    )
    assert "    q <= q_next;\n" in text
    assert "  wire q_next;\n" in text
    assert "  assign q_next = b ? a[0] : q;\n" in text


def test_a_part_of_a_word_that_a_register_is() -> None:
    text = readable(
        HEAD + "  reg [5:0] q;\n  reg [3:0] \\$1 ;\n"
        "  always @(posedge clk)\n    q[5:2] <= \\$1 ;\n"
        "  always @* begin\n    \\$1  = q[5:2];\n    if (b) begin\n      \\$1 [2:1] = a;\n"
        "    end\n  end\nendmodule"
    )
    assert "  always @(posedge clk)\n    if (b) q[4:3] <= a;\n" in text


def test_conditions_and_functions() -> None:
    case = "".join(f"      2'h{n}:\n          y = {n % 2 or 'b'};\n" for n in range(3))
    text = readable(
        HEAD + "  output y;\n  reg y;\n  reg z;\n"
        f"  always @* begin\n    y = 1'h0;\n    casez (a)\n{case}    endcase\n  end\n"
        "  always @* begin\n    z = 1'h0;\n    if (b) begin\n      z = 1'h1;\n    end\n  end\n"
        "endmodule"
    )
    assert text.endswith(
        "  function choose_y;\n    input [1:0] a;\n    input b;\n    begin\n"
        "      choose_y = 1'h0;\n      casez (a)\n        2'h0: choose_y = b;\n"
        "        2'h1: choose_y = 1;\n        2'h2: choose_y = b;\n      endcase\n"
        "    end\n  endfunction\n  assign y = choose_y(a, b);\n  assign z = b;\nendmodule\n"
    )
    assert "  wire y;\n  wire z;\n" in text


def test_without_initial_values() -> None:
    with_values, without = (
        text_of(Mixed(), "mixed", initial_values=initial) for initial in (True, False)
    )
    block = with_values[with_values.index("  initial begin\n") : with_values.index("endmodule")]
    assert "    free = 4'h5;\n" in block
    assert with_values.replace(block, "") == without
    assert "initial" not in without


def test_several_variables_at_once_are_refused() -> None:
    text = HEAD + "  always @* begin\n    { y, q } = a;\n  end\nendmodule"
    with pytest.raises(ValueError, match=r"must be parts of one variable"):
        readable(text)


def test_unsigned_shapes() -> None:
    """Amaranth's words are unsigned wires, so that no condition extends a sign."""
    assert unsigned(4).width == 4 and "signed [" not in text_of(Mixed(), "mixed")
