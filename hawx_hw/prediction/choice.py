"""What a config leaves out of its accelerator, chosen by cycles and energy.

The architecture lists the accelerators that may be built, with their cycles and memory accesses
under exact blocks. Of these, the best by cycles times the energy of the memories are planned, and
the one with the least energy-delay product wins: the energy of an image, as predicted, times its
time. Where there are no predictors, the energy of the memories counts alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeAlias

from hawx_hw.architectures.registry import architecture_of
from hawx_hw.errors import UserError
from hawx_hw.prediction.choice_result import AcceleratorChoice, ConsideredAccelerator

if TYPE_CHECKING:
    from hawx_hw.architectures.base import Candidate, MemoryUse, Plan
    from hawx_hw.architectures.config import AcceleratorConfig
    from hawx_hw.graph.graph import Graph
    from hawx_hw.prediction.designs import DesignPredictor
    from hawx_hw.technology.memories import MemoryModel

__all__ = ["choose"]

_Planned: TypeAlias = "tuple[ConsideredAccelerator, AcceleratorConfig]"
#: Candidates that are planned.
PLANNED = 16
#: Products that differ by less are equal: the smallest accelerator wins.
_EQUAL = 0.01


def choose(
    graph: Graph,
    accelerator: AcceleratorConfig,
    memories: MemoryModel,
    predictor: Callable[[], DesignPredictor],
) -> AcceleratorChoice:
    """Complete an accelerator.

    Parameters
    ----------
    graph : Graph
        The network, with exact blocks.
    accelerator : AcceleratorConfig
    memories : MemoryModel
        Of the technology.
    predictor : callable
        Gives the predictor of the accelerator's architecture; raises UserError where
        there is none. Called only where there is something to choose.

    Raises
    ------
    UserError
        No candidate can run the network.
    """
    architecture = architecture_of(accelerator)
    candidates = architecture.candidates(accelerator, graph)
    if len(candidates) == 1:
        return AcceleratorChoice(accelerator=candidates[0].accelerator.hardware())
    loaded, reason = None, None
    try:
        loaded = predictor()
    except UserError as error:
        reason = error.what
    keys = _open_keys([each.accelerator for each in candidates])
    planned: list[_Planned] = []
    refused: list[UserError] = []
    for complete in _promising(candidates, memories):
        try:
            plan = architecture.plan(graph, _exact(complete), {})
        except UserError as error:
            refused.append(error)
            continue
        numbers = {key: getattr(complete, key) for key in keys}
        planned.append((_considered(plan, complete.size, numbers, memories, loaded), complete))
        if len(planned) == PLANNED:
            break
    if not planned:
        raise refused[0]
    planned = _best_first(planned, [each.accelerator for each in candidates])
    return AcceleratorChoice(
        accelerator=planned[0][1].hardware(),
        chosen=keys,
        candidates=len(candidates),
        basis="memories" if loaded is None else "predicted",
        reason=reason,
        considered=tuple(each for each, _ in planned),
    )


def _open_keys(accelerators: Sequence[AcceleratorConfig]) -> tuple[str, ...]:
    """Keys that are not the same in all of some accelerators."""
    first, *others = accelerators
    return tuple(
        key
        for key in type(first).model_fields
        if any(getattr(other, key) != getattr(first, key) for other in others)
    )


def _promising(candidates: Sequence[Candidate], memories: MemoryModel) -> list[AcceleratorConfig]:
    """In ascending order of cycles times the energy of the memories."""
    costs = [each.cycles * _energy(each.accesses, memories, each.cycles) for each in candidates]
    # Stable: of equals the first candidate.
    order = sorted(range(len(candidates)), key=lambda index: costs[index])
    return [candidates[index].accelerator for index in order]


def _exact(accelerator: AcceleratorConfig) -> AcceleratorConfig:
    """The same for exact blocks, whatever blocks the hardware will hold."""
    key = accelerator.block_key
    return accelerator if key is None else accelerator.model_copy(update={key: None})


def _considered(
    plan: Plan,
    size: str,
    numbers: dict[str, int],
    memories: MemoryModel,
    predictor: DesignPredictor | None,
) -> ConsideredAccelerator:
    if predictor is None:
        from hawx_hw.verification.accelerator_job import cycles_per_image

        cycles, uses = cycles_per_image(plan), plan.accesses()
        return ConsideredAccelerator(
            size=size,
            numbers=numbers,
            cycles=cycles,
            latency_us=None,
            energy_nj=_energy(uses, memories, cycles) / 1e6,
            area_um2=math.fsum(
                memories.metrics(use.macro, use.width, use.depth).area * use.count for use in uses
            ),
        )
    prediction = predictor(plan)
    return ConsideredAccelerator(
        size=size,
        numbers=numbers,
        cycles=prediction.cycles,
        latency_us=prediction.latency_us,
        energy_nj=prediction.energy_pj.value / 1000,
        area_um2=prediction.area.value + prediction.memory_area,
    )


def _energy(uses: Sequence[MemoryUse], memories: MemoryModel, cycles: int) -> float:
    """Energy of an image's memory accesses, in fJ."""
    total = 0.0
    for use in uses:
        macro = memories.metrics(use.macro, use.width, use.depth)
        accesses = use.reads * macro.read_energy_fj + use.writes * macro.write_energy_fj
        total += use.count * (accesses + cycles * macro.clock_fj)
    return total


def _best_first(
    planned: Sequence[_Planned], candidates: Sequence[AcceleratorConfig]
) -> list[_Planned]:
    """In ascending order of products, but the smallest of the best first.

    Of equally small ones that is the first candidate.
    """
    ordered = sorted(planned, key=lambda pair: pair[0].product)
    limit = ordered[0][0].product * (1 + _EQUAL)
    best = min(
        (pair for pair in ordered if pair[0].product <= limit),
        key=lambda pair: (pair[0].area_um2, candidates.index(pair[1])),
    )
    return [best, *(pair for pair in ordered if pair is not best)]
