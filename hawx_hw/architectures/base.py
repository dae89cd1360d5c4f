"""What an architecture is: the interface that the rest of the program builds accelerators through.

An :class:`Architecture` is one object a name in the YAML. It maps a network onto an accelerator:
the result is a :class:`Plan`, which has the hardware, the contents of its memories, its exact
cycles, and what each of its layers stores. Adding an architecture adds a folder beside this file
and one line in :mod:`~hawx_hw.architectures.registry`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np
    from amaranth.lib.wiring import Component

    from hawx_hw.architectures.config import AcceleratorConfig
    from hawx_hw.architectures.drawing import Drawing
    from hawx_hw.architectures.quantities import Quantities
    from hawx_hw.architectures.timeline import Timeline
    from hawx_hw.assignment.space import Space
    from hawx_hw.blocks.assignment import Assignment
    from hawx_hw.blocks.block import Block
    from hawx_hw.characterization.block_table import BlockTable
    from hawx_hw.gateware.core_interface import CoreSignature
    from hawx_hw.gateware.register_map import RegisterConstant
    from hawx_hw.graph.graph import Graph
    from hawx_hw.technology import Technology

__all__ = [
    "Architecture",
    "Candidate",
    "CycleReport",
    "DebugStep",
    "DebuggedPlan",
    "Debugging",
    "LayerCycles",
    "LayerWrites",
    "MemoryUse",
    "Multiplications",
    "OperandStream",
    "ParameterMemory",
    "Plan",
    "sampled_steps",
]


@dataclass(frozen=True)
class LayerCycles:
    """Where the cycles of one layer go.

    Parameters
    ----------
    name : str
        The layer's title, such as ``"conv1 + pool1"``.
    total : int
        Cycles from the previous layer's end, or the core's ``start``, to this layer's end.
    macs : int
        Multiplications of the layer.
    causes : mapping of str to float
        Cycles by cause; they add up to ``total``, to a billionth of it: shares of cycles are
        floating-point numbers. Every layer of a report has the same causes.

    Raises
    ------
    ValueError
        The causes do not add up to ``total``.
    """

    name: str
    total: int
    macs: int
    causes: Mapping[str, float]

    def __post_init__(self) -> None:
        added = math.fsum(self.causes.values())
        if not math.isclose(added, self.total, rel_tol=1e-9, abs_tol=1e-9):
            raise ValueError(
                f"Causes of layer {self.name!r} must add up to {self.total}, not {added:.12g}"
            )


@dataclass(frozen=True)
class CycleReport:
    """The exact cycles of one inference.

    Parameters
    ----------
    layers : tuple of LayerCycles
        In the order in which they run.
    multipliers : int
        Multiplications that the hardware can do in a cycle.
    causes : mapping of str to str
        Title of each cause, for a table's heading. ``"other"`` is one of them.

    Raises
    ------
    ValueError
        ``"other"`` is missing, or a layer has other causes than the report.
    """

    layers: tuple[LayerCycles, ...]
    multipliers: int
    causes: Mapping[str, str]

    def __post_init__(self) -> None:
        if "other" not in self.causes:
            raise ValueError(f"Causes must include 'other', not only {list(self.causes)!r}")
        for layer in self.layers:
            if layer.causes.keys() != self.causes.keys():
                raise ValueError(
                    f"Causes of layer {layer.name!r} must be {sorted(self.causes)!r}, "
                    f"not {sorted(layer.causes)!r}"
                )

    @property
    def core(self) -> int:
        """Cycles from the core's ``start`` to its ``done``."""
        return sum(layer.total for layer in self.layers)

    @property
    def macs(self) -> int:
        """Multiplications of an inference."""
        return sum(layer.macs for layer in self.layers)


@dataclass(frozen=True, eq=False)
class ParameterMemory:
    """A memory that holds parameters of the network.

    Parameters
    ----------
    name : str
        Of its module and of its file of contents, such as ``"weights_0_1"``.
    width, depth : int
        Bits of a word, and words.
    words : sequence of int
        ``depth`` words, each unsigned.
    layers : sequence of (int, str)
        The first word of each layer that has some, and the layer's title, in order.
    """

    name: str
    width: int
    depth: int
    words: Sequence[int]
    layers: Sequence[tuple[int, str]] = ()

    def layer_of(self, address: int) -> str | None:
        """Title of the layer that word ``address`` belongs to; None where it belongs to none."""
        before = [title for first, title in self.layers if first <= address]
        return before[-1] if before else None


