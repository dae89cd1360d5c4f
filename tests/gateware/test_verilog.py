# amaranth: UnusedElaboratable=no
"""Verilog of collected modules: one text a module, the same bytes, no trace of where and when."""

import re
from typing import Any

import pytest
from amaranth.hdl import Module, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.gateware.hierarchy import Emission, place
from hawx_hw.gateware.verilog import verilog_modules


class Leaf(wiring.Component):
    """A counter, and a choice that becomes a combinational block."""

    choice: In(2)
    count: Out(4)
    chosen: Out(4)

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.d.sync += self.count.eq(self.count + 1)
        with m.Switch(self.choice):
            for value in range(3):
                with m.Case(value):
                    m.d.comb += self.chosen.eq(3 * value + 1)
        return m


class Whole(wiring.Component):
    choice: In(2)
    total: Out(5)

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        parts = [place(m, platform, f"part_{number}", "leaf", Leaf) for number in range(2)]
        for part in parts:
            m.d.comb += part.choice.eq(self.choice)
        m.d.comb += self.total.eq(parts[0].count + parts[1].chosen)
        return m


def emit() -> dict[str, str]:
    emission = Emission()
    emission.define("whole", Whole())
    return verilog_modules(emission)


class Empty(wiring.Component):
    """Ports, and fields of a structure, some of which have no bits."""

    def __init__(self) -> None:
        layout = data.StructLayout({"some": 3, "none": 0})
        super().__init__({"word": In(layout), "gone": In(0), "out": Out(4)})

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.d.comb += self.out.eq(self.word.some + self.word.none + self.gone)
        return m


class Partly(wiring.Component):
    """A word of which nothing assigns the middle."""

    choice: In(1)
    word: Out(data.StructLayout({"low": 2, "middle": 3, "high": 1}))

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        with m.If(self.choice):
            m.d.comb += [self.word.low.eq(2), self.word.high.eq(1)]
        return m


def test_a_part_that_is_always_the_same_is_assigned_without_an_event() -> None:
    emission = Emission()
    emission.define("partly", Partly())
    text = verilog_modules(emission)["partly"]
    assert "  assign word[4:2] = 3'h0;\n" in text
    assert "  assign { word[5], word[1:0] } = choose_word(choice);\n" in text
    assert "always" not in text


class AroundEmpty(wiring.Component):
    word: In(3)
    out: Out(4)

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        part = place(m, platform, "part", "empty", Empty)
        m.d.comb += [part.word.some.eq(self.word), part.gone.eq(0), self.out.eq(part.out)]
        return m


class PartlyConstant(wiring.Component):
    """Bits that are chosen, and others between them that nothing assigns."""

    choice: In(2)
    out: Out(4)

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        with m.Switch(self.choice):
            with m.Case(1):
                m.d.comb += self.out[0].eq(1)
            with m.Case(2):
                m.d.comb += self.out[3].eq(1)
        return m


def test_constant_bits_between_others() -> None:
    emission = Emission()
    emission.define("part", PartlyConstant())
    text = verilog_modules(emission)["part"]
    assert "  assign out[2:1] = 2'h0;\n" in text
    assert "  assign { out[3], out[0] } = choose_out(choice);\n" in text


def test_what_has_no_bits_is_not_in_the_verilog() -> None:
    emission = Emission()
    emission.define("around", AroundEmpty())
    modules = verilog_modules(emission)
    for text in modules.values():
        assert "[-1:0]" not in text and "gone" not in text and "none" not in text
    assert "module empty(out, word)" in modules["empty"]


def test_one_text_a_module_parts_before_the_whole() -> None:
    modules = emit()
    assert list(modules) == ["leaf", "whole"]
    for name, text in modules.items():
        assert text.startswith(f"module {name}(")
        assert text.endswith("endmodule\n")
        assert text.count("endmodule") == 1


def test_same_design_same_bytes() -> None:
    assert emit() == emit()


def test_nothing_of_where_and_when() -> None:
    """No source positions, no attributes, no numbers that another design would change."""
    for text in emit().values():
        assert "(*" not in text
        assert ".py" not in text
        assert "$auto$" not in text
        assert not re.search(r"\d{4}-\d\d-\d\d", text)


def test_nothing_waits_for_an_event_at_time_zero() -> None:
    """What reads only things that never change has its value all the same: it is assigned."""
    text = emit()["leaf"]
    assert "always @*" not in text and "at_time_zero" not in text
    assert "  assign chosen = choose_chosen(choice);\n" in text


def test_plain_submodules_become_modules_too() -> None:
    class Parent(wiring.Component):
        out: Out(4)

        def elaborate(self, platform: Any) -> Module:
            m = Module()
            m.submodules.inner = inner = Module()
            value = Signal(4)
            inner.d.sync += value.eq(value + 1)
            m.d.comb += self.out.eq(value)
            return m

    emission = Emission()
    emission.define("parent", Parent())
    modules = verilog_modules(emission)
    assert set(modules) == {"parent", "parent.inner"}


def test_a_module_that_is_not_written() -> None:
    emission = Emission()
    emission.define("leaf", Leaf())
    emission.modules["ghost"] = ""
    with pytest.raises(RuntimeError, match=r"^Yosys wrote no module 'ghost'$"):
        verilog_modules(emission)
