"""Where the cycles and the energy of an image go."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from hawx_hw.report.html.content import StackedBars
from hawx_hw.report.measured import shares

if TYPE_CHECKING:
    from hawx_hw.power.result import PowerResult
    from hawx_hw.report.run_results import RunResults
    from hawx_hw.verification.result import VerifyResult

__all__ = ["bars", "largest_first", "memory_use"]

#: Parts that have a color of their own, at most.
_PARTS = 11
#: Names of memories that say nothing without what they are in.
_UNSAID = {"memory", "buffer", "warp"}


def bars(results: RunResults) -> Iterator[StackedBars]:
    """Cycles by cause, energy by part, and energy by memory, as far as there are any."""
    if results.verify is not None and results.verify.ledger:
        yield _cycles(results.verify)
    if results.power is not None:
        yield _energy(results.power)
        if results.power.memories:
            yield _memories(results.power)
        yield _models(results.power)


def _cycles(verify: VerifyResult) -> StackedBars:
    return StackedBars(
        title="Cycles of an image, by layer and cause",
        unit="cycles",
        bars=tuple(layer.name for layer in verify.ledger),
        parts={
            cause.title: tuple(round(layer.causes[cause.name], 2) for layer in verify.ledger)
            for cause in verify.causes
        },
    )


def _energy(power: PowerResult) -> StackedBars:
    parts = dict.fromkeys(part for layer in power.layers for part in layer.parts)
    return StackedBars(
        title=f"Energy of an image, by layer and part (memory model {power.memory_model})",
        unit="nJ",
        bars=tuple(layer.name for layer in power.layers),
        parts=largest_first(
            {
                part: tuple(round(layer.parts.get(part, 0.0) / 1000, 3) for layer in power.layers)
                for part in parts
            }
        ),
    )


def _memories(power: PowerResult) -> StackedBars:
    """Memory by memory, those of one use together, under each memory model."""
    energies: dict[str, dict[str, float]] = {}
    for memory in power.memories:
        own = energies.setdefault(memory_use(memory.path), {})
        for model, energy_pj in memory.memory_models.items():
            own[model] = own.get(model, 0.0) + energy_pj
    return StackedBars(
        title="Energy of an image in memories, by memory model and use",
        unit="nJ",
        bars=tuple(power.memory_models),
        parts=largest_first(
            {
                use: tuple(round(own.get(model, 0.0) / 1000, 3) for model in power.memory_models)
                for use, own in energies.items()
            }
        ),
    )


def _models(power: PowerResult) -> StackedBars:
    """All parts under each memory model: what is no access to a memory is the same."""
    models = power.memory_models
    leakage = shares(power)["memories"] - models[power.memory_model].memories_pj
    parts = {
        name: tuple(
            round((m.memories_pj + leakage if name == "memories" else energy) / 1000, 3)
            for m in models.values()
        )
        for name, energy in shares(power).items()
    }
    return StackedBars(
        title="Energy of an image, by memory model and part",
        unit="nJ",
        bars=tuple(models),
        parts=largest_first(parts),
    )


def memory_use(path: str) -> str:
    """What a memory holds, from where it stands: ``weights`` of ``core/weights_3_0/macro``."""
    names = [re.sub(r"(_\d+)+$", "", name) for name in path.split("/")[:-1]] or [path]
    while len(names) > 1 and names[-1] in _UNSAID:
        names.pop()
    return names[-1].replace("_", " ")


def largest_first(parts: Mapping[str, tuple[float, ...]]) -> dict[str, tuple[float, ...]]:
    """What counts comes first, in the clearest colors; of very many, the smallest together."""
    ordered = sorted(parts.items(), key=lambda item: -sum(item[1]))
    if len(ordered) <= _PARTS:
        return dict(ordered)
    rest = (values for _, values in ordered[_PARTS - 1 :])
    others = tuple(round(sum(each), 3) for each in zip(*rest, strict=True))
    return {**dict(ordered[: _PARTS - 1]), "all others": others}