@dataclass(frozen=True)
class MemoryUse:
    """How often memories of one kind are accessed.

    Parameters
    ----------
    use : str
        What for, such as ``"activation"`` or ``"weight"``.
    macro : str
        The macro module, of rtl_templates/.
    width, depth : int
        Bits of a word, and words.
    count : int
        How many there are.
    reads, writes : float
        Of each of them, an image; estimates from the plan.
    """

    use: str
    macro: str
    width: int
    depth: int
    count: int
    reads: float
    writes: float


@dataclass(frozen=True, eq=False)
class LayerWrites:
    """The words that one layer stores, in the order in which the hardware stores them.

    Parameters
    ----------
    name : str
        The tensor that the layer stores.
    addresses : ndarray of int64, shape (words,)
        In the activation memory, or in the result memory for the last layer.
    places : ndarray of int32, shape (words, 2)
        y and x of each word's pixel.
    channels : ndarray of int32, shape (words, codes a word)
        The channel of each code of a word; -1 where it holds none and may be anything.
    codes : ndarray of int8, shape (images, words, codes a word)
    """

    name: str
    addresses: np.ndarray
    places: np.ndarray
    channels: np.ndarray
    codes: np.ndarray


@dataclass(frozen=True)
class Candidate:
    """An accelerator that may be chosen for a network, with what it takes under exact blocks.

    Parameters
    ----------
    accelerator : AcceleratorConfig
        Every key that the choice is about is given.
    cycles : int
        Of an inference, as :attr:`CycleReport.core`.
    accesses : tuple of MemoryUse
        The memories that matter; widths and accesses are estimates.
    """

    accelerator: AcceleratorConfig
    cycles: int
    accesses: tuple[MemoryUse, ...]


@dataclass(frozen=True)
class Multiplications:
    """How many multiplications of one layer each block computes, an image.

    Parameters
    ----------
    layer : str
        Its title, as in the cycle report.
    blocks : mapping of str to int
        By the block's name.
    """

    layer: str
    blocks: Mapping[str, int]


@dataclass(frozen=True, eq=False)
class OperandStream:
    """What the multipliers multiply while the accelerator computes a layer, for some images.

    Parameters
    ----------
    weights, activations : ndarray of int8, shape (steps, multipliers)
        In the order in which they flow, image after image, of each image equally many steps.
    blocks : ndarray of int64, shape (steps, multipliers)
        Index of the block that multiplies them, in :attr:`Plan.blocks`.
    steps : int
        Steps that the layer takes, an image.
    """

    weights: np.ndarray
    activations: np.ndarray
    blocks: np.ndarray
    steps: int


