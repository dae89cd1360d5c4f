"""Where the cycles and the energy of an image go."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from hawx_hw.report.html.content import StackedBars

if TYPE_CHECKING:
    from hawx_hw.power.result import PowerResult
    from hawx_hw.report.run_results import RunResults
    from hawx_hw.verification.result import VerifyResult

__all__ = ["bars"]


def bars(results: RunResults) -> Iterator[StackedBars]:
    """Cycles by cause, energy by part, and energy by memory model, as far as there are any."""
    if results.verify is not None and results.verify.ledger:
        yield _cycles(results.verify)
    if results.power is not None:
        yield _energy(results.power)
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
        parts={
            part: tuple(round(layer.parts.get(part, 0.0) / 1000, 3) for layer in power.layers)
            for part in parts
        },
    )


def _models(power: PowerResult) -> StackedBars:
    models = power.memory_models
    return StackedBars(
        title="Energy of an image, by memory model",
        unit="nJ",
        bars=tuple(models),
        parts={
            "memories": tuple(round(m.memories_pj / 1000, 3) for m in models.values()),
            "all else": tuple(
                round((m.energy_pj - m.memories_pj) / 1000, 3) for m in models.values()
            ),
        },
    )
