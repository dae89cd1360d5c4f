"""A fake architecture: one multiplier of each block, one linear layer, one product a cycle.

It shows what a second architecture has to bring along. Nothing outside this file depends on it.
"""

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np
from amaranth.hdl import Array, Module, Mux, Signal, signed
from amaranth.lib import wiring

from hawx_hw.architectures.base import (
    CycleReport,
    LayerCycles,
    LayerWrites,
    MemoryUse,
    Multiplications,
    ParameterMemory,
)
from hawx_hw.architectures.config import AcceleratorConfig
from hawx_hw.blocks.families.exact import Exact
from hawx_hw.errors import UserError
from hawx_hw.gateware import memories
from hawx_hw.gateware.core_interface import CoreSignature
from hawx_hw.gateware.hierarchy import place
from hawx_hw.gateware.register_map import RegisterConstant
from hawx_hw.graph.graph import Flatten, Graph, Linear

#: Cycles of an output besides one for each of its products: read latency, requantization.
OVERHEAD = 2


class SerialConfig(AcceleratorConfig):
    """Its section of the config."""

    architecture: Literal["serial"] = "serial"
    salt: int = 0

    @property
    def size(self) -> str:
        return "1 lane"


@dataclass(frozen=True, eq=False)
class SerialPlan:
    """A network of one linear layer; see hawx_hw.architectures.base.Plan."""

    graph: Graph
    assignment: dict
    salt: int = 0
    loadable = False
    multipliers = 1

    @property
    def layer(self):
        return self.graph.nodes[-1]

    @property
    def blocks(self):
        used = self.assignment.get(self.layer.name)
        return used.blocks if used else (Exact(),)

    @property
    def instances(self):
        return (1,) * len(self.blocks)

    @property
    def choice(self):
        """The block of each filter."""
        used = self.assignment.get(self.layer.name)
        return used.choice[:, 0] if used else np.zeros(len(self.layer.weight), int)

    def signature(self):
        image, result = (self.graph.tensors[n].shape for n in (self.graph.input, self.graph.output))
        return CoreSignature(word_codes=1, image_shape=image, result_shape=result, layers=1)

    def core(self, implementations):
        return SerialCore(self, implementations)

    def memories(self):
        words = self.layer.weight.view(np.uint8).ravel().tolist()
        return [ParameterMemory("weights", 8, len(words), words)]

    def cycles(self):
        outputs, inputs = self.layer.weight.shape
        causes = {"useful": outputs * inputs, "other": OVERHEAD * outputs}
        layer = LayerCycles(self.layer.name, sum(causes.values()), outputs * inputs, causes)
        return CycleReport((layer,), 1, {"useful": "useful", "other": "other"})

    def accesses(self):
        weights = self.layer.weight.size
        return [MemoryUse("weight", "hawx_rom", 8, weights, 1, weights, 0)]

    def write_trace(self, tensors):
        codes = tensors[self.layer.name][:, :, None]
        count = codes.shape[1]
        places, channels = np.zeros((count, 2), np.int32), np.arange(count, dtype=np.int32)[:, None]
        return [LayerWrites(self.layer.name, np.arange(count), places, channels, codes)]

    def multiplications(self):
        count = np.bincount(self.choice, minlength=len(self.blocks)) * self.layer.weight.shape[1]
        names = [block.name for block in self.blocks]
        return [Multiplications(self.layer.name, dict(zip(names, count.tolist(), strict=True)))]

    def constants(self):
        return [RegisterConstant("salt", self.salt, "Of no use.")]

    def part_of(self, module):
        return "core" if module.startswith("hawx_core") else None

    def describe(self):
        return {"title": "one serial multiplier"}


class Serial:
    """See hawx_hw.architectures.base.Architecture."""

    name = "serial"
    config = SerialConfig

    def check(self, accelerator, base):
        if accelerator.salt < 0:
            raise UserError("salt must not be negative", where="accelerator.salt")

    def plan(self, graph, accelerator, assignment, base=Path()):
        if [type(node) for node in graph.nodes] != [Flatten, Linear]:
            raise UserError("The serial accelerator runs one linear layer, and no other network")
        return SerialPlan(graph, dict(assignment), accelerator.salt)

    def propose(self, space, scores, costs, variants):
        return [space.uniform(len(space.blocks) - 1)[None]]


class SerialCore(wiring.Component):
    """Adds a product a cycle, output after output.

    **Latency**: as many cycles an output as it has inputs, and OVERHEAD.
    """

    def __init__(self, plan, implementations):
        self._plan, self._implementations = plan, implementations
        super().__init__(plan.signature())

    def elaborate(self, platform):
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
        for name, source in (("valid", last), ("address", output), ("data", code)):
            trace = Signal(source.shape(), name=f"trace_write_{name}")
            m.d.comb += trace.eq(source)
        m.d.comb += Signal(1, name="trace_layer").eq(self.layer)
        return m


def broken(plan):
    """The same plan for a core whose bias is wrong."""
    nodes = (*plan.graph.nodes[:-1], replace(plan.layer, bias=plan.layer.bias + 900))
    return SerialPlan(replace(plan.graph, nodes=nodes), plan.assignment)
