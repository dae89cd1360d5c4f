"""The core of the fake architecture :mod:`tests.architectures.serial`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from amaranth.hdl import Array, Module, Mux, Signal, signed
from amaranth.lib import wiring

from hawx_hw.gateware import memories
from hawx_hw.gateware.hierarchy import place
from hawx_hw.gateware.write_trace import WriteTrace

if TYPE_CHECKING:
    from tests.architectures.serial import SerialPlan

#: Cycles of an output besides one for each of its products: read latency, requantization.
OVERHEAD = 2


class SerialCore(wiring.Component):
    """Adds a product a cycle, output after output.

    **Latency**: as many cycles an output as it has inputs, and :data:`OVERHEAD`.
    """

    def __init__(self, plan: SerialPlan, implementations: Mapping[str, str]):
        self._plan, self._implementations = plan, implementations
        super().__init__(plan.signature())

    def elaborate(self, platform: Any) -> Module:
        m, plan, layer = Module(), self._plan, self._plan.layer
        outputs, inputs = layer.weight.shape
        (stored,) = plan.memories()
        image = place(
            m, platform, "image_memory", "hawx_image", lambda: memories.SimpleDualPortRam(8, inputs)
        )
        weights = place(
            m,
            platform,
            "weights",
            "hawx_weights",
            lambda: memories.ParameterMemory(
                8, stored.depth, init=stored.words, init_file="weights.hex"
            ),
        )
        products = []
        for block in plan.blocks:
            built = self._implementations.get(block.digest, block.implementations[0])
            name = f"hawx_block_{block.identifier}_{built}"
            unit = place(m, platform, name, name, partial(block.component, built))
            m.d.comb += [unit.a.eq(weights.read.data), unit.b.eq(image.read.data)]
            products.append(unit.product)

        step, output = Signal(range(inputs + OVERHEAD)), Signal(range(outputs))
        total, code = Signal(signed(32)), Signal(signed(8))
        last, end = Signal(), Signal()
        rule = layer.requantization
        multipliers = np.broadcast_to(rule.multiplier, (outputs,)).tolist()
        offsets = Array(b.activation_offset for b in plan.blocks)
        choice = Array(plan.choice.tolist())[output]
        bias = Array(layer.bias.tolist())[output]
        extra = Array(
            (int(offsets[c]) * w.astype(int).sum()).item() if int(offsets[c]) else 0
            for c, w in zip(plan.choice.tolist(), layer.weight, strict=True)
        )[output]
        scaled, half = Signal(signed(64)), rule.step << (rule.shift - 1)
        m.d.comb += [
            scaled.eq(
                (((total + bias - extra) * Array(multipliers)[output] + half) >> rule.shift)
                + rule.zero_point
            ),
            code.eq(
                Mux(scaled < rule.low, rule.low, Mux(scaled > rule.high, rule.high, scaled))
                & -rule.step
            ),
            last.eq(step == inputs + 1),
            end.eq(last & (output == outputs - 1)),
            image.read.enable.eq(self.busy & (step < inputs)),
            image.read.address.eq(step),
            weights.read.enable.eq(self.busy & (step < inputs)),
            weights.read.address.eq(output * inputs + step),
            image.write.enable.eq(self.image.valid),
            image.write.address.eq(self.image.p.address),
            image.write.data.eq(self.image.p.data),
            self.image.ready.eq(1),
            self.input_release.eq((step == inputs) & (output == outputs - 1)),
            self.result.valid.eq(last),
            self.result.address.eq(output),
            self.result.data.eq(code),
            self.layer_done.eq(end),
            self.done.eq(end),
        ]  # fmt: skip
        with m.If(self.start):
            m.d.sync += self.busy.eq(1)
        waiting = (step == 0) & (output == 0) & ~self.result_free
        with m.If(self.busy & ~waiting):
            m.d.sync += step.eq(Mux(last, 0, step + 1))
            with m.If((step > 0) & ~last):
                m.d.sync += total.eq(total + Array(products)[choice])
            with m.If(last):
                m.d.sync += [total.eq(0), output.eq(Mux(end, 0, output + 1))]
            with m.If(end):
                m.d.sync += self.busy.eq(0)
        trace = WriteTrace(self.signature, output.shape())
        trace.show(m, valid=last, address=output, data=code, layer=self.layer)
        return m
