# amaranth: UnusedElaboratable=no
"""place(): a submodule in simulation, one module a kind in Verilog."""

from __future__ import annotations

import gc
import warnings
from typing import Any

import numpy as np
import pytest
from amaranth.hdl import Const, Module, Signal, UnusedElaboratable
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.gateware.hierarchy import Emission, place
from hawx_hw.gateware.memories import SimpleDualPortRam
from hawx_hw.gateware.simulation import simulate
from hawx_hw.gateware.verilog import verilog_modules


class Register(wiring.Component):
    def __init__(self) -> None:
        super().__init__({"d": In(4), "q": Out(4)})

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.d.sync += self.q.eq(self.d)
        return m


class Chain(wiring.Component):
    def __init__(self) -> None:
        super().__init__({"d": In(4), "q": Out(4)})

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        value = self.d
        for number in range(3):
            stage = place(m, platform, f"stage_{number}", "register", Register)
            m.d.comb += stage.d.eq(value)
            value = stage.q
        m.d.comb += self.q.eq(value)
        return m


def test_simulation() -> None:
    chain = Chain()
    seen = []

    async def drive(ctx: Any) -> None:
        for value in (1, 2, 3, 4, 5, 6):
            ctx.set(chain.d, value)
            await ctx.tick()
            seen.append(ctx.get(chain.q))

    simulate(chain, drive)
    assert seen == [0, 0, 1, 2, 3, 4]


def test_verilog_has_one_module_a_kind() -> None:
    emission = Emission()
    emission.define("chain", Chain())
    modules = verilog_modules(emission)
    assert list(modules) == ["register", "chain"]
    for number in range(3):
        assert f"  register stage_{number} (\n" in modules["chain"]
    assert "input clk;" in modules["register"]
    assert "always" not in modules["chain"]


def test_two_kinds_of_one_name() -> None:
    emission = Emission()
    emission.define("x", Register())
    with pytest.raises(ValueError, match="Two kinds of component are named 'x'"):
        emission.define("x", SimpleDualPortRam(4, 4))


class Adder(wiring.Component):
    """Adds a constant, which ``wrap`` holds in one of the ways in which components hold things."""

    def __init__(self, constant: int, wrap: Any = int) -> None:
        self._constant = wrap(constant)
        self._total = Signal(4)
        super().__init__({"d": In(4), "q": Out(4)})

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.d.comb += self.q.eq(self.d + Const(1, 4))
        return m


class Holder:
    def __init__(self, value: int):
        self.value = value


class Adders(wiring.Component):
    def __init__(self, *parts: Any) -> None:
        self._parts = parts
        super().__init__({"q": Out(4)})

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        for number, make in enumerate(self._parts):
            place(m, platform, f"part_{number}", "adder", make)
        return m


def closed_over(value: int) -> Any:
    return lambda: value


def refuse(*parts: Any) -> None:
    with warnings.catch_warnings():
        # What was elaborated before the error goes to waste.
        warnings.simplefilter("ignore", UnusedElaboratable)
        with pytest.raises(ValueError, match=r"^Two kinds of component are named 'adder'$"):
            Emission().define("different", Adders(*parts))
        gc.collect()


WAYS = [int, lambda n: [n, (n, None)], lambda n: {"n": n}, lambda n: np.arange(3) == n]
WAYS += [Holder, closed_over]


@pytest.mark.parametrize("wrap", WAYS)
def test_a_kind_is_one_component_with_one_set_of_parameters(wrap: Any) -> None:
    emission = Emission()
    emission.define("same", Adders(lambda: Adder(1, wrap), lambda: Adder(1, wrap)))
    assert list(emission.modules) == ["adder", "same"]
    refuse(lambda: Adder(1, wrap), lambda: Adder(2, wrap))


def local(constant: int) -> Any:
    """A component of a class of its own."""

    class Local(Adder):
        def __init__(self) -> None:
            super().__init__(0)

        def elaborate(self, platform: Any) -> Module:
            m = Module()
            m.d.comb += self.q.eq(self.d + constant)
            return m

    return Local()


def test_a_class_in_a_function_is_one_type_for_what_it_closes_over() -> None:
    emission = Emission()
    emission.define("same", Adders(lambda: local(1), lambda: local(1)))
    assert list(emission.modules) == ["adder", "same"]
    refuse(lambda: local(1), lambda: local(2))


def test_a_kind_is_one_type() -> None:
    refuse(lambda: Adder(1), Register)
