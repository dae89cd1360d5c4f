"""What would make a design better: computed from its own numbers and from predictions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from hawx_hw.report.html.costs import memory_use
from hawx_hw.report.measured import shares

if TYPE_CHECKING:
    from hawx_hw.power.result import PowerResult
    from hawx_hw.prediction.alternatives import Alternative
    from hawx_hw.prediction.prediction import Prediction
    from hawx_hw.prediction.result import PredictResult
    from hawx_hw.report.run_results import RunResults
    from hawx_hw.verification.result import VerifyResult

__all__ = ["hints"]

#: A share of the energy, or of the cycles, from which on a hint is worth reading.
_LARGE, _IDLE = 0.25, 0.05
#: What another size must save at least, in per cent, to be named.
_WORTH = 2.0


def hints(results: RunResults) -> Iterator[str]:
    """Where a design's own numbers are largest, and what changes them.

    Parameters
    ----------
    results : RunResults
    """
    if results.power is not None:
        yield from _memories(results.power)
    if results.predict is not None and results.predict.prediction is not None:
        yield from _sizes(results.predict, results.predict.prediction)
    if results.power is not None:
        yield from _parts(results.power)
    if results.verify is not None and results.verify.ledger:
        yield from _idle(results.verify)


def _memories(power: PowerResult) -> Iterator[str]:
    models, parts = power.memory_models, shares(power)
    share = parts["memories"] / power.energy_pj
    if share <= _LARGE:
        return
    # Leakage, which is a part of the memories too, is the same under every model.
    leakage = parts["memories"] - models[power.memory_model].memories_pj
    spread = ", ".join(
        f"{100 * (m.memories_pj + leakage) / m.energy_pj:.0f} % under {name}"
        for name, m in models.items()
    )
    text = (
        f"Memories take {100 * share:.0f} % of the energy ({spread}), which no other multiplier "
        "changes."
    )
    uses: dict[str, float] = {}
    for memory in power.memories:
        use = memory_use(memory.path)
        uses[use] = uses.get(use, 0.0) + memory.energy_pj
    if uses:
        use, energy = max(uses.items(), key=lambda item: item[1])
        count = sum(memory_use(memory.path) == use for memory in power.memories)
        text += (
            f" Most of it goes to {use} ({count} {'memory' if count == 1 else 'memories'}, "
            f"{energy / 1000:,.0f} nJ): macros of your own, stated under technology, replace the "
            "estimate."
        )
    yield text


def _sizes(predict: PredictResult, own: Prediction) -> Iterator[str]:
    """The accelerators of other sizes that are predicted to be better in something."""
    others = predict.alternatives
    if not others:
        return
    measures: Sequence[tuple[str, Callable[[Prediction], float], str]] = (
        ("energy", lambda p: p.energy_pj.value, "energy of an image"),
        ("area", lambda p: p.area.value, "area of cells"),
        ("time", lambda p: p.latency_us, "time of an image"),
    )
    named: list[Alternative] = []
    for kind, measure, what in measures:
        best = min(others, key=lambda each: measure(each.prediction))
        saved = 100 * (1 - measure(best.prediction) / measure(own))
        if saved >= _WORTH:
            if best in named:
                # It was named for something else, with this.
                continue
            named.append(best)
            yield _size(best, own, saved, what, kind)
        elif kind == "energy":
            yield (
                f"No other size is predicted to take less energy: of {len(others)} accelerators "
                "with its numbers doubled, halved or exchanged, the best one, "
                f"{_named(best)}, takes {_than(measure(best.prediction), measure(own))}."
            )


def _size(best: Alternative, own: Prediction, saved: float, what: str, kind: str) -> str:
    other = best.prediction
    energy, low, high = (
        each / 1000 for each in (other.energy_pj.value, other.energy_pj.low, other.energy_pj.high)
    )
    rest = {
        "energy": f"{_than(other.energy_pj.value, own.energy_pj.value)} energy ({energy:,.0f} nJ, "
        f"{low:,.0f} to {high:,.0f}; this one {own.energy_pj.value / 1000:,.0f})",
        "area": f"{_than(other.area.value, own.area.value)} area of cells",
        "time": f"{_than(other.latency_us, own.latency_us)} time",
    }
    if kind != "energy":
        rest["energy"] = f"{_than(other.energy_pj.value, own.energy_pj.value)} energy"
        first = f"{saved:.0f} % less {what}"
    else:
        first = rest["energy"]
    del rest[kind]
    text = (
        f"{_named(best)} is predicted to take {first}, with {' and '.join(rest.values())}; blocks "
        "and accuracy stay the same."
    )
    if other.outside:
        text += " It lies outside of what the predictors were trained on, so this is a guess."
    return f"{text[0].upper()}{text[1:]}"


def _named(each: Alternative) -> str:
    numbers = ", ".join(f"{key}: {number}" for key, number in each.changed.items())
    return f"{each.size} (accelerator: {{{numbers}}})"


def _than(one: float, other: float) -> str:
    percent = 100 * (one / other - 1)
    if abs(percent) < 0.5:
        return "the same"
    return f"{abs(percent):.0f} % {'more' if percent > 0 else 'less'}"


def _parts(power: PowerResult) -> Iterator[str]:
    parts = shares(power)
    clock = parts["clock"] / power.energy_pj
    if clock > _LARGE:
        pj = f"{parts['clock'] / power.cycles:,.1f}"
        yield (
            f"The clock takes {100 * clock:.0f} % of the energy, {pj} pJ a cycle: fewer cycles or "
            "fewer registers save it, other multipliers do not."
        )
    multipliers = parts["multipliers"] / power.energy_pj
    yield (
        f"Multipliers take {100 * multipliers:.1f} % of the energy: whatever blocks replace them, "
        "they can save at most that, and what narrower products save behind them."
    )


def _idle(verify: VerifyResult) -> Iterator[str]:
    """The layer that wastes most cycles, with its largest cause besides useful work."""
    _, *others = verify.causes
    wasted = [(sum(layer.causes[cause.name] for cause in others), layer) for layer in verify.ledger]
    most, layer = max(wasted, key=lambda pair: pair[0])
    total = sum(each.cycles for each in verify.ledger)
    if total and most / total > _IDLE:
        cause = max(others, key=lambda cause: layer.causes[cause.name])
        yield (
            f"{layer.name} does no useful work in {most:,.0f} of its {layer.cycles:,} cycles "
            f"({100 * most / total:.0f} % of all), most of it for: {cause.title}."
        )
