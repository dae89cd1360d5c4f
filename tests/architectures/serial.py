"""A fake architecture: one multiplier of each block, one linear layer, one product a cycle.

It shows what a second architecture has to bring along; :mod:`tests.architectures.serial_core` is
its hardware. Nothing outside these two files depends on it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from hawx_hw.architectures.base import (
    Architecture,
    Candidate,
    CycleReport,
    LayerCycles,
    LayerWrites,
    MemoryUse,
    Multiplications,
    OperandStream,
    ParameterMemory,
    sampled_steps,
)
from hawx_hw.architectures.common.canvas import LEFT, MIDDLE, RIGHT, TOP, Canvas, drawn_blocks
from hawx_hw.architectures.config import AcceleratorConfig
from hawx_hw.architectures.drawing import Drawing, DrawnCell, LayerUse
from hawx_hw.architectures.quantities import ONE, Part, Quantities, Quantity, feature
from hawx_hw.blocks import Block, by_name
from hawx_hw.blocks.assignment import Assignment, LayerBlocks
from hawx_hw.errors import UserError
from hawx_hw.gateware.core_interface import CoreSignature
from hawx_hw.gateware.names import BLOCK
from hawx_hw.gateware.register_map import RegisterConstant
from hawx_hw.graph.graph import Flatten, Graph, Linear, Requantization, Tensor
from tests.architectures.serial_core import OVERHEAD, SerialCore

if TYPE_CHECKING:
    from hawx_hw.assignment.space import Space
    from hawx_hw.characterization.block_table import BlockTable
    from hawx_hw.technology import Technology

FEATURES = {
    "clock_mhz": "clock (MHz)",
    "block_area": "total area of the blocks (um2)",
    "block_delay_ns": "longest path of the slowest block (ns)",
    "block_energy_pj": "energy of an image's multiplications, at uniform operands (pJ)",
    "memory_area": "total area of the memories (um2)",
    "cycles": "cycles of an inference",
}


def _quantity(target: str, unit: str, *terms: str) -> Quantity:
    part = Part("rest", target, (ONE, *map(feature, terms)))
    return Quantity(target, unit, (part,), terms)


QUANTITIES = Quantities(
    area=Quantity(
        "area",
        "um2",
        (
            Part("blocks", "area_blocks", (), exact=feature("block_area")),
            Part("rest", "area_rest", (ONE,)),
        ),
        ("block_area",),
    ),
    energy=_quantity("dynamic_pj", "pJ", "block_energy_pj", "cycles"),
    leakage=_quantity("leakage_uw", "uW", "block_area", "memory_area"),
    paths={"rest": _quantity("delay_rest_ns", "ns", "block_delay_ns")},
)


class SerialConfig(AcceleratorConfig):
    """Its section of the config."""

    architecture: Literal["serial"] = "serial"
    salt: int = 0
    #: The blocks that the hardware holds; None: those of the layer.
    blocks: list[str] | None = None

    @property
    def size(self) -> str:
        return "1 lane"

    @property
    def block_key(self) -> str | None:
        return None if self.blocks is None else "blocks"


@dataclass(frozen=True, eq=False)
class SerialPlan:
    """A network of one linear layer; see :class:`~hawx_hw.architectures.base.Plan`.

    Parameters
    ----------
    graph : Graph
    assignment : Assignment
    blocks : tuple of Block
        All that the layer needs, and maybe more.
    salt : int
    """

    graph: Graph
    assignment: Assignment
    blocks: tuple[Block, ...]
    salt: int = 0
    loadable = False
    multipliers = 1

    @property
    def layer(self) -> Linear:
        """The only layer."""
        layer = self.graph.nodes[-1]
        if not isinstance(layer, Linear):
            raise TypeError(f"the last node must be Linear, not {layer!r}")
        return layer

    @property
    def instances(self) -> tuple[int, ...]:
        return (1,) * len(self.blocks)

    @cached_property
    def choice(self) -> np.ndarray:
        """The block of each filter: int64 ``(outputs,)``."""
        outputs, inputs = self.layer.weight.shape
        used = self.assignment.get(
            self.layer.name, LayerBlocks.uniform(by_name("exact"), (outputs, inputs))
        )
        digests = [block.digest for block in self.blocks]
        return np.array([digests.index(used.blocks[n].digest) for n in used.choice[:, 0]])

    def signature(self) -> CoreSignature:
        image, result = (self.graph.tensors[n].shape for n in (self.graph.input, self.graph.output))
        return CoreSignature(word_codes=1, image_shape=image, result_shape=result, layers=1)

    def core(self, implementations: Mapping[str, str]) -> SerialCore:
        return SerialCore(self, implementations)

    def memories(self) -> Sequence[ParameterMemory]:
        words = self.layer.weight.view(np.uint8).ravel().tolist()
        return [ParameterMemory("weights", 8, len(words), words, [(0, self.layer.name)])]

    def cycles(self) -> CycleReport:
        outputs, inputs = self.layer.weight.shape
        causes = {"useful": outputs * inputs, "other": OVERHEAD * outputs}
        layer = LayerCycles(self.layer.name, sum(causes.values()), outputs * inputs, causes)
        return CycleReport((layer,), 1, {"useful": "useful", "other": "other"})

    def accesses(self) -> Sequence[MemoryUse]:
        outputs, inputs = self.layer.weight.shape
        products = outputs * inputs
        return [
            MemoryUse("activation", "hawx_sdp_ram", 8, inputs, 1, products, inputs),
            MemoryUse("weight", "hawx_rom", 8, products, 1, products, 0),
            # In the shell: the result, and the counters of the layer.
            MemoryUse("other", "hawx_sdp_ram", 8, outputs, 1, outputs, outputs),
            MemoryUse("other", "hawx_sdp_ram", 32, 2, 1, 0, 1),
        ]

    def write_trace(self, tensors: Mapping[str, np.ndarray]) -> Sequence[LayerWrites]:
        codes = tensors[self.layer.name][:, :, None]
        count = codes.shape[1]
        places, channels = np.zeros((count, 2), np.int32), np.arange(count, dtype=np.int32)[:, None]
        return [LayerWrites(self.layer.name, np.arange(count), places, channels, codes)]

    def multiplications(self) -> Sequence[Multiplications]:
        return [Multiplications(self.layer.name, self._macs())]

    def _macs(self) -> dict[str, int]:
        """Multiplications of each block, by its name."""
        count = np.bincount(self.choice, minlength=len(self.blocks)) * self.layer.weight.shape[1]
        names = [block.name for block in self.blocks]
        return dict(zip(names, count.tolist(), strict=True))

    @property
    def operand_layers(self) -> Mapping[str, str]:
        return {self.layer.name: self.layer.name}

    def operands(self, layer: str, values: Mapping[str, np.ndarray], limit: int) -> OperandStream:
        if layer != self.layer.name:
            raise ValueError(f"layer must be {self.layer.name}, not {layer!r}")
        weight, codes = self.layer.weight, values[self.layer.inputs[0]]
        blocks = np.broadcast_to(self.choice[:, None], weight.shape)
        taken = [
            slice(each.start, each.stop) for each in sampled_steps(weight.size, len(codes), limit)
        ]
        weights, activations, chosen = (
            np.concatenate([flow.ravel()[part] for flow, part in zip(flows, taken, strict=True)])
            for flows in zip(
                *((weight, np.broadcast_to(image, weight.shape), blocks) for image in codes),
                strict=True,
            )
        )
        return OperandStream(weights[:, None], activations[:, None], chosen[:, None], weight.size)

    def constants(self) -> Sequence[RegisterConstant]:
        return [RegisterConstant("salt", self.salt, "Of no use.")]

    def features(
        self,
        technology: Technology,
        blocks: BlockTable,
        *,
        implementation: str = "smallest",
        clock_mhz: float | None = None,
        clock_gating: bool = True,
    ) -> Mapping[str, float]:
        clock = technology.clock_mhz if clock_mhz is None else clock_mhz
        if not clock > 0:
            raise ValueError(f"clock_mhz must be positive, not {clock_mhz!r}")
        metrics = [blocks.chosen(block, implementation) for block in self.blocks]
        energies = zip(metrics, self._macs().values(), strict=True)
        memories = technology.memories.gated(clock_gating)
        return {
            "clock_mhz": clock,
            "block_area": sum(each.area for each in metrics),
            "block_delay_ns": max(each.delay_ns for each in metrics),
            "block_energy_pj": sum(each.energy_fj * count for each, count in energies) / 1000,
            "memory_area": sum(
                use.count * memories.metrics(use.macro, use.width, use.depth).area
                for use in self.accesses()
            ),
            "cycles": float(self.cycles().core),
        }

    def part_of(self, module: str) -> str | None:
        return {"blocks": "blocks", "core": "core", "rest": None}[self.kind_of(module)]

    def kind_of(self, module: str) -> str:
        if module.startswith(BLOCK):
            return "blocks"
        return "core" if module.startswith("hawx_core") else "rest"

    def drawing(self) -> Drawing:
        canvas = Canvas()
        canvas.shell(self.signature())
        image, weight, *_ = self.accesses()
        canvas.memory("core/image_memory", "image", image.macro, (8, image.depth), LEFT, TOP,
                      title="image")  # fmt: skip
        canvas.memory("core/weights", "weights", weight.macro, (8, weight.depth), RIGHT, TOP,
                      title="weights")  # fmt: skip
        canvas.bus("image_loader", "core/image_memory", 8, "image", (80, 60), (80, TOP))
        cells = (DrawnCell(name="0", x=MIDDLE, y=TOP, blocks=tuple(range(len(self.blocks)))),)
        counts = tuple(float(self._macs()[block.name]) for block in self.blocks)
        return canvas.drawing(
            title="one serial multiplier",
            cell="core",
            cell_part="core",
            blocks=drawn_blocks(self.blocks),
            height=TOP + 40,
            cell_width=30.0,
            cell_height=30.0,
            cells=cells,
            layers=(LayerUse.of(self.layer.name, [counts]),),
        )

    def timeline(self, layer: int) -> None:
        return None

    def describe(self) -> Mapping[str, Any]:
        return {"title": "one serial multiplier", "cell": "core"}


class Serial:
    """See :class:`~hawx_hw.architectures.base.Architecture`."""

    name = "serial"
    config = SerialConfig
    features: Mapping[str, str] = FEATURES
    quantities = QUANTITIES
    dimensions = 1

    def check(self, accelerator: SerialConfig, base: Path) -> None:
        if accelerator.salt < 0:
            raise UserError("salt must not be negative", where="accelerator.salt")

    def candidates(self, accelerator: SerialConfig, graph: Graph) -> Sequence[Candidate]:
        return [Candidate(accelerator, self.plan(graph, accelerator, {}).cycles().core, ())]

    def plan(
        self,
        graph: Graph,
        accelerator: SerialConfig,
        assignment: Assignment,
        base: Path = Path(),
    ) -> SerialPlan:
        *_, layer = graph.nodes
        if [type(node) for node in graph.nodes] != [Flatten, Linear]:
            raise UserError("The serial accelerator runs one linear layer, and no other network")
        used = assignment[layer.name].blocks if layer.name in assignment else (by_name("exact"),)
        blocks = used
        if accelerator.blocks is not None:
            blocks = tuple(by_name(name, base) for name in accelerator.blocks)
        if not {block.digest for block in used} <= {block.digest for block in blocks}:
            raise UserError("The accelerator lacks a block", where="accelerator.blocks")
        return SerialPlan(graph, dict(assignment), blocks, accelerator.salt)

    def propose(
        self, space: Space, scores: np.ndarray, costs: np.ndarray, variants: Sequence[SerialConfig]
    ) -> Sequence[np.ndarray]:
        return [space.uniform(len(space.blocks) - 1)[None]]

    def sample(self, point: Sequence[float]) -> SerialConfig:
        (number,) = point
        return SerialConfig(architecture="serial", salt=int(100 * number))

    def mix_blocks(
        self, accelerator: SerialConfig, first: str, second: str, share: float
    ) -> SerialConfig:
        content = accelerator.model_dump(exclude_unset=True)
        blocks = list(dict.fromkeys([first, second]))
        return SerialConfig.model_validate({**content, "blocks": blocks})


#: Checked by mypy: nothing of the interface is missing.
_: Architecture = Serial()


def graph() -> Graph:
    """A network that fits: flatten and a linear layer; 2 x 3 x 2 pixels, four classes."""
    rng = np.random.default_rng(3)
    weight = rng.integers(-127, 128, (4, 12)).astype(np.int8)
    bias = (128 * weight.astype(np.int64).sum(axis=1)).astype(np.int32)
    rule = Requantization(np.array([900, 1000, 1100, 950]), 20, -4)
    shapes = {"x": (2, 3, 2), "f": (12,), "d": (4,)}
    tensors = {
        name: Tensor(shape, 0.1, -4 if name == "d" else -128) for name, shape in shapes.items()
    }
    return Graph(
        "points", "x", (Flatten("f", ("x",)), Linear("d", ("f",), weight, bias, rule)), tensors
    )


def broken(plan: SerialPlan) -> SerialPlan:
    """The same plan for a core whose bias is wrong."""
    nodes = (*plan.graph.nodes[:-1], replace(plan.layer, bias=plan.layer.bias + 900))
    return replace(plan, graph=replace(plan.graph, nodes=nodes))
