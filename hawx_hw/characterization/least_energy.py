"""Chooses how each block of a design is built: with the least energy in the design's own layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hawx_hw.architectures.base import OperandStream, Plan
from hawx_hw.blocks.block import Block
from hawx_hw.characterization.measure import energies_of
from hawx_hw.characterization.operands import Operands, uniform
from hawx_hw.design.program import ComparedImplementation
from hawx_hw.emulation import Emulator
from hawx_hw.gateware.block_verilog import implementation_verilog, registered
from hawx_hw.synthesis.implementations import compare_implementations
from hawx_hw.synthesis.modules import map_designs
from hawx_hw.synthesis.store import Store
from hawx_hw.technology import Technology

if TYPE_CHECKING:
    from hawx_hw.util.progress import Progress

__all__ = ["IMAGES", "EnergyChoice", "LayerOperands", "choose_least_energy", "layer_operands"]

#: So many training images give the operands.
IMAGES = 8
#: So many steps of a layer are simulated, of all images together, at the most.
_STEPS = 32_768
#: Of so many multipliers. All 64 of an 8 x 8 array take three times as long, and their energies
#: are at most 4 % lower, in all implementations alike.
_MULTIPLIERS = 16


@dataclass(frozen=True)
class EnergyChoice:
    """The implementation of a block that takes the least energy in a design.

    Parameters
    ----------
    block, digest : str
        Name of the block and hash of its table.
    implementation : str
        The chosen one.
    metrics : tuple of ComparedImplementation
        One for each implementation, in the block's order; none where there is only one.
    """

    block: str
    digest: str
    implementation: str
    metrics: tuple[ComparedImplementation, ...]


@dataclass(frozen=True, eq=False)
class LayerOperands:
    """The operands of a block in one layer.

    Parameters
    ----------
    operands : Operands
        A stream is one multiplier with one image.
    weight : float
        Steps of all multipliers that hold the block in this layer, an image, for each of its
        multiplications in the network.
    """

    operands: Operands
    weight: float


def choose_least_energy(
    plan: Plan,
    images: np.ndarray,
    technology: Technology,
    *,
    jobs: int = 1,
    store: Store | None = None,
    progress: Progress | None = None,
) -> list[EnergyChoice]:
    """Simulate every implementation of each block under the operands of the plan's layers.

    The operands are those that the multipliers of the accelerator get, in its order, while images
    are computed. Cells take the library's time, so that glitches count. The register that follows a
    block in the accelerator follows it here too: its input is the block's load, and what it takes
    because this input toggles is a part of the energy. So is what a block takes in steps in which
    its product does not count. The clock and leakage are not. While another block of its multiplier
    is in use, the operands of a block are zero, as in the accelerator.

    Parameters
    ----------
    plan : Plan
    images : ndarray of int8, shape (images, channels, height, width)
        Codes of images that no result is reported on.
    technology : Technology
    jobs : int
        How many syntheses run at a time.
    store : Store or None
        Store of syntheses and energies.
    progress : callable or None
        Called with the number of implementations that are simulated, and of all.

    Returns
    -------
    list of EnergyChoice
        One for each block of the plan. Of implementations with equal energy the first is chosen. A
        block that no multiplication uses is compared under uniform operands.

    Raises
    ------
    UserError
        Yosys or a C compiler is missing, or the library lacks a cell.
    """
    several = [block for block in plan.blocks if len(block.implementations) > 1]
    metrics = _measured(plan, several, images, technology, jobs, store, progress)
    choices = []
    for block in plan.blocks:
        own = metrics.get(block.digest, ())
        best = min(own, key=lambda one: one.energy_fj).implementation if own else None
        choices.append(
            EnergyChoice(block.name, block.digest, best or block.implementations[0], own)
        )
    return choices


def _measured(
    plan: Plan,
    blocks: Sequence[Block],
    images: np.ndarray,
    technology: Technology,
    jobs: int,
    store: Store | None,
    progress: Progress | None,
) -> dict[str, tuple[ComparedImplementation, ...]]:
    """By the block's digest what each of its implementations takes."""
    if not blocks:
        return {}
    flows = layer_operands(plan, images)
    pairs = [(block, name) for block in blocks for name in block.implementations]
    alone = compare_implementations(blocks, technology, jobs=jobs, store=store)
    metrics = [each for choice in alone for each in choice.metrics]
    designs = [registered(design) for design in implementation_verilog(pairs)]
    mapped = map_designs(
        [(design.files, design.top) for design in designs], technology, jobs=jobs, store=store
    )
    measured: dict[str, tuple[ComparedImplementation, ...]] = {}
    for number, ((block, name), design) in enumerate(zip(pairs, mapped, strict=True)):
        energy = 0.0
        for flow in flows.get(block.digest) or (LayerOperands(uniform(), 1.0),):
            step, _ = energies_of(
                block, design, technology, flow.operands, glitches=True, store=store
            )
            energy += flow.weight * (step["switching_fj"] + step["internal_fj"])
        one = ComparedImplementation(
            implementation=name,
            area=metrics[number].area,
            delay_ns=metrics[number].delay_ns,
            energy_fj=round(energy, 4),
        )
        measured[block.digest] = (*measured.get(block.digest, ()), one)
        if progress is not None:
            progress(number + 1, len(pairs))
    return measured


