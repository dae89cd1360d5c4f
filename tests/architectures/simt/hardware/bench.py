"""A unit's parts joined with loaded memories: stands for the core until there is one."""

from __future__ import annotations

from functools import partial
from typing import Any

from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from hawx_hw.architectures.simt.gateware.front_end import FrontEnd
from hawx_hw.architectures.simt.gateware.multiply_engine import MultiplyEngine
from hawx_hw.architectures.simt.gateware.post_engine import PostEngine
from hawx_hw.architectures.simt.gateware.register_file import RegisterFile
from hawx_hw.architectures.simt.gateware.trap_unit import TrapLayout
from hawx_hw.gateware.hierarchy import place
from hawx_hw.gateware.layout import index_width
from hawx_hw.gateware.memories import SimpleDualPortRam, WritePort
from hawx_hw.gateware.parameter_memories import place_parameter_memories


class Bench(wiring.Component):
    def __init__(self, shape: Any, streams: Any, stores: Any, memories: Any):
        self.shape, self.streams, self.stores = shape, streams, stores
        self.memories = memories
        unit = shape.unit
        super().__init__(
            {
                "start": In(1),
                "busy": Out(1),
                "done": Out(1),
                "input_release": Out(1),
                "result_free": In(1),
                "watchdog": In(1),
                "layer": Out(14),
                "layer_done": Out(1),
                "trap": Out(TrapLayout(unit)),
                "result": Out(WritePort(unit.result_words, 8 * unit.word)),
                "parameter": In(
                    wiring.Signature(
                        {
                            "valid": Out(1),
                            "memory": Out(index_width(len(memories))),
                            "address": Out(index_width(max(m.depth for m in memories))),
                            "data": Out(max(m.width for m in memories)),
                        }
                    )
                ),
            }
        )

    @staticmethod
    def trap_layout(unit: Any) -> Any:
        return TrapLayout(unit)

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        s = self.shape
        unit = s.unit
        depths = {memory.name: memory.depth for memory in self.memories}
        front = place(
            m, platform, "front_end", "hawx_front_end",
            partial(
                FrontEnd, unit, code=depths["program"],
                arguments=depths["arguments"] // unit.warps, streams=depths["streams"],
                stores=depths["stores"], layers=1 << 14,
            ),
        )  # fmt: skip
        multiply = place(
            m, platform, "multiply", "hawx_multiply_engine",
            partial(
                MultiplyEngine, unit, self.streams, s.lanes, streams=depths["streams"],
                weights=depths["weights"],
            ),
        )  # fmt: skip
        post = place(
            m, platform, "post", "hawx_post_engine",
            partial(
                PostEngine, unit, self.stores, stores=depths["stores"],
                constants=depths["requantization"],
            ),
        )  # fmt: skip
        registers = place(
            m, platform, "registers", "hawx_registers",
            partial(RegisterFile, unit, readers=4, writers=2),
        )  # fmt: skip
        activations = place(
            m, platform, "activations", "hawx_activations",
            partial(SimpleDualPortRam, 8 * unit.word, unit.activation_words),
        )  # fmt: skip
        program, arguments, streams, stores, weights, constants = place_parameter_memories(
            m,
            platform,
            [(memory.name, memory.width, memory.depth) for memory in self.memories],
            [],
            self.parameter,
        )
        for name in ("start", "result_free", "watchdog"):
            m.d.comb += getattr(front, name).eq(getattr(self, name))
        for name in ("busy", "done", "input_release", "layer", "layer_done", "trap"):
            m.d.comb += getattr(self, name).eq(getattr(front, name))
        connect(m, front.program, program.read)
        connect(m, front.arguments, arguments.read)
        connect(m, front.multiply, multiply.request)
        connect(m, front.post, post.request)
        connect(m, front.operands, registers.reads[0])
        connect(m, front.targets, registers.reads[1])
        connect(m, front.writes, registers.writes[0])
        connect(m, multiply.reads, registers.reads[2])
        connect(m, multiply.writes, registers.writes[1])
        connect(m, post.reads, registers.reads[3])
        connect(m, multiply.streams, streams.read)
        connect(m, multiply.activations, activations.read)
        connect(m, multiply.weights, weights.read)
        connect(m, post.stores, stores.read)
        m.d.comb += [
            constants.read.enable.eq(post.constants.enable),
            constants.read.address.eq(post.constants.address),
            post.constants.data.as_value().eq(constants.read.data),
            front.multiplied.ended.eq(multiply.ended),
            front.multiplied.warp.eq(multiply.ended_warp),
            front.multiplied.fault.eq(multiply.fault),
            post.claimed.eq(front.claimed),
        ]
        connect(m, post.report, front.posted)
        connect(m, post.activations, activations.write)
        connect(m, post.result, flipped(self.result))
        return m