def sampled_steps(steps: int, images: int, limit: int) -> list[range]:
    """Which steps of a layer an :class:`OperandStream` holds of each image.

    As many of each as ``limit`` allows, one after another; they begin later from image to image, so
    that together they reach from the layer's first step to its last.

    Parameters
    ----------
    steps : int
        That the layer takes, an image.
    images : int
        At least 1.
    limit : int
        The most steps of all images together.

    Raises
    ------
    ValueError
        ``limit`` is less than one step an image.
    """
    own = min(steps, limit // images)
    if own < 1:
        raise ValueError(f"limit must be at least {images}, one step an image, not {limit}")
    first = (image * (steps - own) // max(images - 1, 1) for image in range(images))
    return [range(step, step + own) for step in first]


class Plan(Protocol):
    """A network on an accelerator: all that its hardware is made of, and what it does.

    Attributes
    ----------
    graph : Graph
    assignment : Assignment
        The blocks of the graph's nodes.
    blocks : tuple of Block
        All blocks that the hardware holds, no two with one table.
    instances : tuple of int
        How many of each of ``blocks`` it holds.
    multipliers : int
        Multiplications that it can do in a cycle.
    loadable : bool
        Whether the parameters are loaded at run time, or built in.
    """

    @property
    def graph(self) -> Graph: ...
    @property
    def assignment(self) -> Assignment: ...
    @property
    def blocks(self) -> tuple[Block, ...]: ...
    @property
    def instances(self) -> tuple[int, ...]: ...
    @property
    def multipliers(self) -> int: ...
    @property
    def loadable(self) -> bool: ...

    def signature(self) -> CoreSignature:
        """The port between the core and the shell."""

    def core(self, implementations: Mapping[str, str]) -> Component:
        """The core, a component with the signature of :meth:`signature`.

        Parameters
        ----------
        implementations : mapping of str to str
            How each block is built, by its digest; a block that is left out is built in its first
            implementation.
        """

    def memories(self) -> Sequence[ParameterMemory]:
        """The parameter memories, in the order of the parameter packet."""

    def cycles(self) -> CycleReport:
        """The cycles of an inference; the simulation must agree exactly."""

    def accesses(self) -> Sequence[MemoryUse]:
        """All memories, and how often an inference accesses them."""

    def write_trace(self, tensors: Mapping[str, np.ndarray]) -> Sequence[LayerWrites]:
        """What each layer stores, in the order of :meth:`cycles`.

        Parameters
        ----------
        tensors : mapping of str to ndarray of int8
            What :func:`hawx_hw.graph.reference.run_all` returns for some images.
        """

    def multiplications(self) -> Sequence[Multiplications]:
        """The multiplications of each layer that has any, by block."""

    @property
    def operand_layers(self) -> Mapping[str, str]:
        """The node of each layer that multiplies, by every name that the layer goes by."""

    def operands(self, layer: str, values: Mapping[str, np.ndarray], limit: int) -> OperandStream:
        """What the multipliers multiply while the accelerator computes a layer.

        Parameters
        ----------
        layer : str
            One of ``operand_layers``.
        values : mapping of str to ndarray of int8
            Codes of every tensor for some images.
        limit : int
            The most steps; where there are more, those of :func:`sampled_steps`.

        Raises
        ------
        ValueError
            There is no such layer, or ``limit`` is less than one step an image.
        """

    def constants(self) -> Sequence[RegisterConstant]:
        """What the register map shows of the accelerator."""

    def features(
        self,
        technology: Technology,
        blocks: BlockTable,
        *,
        implementation: str = "smallest",
        clock_mhz: float | None = None,
        clock_gating: bool = True,
    ) -> Mapping[str, float]:
        """The numbers that predictors learn from: the architecture's ``features``.

        Nothing is synthesized. ``clock_mhz``, the clock, and ``memory_area``, the exact area of all
        memories, are among them.

        Parameters
        ----------
        technology : Technology
            Its memory model counts, and its clock where ``clock_mhz`` is None.
        blocks : BlockTable
            Holds every block of the hardware.
        implementation : str
            How blocks are built: ``accelerator.block_implementation``.
        clock_mhz : float or None
        clock_gating : bool
            Whether synthesis gates clocks.

        Raises
        ------
        KeyError
            A block is not in the table.
        ValueError
            The clock is not positive, or there is no such implementation.
        """

    def part_of(self, module: str) -> str | None:
        """The part of the accelerator that a Verilog module belongs to, by the module's name.

        None where the module belongs to the part of what instantiates it.
        """

    def kind_of(self, module: str) -> str:
        """The kind of a Verilog module, by the module's name.

        Kinds are what areas and paths are measured and predicted by; each is of one part. All
        blocks are the kind ``"blocks"``.
        """

    def drawing(self) -> Drawing:
        """What stands where in the hardware, and what each layer uses of it.

        Every multiplier is a cell, and every memory of :meth:`accesses` is there.
        """

    def timeline(self, layer: int) -> Timeline | None:
        """What the units do in a layer, cycle by cycle; None where the architecture has none.

        Parameters
        ----------
        layer : int
            Its index in :meth:`cycles`. The cycles of the first track add up to those of the
            layer's causes.
        """

    def describe(self) -> Mapping[str, Any]:
        """What program.json holds of it besides the above, JSON-able.

        ``"title"`` names it, and ``"cell"`` what holds blocks, such as ``"PE"``.
        """


@dataclass(frozen=True)
class DebugStep:
    """One instruction that the core is stepped by, and what software reads after it.

    Parameters
    ----------
    source : int
        The unit that runs it, such as a warp.
    reads : tuple of (int, int)
        Words of DEBUG_INDEX with what DEBUG_DATA reads.
    """

    source: int
    reads: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Debugging:
    """What software sees when it debugs an inference.

    Parameters
    ----------
    steps : tuple of DebugStep
        From the first instruction on, while the core is halted.
    counters : tuple of (int, int)
        Words of DEBUG_INDEX with what DEBUG_DATA reads after an inference without a halt or stall.
    """

    steps: tuple[DebugStep, ...]
    counters: tuple[tuple[int, int], ...]


class DebuggedPlan(Plan, Protocol):
    """A plan whose hardware can be halted, stepped and read: its signature has ``debug``."""

    def debugging(self, image: np.ndarray) -> Debugging:
        """What software sees when it debugs an inference.

        Parameters
        ----------
        image : ndarray of int8, shape (channels, height, width)
        """


class Architecture(Protocol):
    """One way to build an accelerator.

    Attributes
    ----------
    name : str
        Of the config's ``accelerator.architecture``.
    config : type of AcceleratorConfig
        Its section of the config.
    features : mapping of str to str
        What each feature of a plan is, with its unit in brackets at the end where it has one.
    quantities : Quantities
        What is predicted from the features, and what it is made of.
    dimensions : int
        Numbers that :meth:`sample` makes an accelerator from.
    """

    @property
    def name(self) -> str: ...
    @property
    def config(self) -> type[AcceleratorConfig]: ...
    @property
    def features(self) -> Mapping[str, str]: ...
    @property
    def quantities(self) -> Quantities: ...
    @property
    def dimensions(self) -> int: ...

    def check(self, accelerator: Any, base: Path) -> None:
        """Refuse what can be refused before there is a network.

        Raises
        ------
        UserError
            Numbers that do not go together, or unknown blocks; it names the key.
        """

    def candidates(self, accelerator: Any, graph: Graph) -> Sequence[Candidate]:
        """The accelerators that a config leaves open, for a choice by what they take.

        Parameters
        ----------
        accelerator : AcceleratorConfig
            Of this architecture. Keys that it gives are the same in every candidate.
        graph : Graph

        Returns
        -------
        sequence of Candidate
            At least one, always in the same order; the accelerator itself where it leaves nothing
            open.

        Raises
        ------
        UserError
            No accelerator has the numbers that are given, or none can run the network.
        """

    def plan(
        self, graph: Graph, accelerator: Any, assignment: Assignment, base: Path = Path()
    ) -> Plan:
        """Map a network onto an accelerator.

        Parameters
        ----------
        graph : Graph
        accelerator : AcceleratorConfig
            Of this architecture.
        assignment : Assignment
            The blocks of convolutions and linear layers; what is left out is exact.
        base : Path
            The folder that paths in the names of blocks start from.

        Raises
        ------
        UserError
            The accelerator cannot run the network, or not under these blocks.
        """

    def propose(
        self,
        space: Space,
        scores: np.ndarray,
        costs: np.ndarray,
        variants: Sequence[Any],
    ) -> Sequence[np.ndarray]:
        """Assignments that suit the hardware, for a search to consider.

        Parameters
        ----------
        space : Space
        scores, costs : ndarray of float64, shape (units, blocks)
            What each unit adds under each block.
        variants : sequence of AcceleratorConfig
            The accelerators that may be built.

        Returns
        -------
        sequence of ndarray of int64
            Kinds of proposals, each of shape (n, units), n >= 0.
        """

    def sample(self, point: Sequence[float]) -> AcceleratorConfig:
        """The accelerator at a point of the unit cube, for sweeps of designs.

        It sets the numbers that only this architecture has; all accelerators of the space that
        predictors are trained on have a point, and neighbors are alike.

        Parameters
        ----------
        point : sequence of float
            ``dimensions`` numbers in [0, 1).

        Raises
        ------
        ValueError
            More or fewer numbers, or others.
        """

    def mix_blocks(
        self, accelerator: Any, first: str, second: str, share: float
    ) -> AcceleratorConfig:
        """The accelerator with two blocks in some of its multiplier cells, and one in the others.

        Parameters
        ----------
        accelerator : AcceleratorConfig
            Of this architecture.
        first, second : str
            Names of the block that all cells hold, and of the one that some hold too.
        share : float
            Approximate share of the cells that hold the first block alone, in [0, 1].

        Raises
        ------
        ValueError
            Another share, or an accelerator of too few cells.
        """