def layer_operands(plan: Plan, images: np.ndarray) -> dict[str, list[LayerOperands]]:
    """The operands of each block in each layer that uses it, by the block's digest.

    Parameters
    ----------
    plan : Plan
    images : ndarray of int8, shape (images, channels, height, width)
        At least one.
    """
    values = Emulator(plan.graph).run_all(images, plan.assignment)
    digests = {block.name: block.digest for block in _named(plan)}
    products = dict.fromkeys(digests.values(), 0)
    for counts in plan.multiplications():
        for name, count in counts.blocks.items():
            products[digests[name]] += count
    layers = dict(zip(plan.operand_layers.values(), plan.operand_layers, strict=True))
    flows: dict[str, list[LayerOperands]] = {}
    for node, layer in layers.items():
        stream = plan.operands(layer, values, max(_STEPS, len(images)))
        for index, block in enumerate(plan.blocks):
            used = np.flatnonzero((stream.blocks == index).any(axis=0))
            if len(used) and products[block.digest]:
                weight = stream.steps * len(used) / products[block.digest]
                operands = _operands(stream, index, used, len(images), node)
                flows.setdefault(block.digest, []).append(LayerOperands(operands, weight))
    return flows


def _named(plan: Plan) -> list[Block]:
    """Every block by each name that it has in the plan: blocks with one table may have several."""
    layers = [block for layer in plan.assignment.values() for block in layer.blocks]
    return [*plan.blocks, *layers]


def _operands(
    stream: OperandStream, block: int, used: np.ndarray, images: int, name: str
) -> Operands:
    """The codes that a block gets in some of the multipliers that use it."""
    if len(used) > _MULTIPLIERS:
        used = np.sort(np.random.default_rng(0).permutation(used)[:_MULTIPLIERS])
    own = stream.blocks[:, used] == block
    flows = [np.where(own, flow[:, used], 0) for flow in (stream.weights, stream.activations)]
    steps = len(own) // images
    if steps > 1:
        # Each image is a stream of its own.
        flows = [
            flow.reshape(images, steps, -1).transpose(1, 0, 2).reshape(steps, -1) for flow in flows
        ]
    elif len(own) == 1:
        flows = [np.concatenate([np.zeros_like(flow), flow]) for flow in flows]
    weights, activations = (np.ascontiguousarray(flow, dtype=np.int8) for flow in flows)
    return Operands(weights, activations, f"{name}, {images} images")
