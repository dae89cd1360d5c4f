"""The write trace of a core, in simulation and in Verilog."""

from __future__ import annotations

import fnmatch
import re
from typing import Any

from amaranth.hdl import Module
from amaranth.lib import wiring

from hawx_hw.gateware.core_interface import CoreSignature
from hawx_hw.gateware.hierarchy import Emission
from hawx_hw.gateware.names import TRACE
from hawx_hw.gateware.simulation import simulate
from hawx_hw.gateware.verilog import verilog_modules
from hawx_hw.gateware.write_trace import WriteTrace
from hawx_hw.simulation import build

SIGNATURE = CoreSignature(word_codes=3, image_shape=(3,), result_shape=(4,), layers=5)


class Core(wiring.Component):
    """Stores a word in the cycle after ``start``."""

    def __init__(self) -> None:
        super().__init__(SIGNATURE)
        self.trace = WriteTrace(SIGNATURE, 7)

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.d.sync += self.busy.eq(self.start)
        self.trace.show(m, valid=self.busy, address=100, data=-2, layer=4)
        return m


def test_in_simulation() -> None:
    core = Core()
    trace = core.trace
    seen = []

    async def drive(ctx: Any) -> None:
        for start in (0, 1):
            ctx.set(core.start, start)
            await ctx.tick()
            signals = (trace.valid, trace.address, trace.data, trace.layer)
            seen.append(tuple(ctx.get(signal) for signal in signals))

    simulate(core, drive)
    assert seen == [(0, 100, 2**24 - 2, 4), (1, 100, 2**24 - 2, 4)]


def test_the_names_in_verilog() -> None:
    emission = Emission()
    emission.define("core", Core())
    text = verilog_modules(emission)["core"]
    wires = re.findall(r"^  wire (?:\[(\d+):0\] )?(trace_\w+);$", text, re.MULTILINE)
    assert dict(map(reversed, wires)) == {
        TRACE["valid"]: "",
        TRACE["address"]: "6",
        TRACE["data"]: "23",
        TRACE["layer"]: "2",
    }


def test_the_simulation_keeps_them() -> None:
    """Verilator would remove what nothing reads."""
    (pattern,) = re.findall(r'-module "hawx_core" -var "(.*)"', build._VISIBLE)
    assert all(fnmatch.fnmatch(name, pattern) for name in TRACE.values())
