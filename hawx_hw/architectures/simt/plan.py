"""A network on a SIMT unit: its program, the contents of its memories, its cycles."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hawx_hw.architectures.base import (
    CycleReport,
    Debugging,
    LayerWrites,
    MemoryUse,
    Multiplications,
    OperandStream,
    ParameterMemory,
)
from hawx_hw.architectures.common.memory_limits import MemoryNeed, check_memories
from hawx_hw.architectures.common.multiplications import multiplications
from hawx_hw.architectures.common.operations import operations
from hawx_hw.architectures.simt.compile import Compiled, compile_layers
from hawx_hw.architectures.simt.config import SimtConfig
from hawx_hw.architectures.simt.cycles import cycle_report
from hawx_hw.architectures.simt.memories import bank_count, parameter_memories
from hawx_hw.architectures.simt.program import Program
from hawx_hw.architectures.simt.schedule import Scheduled, schedule
from hawx_hw.architectures.simt.store_words import constant_parts
from hawx_hw.architectures.simt.timing import Timing, Trace, trace_program
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.blocks.assignment import Assignment
from hawx_hw.blocks.block import Block
from hawx_hw.gateware.register_map import RegisterConstant
from hawx_hw.graph.graph import Graph

if TYPE_CHECKING:
    from amaranth.lib.wiring import Component

    from hawx_hw.architectures.drawing import Drawing
    from hawx_hw.architectures.timeline import Timeline
    from hawx_hw.characterization.block_table import BlockTable
    from hawx_hw.gateware.core_interface import CoreSignature
    from hawx_hw.technology import Technology

__all__ = ["Plan", "plan"]


@dataclass(frozen=True, eq=False)
class Plan:
    """A network on a unit; see :class:`~hawx_hw.architectures.base.Plan`.

    Parameters
    ----------
    graph : Graph
    accelerator : SimtConfig
    assignment : Assignment
        The blocks of the graph's nodes.
    compiled : Compiled
    """

    graph: Graph
    accelerator: SimtConfig
    assignment: Assignment
    compiled: Compiled

    @property
    def program(self) -> Program:
        """What the unit runs."""
        return self.compiled.program

    @property
    def unit(self) -> Unit:
        """The numbers of the unit."""
        return self.compiled.program.unit

    @property
    def blocks(self) -> tuple[Block, ...]:
        """All blocks that some lane holds."""
        return self.compiled.lane_blocks.blocks

    @property
    def instances(self) -> tuple[int, ...]:
        """How many lanes hold each block."""
        return self.compiled.lane_blocks.instances

    @property
    def multipliers(self) -> int:
        """Number of lanes."""
        return self.unit.lanes

    @property
    def loadable(self) -> bool:
        """Whether the parameters are loaded at run time, or built in."""
        return self.accelerator.parameters == "loaded"

    @property
    def weight_banks(self) -> int:
        """Memories that the weights are parted into."""
        return self.accelerator.weight_banks or bank_count(len(self.program.weights))

    @cached_property
    def trace(self) -> Trace:
        """What the program's warps do when."""
        return trace_program(self.program)

    @property
    def timing(self) -> Timing:
        """The cycles of the program."""
        return self.trace.timing

    @cached_property
    def schedule(self) -> Sequence[Scheduled]:
        """What the engines do, in order."""
        return schedule(self.program, self.timing)

    def signature(self) -> CoreSignature:
        """See :class:`~hawx_hw.architectures.base.Plan`."""
        from hawx_hw.architectures.simt.gateware.core import trap_format
        from hawx_hw.architectures.simt.gateware.debug_ports import debug_format
        from hawx_hw.gateware.core_interface import CoreSignature

        tensors, result = self.graph.tensors, self.compiled.layers[-1].target.layout
        memories = [(each.width, each.depth) for each in self.memories()]
        return CoreSignature(
            word_codes=self.unit.word,
            image_shape=tensors[self.graph.input].shape,
            result_shape=tensors[self.graph.output].shape,
            result_positions=None if result.is_natural else tuple(result.positions.tolist()),
            layers=len(self.compiled.layers),
            memories=memories if self.loadable else [],
            image_pixels_per_word=self.compiled.image.pixels_per_word,
            trap=trap_format(self.unit),
            debug=debug_format(self.unit) if self.accelerator.debug else None,
        )

    def core(self, implementations: Mapping[str, str]) -> Component:
        """See :class:`~hawx_hw.architectures.base.Plan`."""
        from hawx_hw.architectures.simt.gateware.core import SimtCore

        return SimtCore(
            self.program,
            self.signature(),
            banks=self.weight_banks,
            implementations=implementations,
        )

    def memories(self) -> Sequence[ParameterMemory]:
        """See :class:`~hawx_hw.architectures.base.Plan`."""
        return self._memories

    @cached_property
    def _memories(self) -> tuple[ParameterMemory, ...]:
        layers, banks = self.compiled.layers, self.weight_banks
        firsts = {
            "program": [(self.compiled.first[n], layer) for n, layer in enumerate(layers)],
            "requantization": [
                (each.bases.constants * constant_parts(self.unit), each) for each in layers
            ],
        }
        for bank in range(banks):
            firsts[f"weights_{bank}" if banks > 1 else "weights"] = [
                (-(-(layer.bases.weights - bank) // banks), layer)
                for layer in layers
                if layer.operation.multiplies
            ]
        return tuple(
            dataclasses.replace(
                memory,
                layers=[(at, each.operation.title) for at, each in firsts.get(memory.name, ())],
            )
            for memory in parameter_memories(self.program, banks)
        )

    def cycles(self) -> CycleReport:
        """See :class:`~hawx_hw.architectures.base.Plan`."""
        layers = [layer.operation for layer in self.compiled.layers]
        return cycle_report(layers, self.timing.layers, self.unit.lanes)

    def accesses(self) -> Sequence[MemoryUse]:
        """See :class:`~hawx_hw.architectures.base.Plan`."""
        return self._accesses

    @cached_property
    def _accesses(self) -> tuple[MemoryUse, ...]:
        from hawx_hw.architectures.simt.accesses import memory_uses
        from hawx_hw.gateware.shell import shell_memories

        return tuple(
            memory_uses(
                self.compiled,
                self.schedule,
                self.timing,
                self.memories(),
                shell_memories(self.signature()),
                loadable=self.loadable,
            )
        )

    def write_trace(self, tensors: Mapping[str, np.ndarray]) -> Sequence[LayerWrites]:
        """See :class:`~hawx_hw.architectures.base.Plan`."""
        from hawx_hw.architectures.simt.write_trace import write_trace

        return write_trace(self.compiled, self.schedule, tensors)

    def debugging(self, image: np.ndarray) -> Debugging:
        """See :class:`~hawx_hw.architectures.base.DebuggedPlan`."""
        from hawx_hw.architectures.simt.debugging import debugging

        return debugging(self, image)

    def multiplications(self) -> Sequence[Multiplications]:
        """See :class:`~hawx_hw.architectures.base.Plan`."""
        return multiplications([layer.operation for layer in self.compiled.layers])

    @property
    def operand_layers(self) -> Mapping[str, str]:
        """See :class:`~hawx_hw.architectures.base.Plan`."""
        from hawx_hw.architectures.simt.operands import layers_of

        named = layers_of(self.compiled)
        return {name: layer.operation.node.name for name, layer in named.items()}

    def operands(self, layer: str, values: Mapping[str, np.ndarray], limit: int) -> OperandStream:
        """See :class:`~hawx_hw.architectures.base.Plan`."""
        from hawx_hw.architectures.simt.operands import operand_stream

        return operand_stream(self.compiled, self.schedule, layer, values, limit)

    def constants(self) -> Sequence[RegisterConstant]:
        """Lanes and warps; see :class:`~hawx_hw.architectures.base.Plan`."""
        return (
            RegisterConstant("lanes", self.unit.lanes, "Lanes of the unit."),
            RegisterConstant("warps", self.unit.warps, "Warps of the unit."),
        )

    def features(
        self,
        technology: Technology,
        blocks: BlockTable,
        *,
        implementation: str = "smallest",
        clock_mhz: float | None = None,
        clock_gating: bool = True,
    ) -> Mapping[str, float]:
        """See :class:`~hawx_hw.architectures.base.Plan`."""
        from hawx_hw.architectures.simt.features import features

        return features(
            self,
            technology,
            blocks,
            objective=implementation,
            clock_mhz=clock_mhz,
            clock_gating=clock_gating,
        )

    def part_of(self, module: str) -> str | None:
        """See :class:`~hawx_hw.architectures.base.Plan`."""
        from hawx_hw.architectures.simt.parts import part_of

        return part_of(module)

    def kind_of(self, module: str) -> str:
        """See :class:`~hawx_hw.architectures.base.Plan`."""
        from hawx_hw.architectures.simt.parts import kind_of

        return kind_of(module)

    def drawing(self) -> Drawing:
        """See :class:`~hawx_hw.architectures.base.Plan`."""
        from hawx_hw.architectures.simt.drawing import draw

        return draw(self)

    def timeline(self, layer: int) -> Timeline:
        """See :class:`~hawx_hw.architectures.base.Plan`."""
        from hawx_hw.architectures.simt.timeline import layer_timeline

        return layer_timeline(self, layer)

    def describe(self) -> Mapping[str, Any]:
        """See :class:`~hawx_hw.architectures.base.Plan`."""
        unit, program = self.unit, self.program
        lane_blocks = self.compiled.lane_blocks
        return {
            "title": f"{SimtConfig(lanes=unit.lanes, warps=unit.warps).size} SIMT",
            "cell": lane_blocks.cell,
            "unit": unit.layout,
            "lane_blocks": [list(lane_blocks.at(lane)) for lane in range(unit.lanes)],
            "selections": program.lanes.choice.tolist(),
            "instructions": len(program.code),
            "streams": [asdict(stream) for stream in program.streams],
            "stores": [asdict(store) for store in program.stores],
            "layers": [
                {
                    "layer": layer.operation.name,
                    "first_instruction": self.compiled.first[number],
                    "groups": layer.groups,
                    "beats": layer.beats,
                    "sections": len(layer.lowered.sections),
                }
                for number, layer in enumerate(self.compiled.layers)
            ],
        }

    @property
    def activation_bytes(self) -> int:
        """Bytes of the activation memory."""
        return self.unit.activation_words * self.unit.word

    @property
    def parameter_bytes(self) -> int:
        """Bytes of all parameter memories, each word rounded up to bytes."""
        return sum(-(-memory.width // 8) * memory.depth for memory in self.memories())


def plan(
    graph: Graph, accelerator: SimtConfig, assignment: Assignment | None = None, base: Path = Path()
) -> Plan:
    """Map a network onto a unit.

    Parameters
    ----------
    graph : Graph
    accelerator : SimtConfig
    assignment : Assignment or None
        The blocks of convolutions and linear layers; what is left out is exact.
    base : Path
        The folder that paths in the names of blocks start from.

    Raises
    ------
    UserError
        The unit cannot run a layer, or the lanes not serve its blocks, or memories be too small.
    """
    unit = accelerator.unit()
    layers = operations(graph, window_limit=unit.registers, assignment=assignment)
    compiled = compile_layers(
        graph,
        layers,
        unit,
        accelerator.lane_block_map(base),
        narrow=accelerator.instructions == "needed",
    )
    result = Plan(graph, accelerator, dict(assignment or {}), compiled)
    check_memories(
        accelerator,
        (
            MemoryNeed("activations", "activation_kib", result.activation_bytes),
            MemoryNeed("parameters", "parameter_kib", result.parameter_bytes),
        ),
    )
    return result
