"""The energy of blocks under the operands that a layer gives them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hawx_hw.architectures.registry import architecture_of
from hawx_hw.blocks.block import Block
from hawx_hw.characterization.measure import Measurement, measure, synthesize_blocks
from hawx_hw.characterization.operands import Operands, operand_stream
from hawx_hw.errors import UserError
from hawx_hw.graph import fast
from hawx_hw.graph.graph import Conv2d, Graph, Linear
from hawx_hw.scores.rounding import rounded_input
from hawx_hw.technology import Technology

if TYPE_CHECKING:
    from hawx_hw.architectures.config import AcceleratorConfig
    from hawx_hw.synthesis.store import Store
    from hawx_hw.util.progress import Progress

__all__ = ["IMAGES", "BlockEnergy", "LayerEnergies", "Use"]

#: So many images give the operands.
IMAGES = 4
#: So many steps of the layer are simulated, of all images together, at the most.
_STEPS = 4096
#: Of so many multipliers.
_MULTIPLIERS = 16


@dataclass(frozen=True, eq=False)
class Use:
    """A block as a layer would use it.

    Parameters
    ----------
    block : Block
    codes : ndarray of int64
        ``(filters, taps)``: the layer's weight codes.
    step : int
        What the layer's input is rounded to.
    """

    block: Block
    codes: np.ndarray
    step: int


@dataclass(frozen=True)
class BlockEnergy:
    """A block in the implementation with the least energy.

    Parameters
    ----------
    implementation : str
    energy_fj : float
        Of one multiplication, glitches and leakage included.
    area : float
        In the library's unit.
    """

    implementation: str
    energy_fj: float
    area: float


class LayerEnergies:
    """Synthesizes blocks, and simulates them with the operands of a layer in an accelerator.

    The operands are those that the accelerator's multipliers get in its order, with the weights
    that were chosen for the block and activations rounded for it. Cells take the library's time,
    so that glitches count.

    Parameters
    ----------
    graph : Graph
        The quantized network.
    node : Conv2d or Linear
        The layer.
    accelerator : AcceleratorConfig
    images : ndarray of int8
        Codes of some images, ``(images, *input shape)``.
    technology : Technology
    jobs : int
        Number of parallel syntheses.
    store : Store or None
        Store of syntheses and energies.
    """

    def __init__(
        self,
        graph: Graph,
        node: Conv2d | Linear,
        accelerator: AcceleratorConfig,
        images: np.ndarray,
        technology: Technology,
        *,
        jobs: int = 1,
        store: Store | None = None,
    ):
        if accelerator.block_key is not None:
            # The hardware's own blocks do not count: the layer is to have another.
            accelerator = accelerator.model_copy(update={accelerator.block_key: None})
        self._graph, self._node, self._accelerator = graph, node, accelerator
        self._values = fast.run_all(graph, images)
        self._technology, self._jobs, self._store = technology, jobs, store
        self._measured: dict[tuple[str, str], BlockEnergy] = {}

    def of(self, uses: Sequence[Use], progress: Progress | None = None) -> list[BlockEnergy]:
        """The energies of some blocks, each with its own weights.

        Parameters
        ----------
        uses : sequence of Use
        progress : callable or None
            Called with the number of blocks done and their total.

        Raises
        ------
        UserError
            Yosys or a C compiler is missing, the library lacks a cell, or the accelerator cannot
            run the network.
        """
        results = []
        for number, use in enumerate(uses):
            operands = self.operands(use)
            key = use.block.name, operands.digest
            if key not in self._measured:
                self._measured[key] = self._measure(use.block, operands)
            results.append(self._measured[key])
            if progress is not None:
                progress(number + 1, len(uses))
        return results

    def operands(self, use: Use) -> Operands:
        """What the accelerator's multipliers multiply in the layer."""
        node = replace(
            self._node, weight=use.codes.reshape(self._node.weight.shape).astype(np.int8)
        )
        nodes = tuple(node if each.name == node.name else each for each in self._graph.nodes)
        architecture = architecture_of(self._accelerator)
        plan = architecture.plan(replace(self._graph, nodes=nodes), self._accelerator, {}, Path())
        source = node.inputs[0]
        rounded = rounded_input(self._graph, self._node, use.step, self._values)
        stream = operand_stream(plan, node.name, {**self._values, source: rounded}, limit=_STEPS)
        used = np.flatnonzero(stream.weights.any(axis=0))
        used = np.sort(np.random.default_rng(0).permutation(used)[:_MULTIPLIERS])
        if not len(used):
            raise UserError(f"All weights of {node.name} are zero: there is nothing to design.")
        weights, activations = (
            np.ascontiguousarray(codes[:, used]) for codes in (stream.weights, stream.activations)
        )
        return Operands(weights, activations, stream.name)

    def _measure(self, block: Block, operands: Operands) -> BlockEnergy:
        mapped = synthesize_blocks([block], self._technology, jobs=self._jobs, store=self._store)
        measured = measure(
            [block], mapped, self._technology, operands, glitches=True, store=self._store
        )[block.name]
        clock = self._technology.clock_mhz

        def energy(one: Measurement) -> float:
            return one.energy_fj(clock)

        best = min(measured, key=energy)
        return BlockEnergy(best.implementation, energy(best), best.area)
