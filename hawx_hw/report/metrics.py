"""The numbers of summary.json, from the results of the stages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hawx_hw.report.result import (
    Accuracies,
    BoundSummary,
    Energies,
    EnergySources,
    EstimateSummary,
    ImageRoles,
    SearchSummary,
    Source,
    Sources,
    SummaryResult,
    TestAccuracy,
    UsedBlock,
)
from hawx_hw.report.run_results import RunResults, load_results
from hawx_hw.report.verdict import EXACT, LOWER_PRECISION
from hawx_hw.util.files import sha256_file

if TYPE_CHECKING:
    from hawx_hw.config.models import Config
    from hawx_hw.search.pick import AccuracyBound
    from hawx_hw.search.result import DesignPoint

__all__ = ["summary_result"]

#: A number and where it comes from; both are None where there is none.
_Sourced = tuple[float, Source] | tuple[None, None]
_NONE: _Sourced = (None, None)


@dataclass(frozen=True)
class _Chosen:
    """The design of a search that is built.

    Parameters
    ----------
    point : DesignPoint or None
        None without a search.
    bound : AccuracyBound or None
    rivals : mapping of str to DesignPoint
        By their kinds.
    """

    point: DesignPoint | None = None
    bound: AccuracyBound | None = None
    rivals: Mapping[str, DesignPoint] = field(default_factory=dict)


def summary_result(config: Config, folder: Path, stages: tuple[str, ...]) -> SummaryResult:
    """What is known of a config's design.

    Parameters
    ----------
    config : Config
    folder : Path
        The build folder.
    stages : tuple of str
        Those whose files are up to date with the config; no others are read.

    Raises
    ------
    UserError
        A stage's file is missing, damaged or of another schema.
    """
    results = load_results(folder, stages)
    chosen = _chosen(config, results)
    emit, verify = results.emit, results.verify
    verified = None if verify is None or verify.failure else verify.images
    return SummaryResult(
        name=config.name,
        stages=results.stages,
        design_sha256=sha256_file(folder / "design.json") if "pick" in stages else None,
        technology=_technology(results),
        memory_model=_memory_model(results),
        architecture=config.accelerator.architecture,
        accelerator=None if emit is None else emit.title,
        blocks=None if emit is None else tuple(
            UsedBlock(name=b.name, implementation=b.implementation, instances=b.instances)
            for b in emit.blocks
        ),
        search=_search(results, chosen.point),
        images=_images(results),
        accuracy=Accuracies(
            test=_test_accuracy(results),
            estimate=_estimate(chosen.point),
            bound=None if chosen.bound is None else BoundSummary.of(chosen.bound),
        ),
        energy_nj=_energies(results, chosen),
        multipliers=None if emit is None else emit.multipliers,
        verified_images=verified,
        **_numbers(results),
    )  # fmt: skip


def _chosen(config: Config, results: RunResults) -> _Chosen:
    search = results.search.search if results.search is not None else None
    if search is None or results.index is None or config.search is None:
        return _Chosen()
    from hawx_hw.report.chosen import chosen_bound, chosen_rivals

    return _Chosen(
        search.designs[results.index],
        chosen_bound(search, results.index, config.search),
        {rival.kind: rival.point for rival in chosen_rivals(search, results.index, config.search)},
    )


def _estimate(point: DesignPoint | None) -> EstimateSummary | None:
    if point is None or point.estimate is None:
        return None
    known = point.estimate
    return EstimateSummary(drop=known.value, low=known.low, high=known.high)


def _technology(results: RunResults) -> str | None:
    for result in (results.power, results.synth, results.predict):
        if result is not None:
            return result.technology.name
    return None


def _memory_model(results: RunResults) -> str | None:
    """The memory model of the energies, measured or predicted."""
    if results.power is not None:
        return results.power.memory_model
    if results.predict is not None:
        return results.predict.technology.memory_model
    search = results.search.search if results.search is not None else None
    return None if search is None else search.memory_model


def _search(results: RunResults, point: DesignPoint | None) -> SearchSummary | None:
    search = results.search.search if results.search is not None else None
    if search is None:
        return None
    return SearchSummary(
        objective=search.objective,
        granularity=search.granularity,
        evaluations=search.evaluations,
        images=search.images,
        front=len(search.front),
        designs=len(search.designs),
        index=results.index,
        accuracy_drop=None if point is None else point.accuracy_drop,
    )


def _images(results: RunResults) -> ImageRoles | None:
    if results.quantize is None:
        return None
    parts = results.quantize.roles
    return ImageRoles(
        learn=parts.learn, select=parts.select, test=parts.test, select_unseen=parts.unseen
    )


def _test_accuracy(results: RunResults) -> TestAccuracy | None:
    """Accuracies of the network that is built, not of the one that the search evaluated."""
    if results.quantize is None:
        return None
    known, assign = results.quantize.accuracy, results.assign
    chosen = before = None
    if assign is not None:
        chosen = known.int8 if assign.accuracy is None else assign.accuracy.assigned
        before = None if assign.accuracy is None else assign.accuracy.compensated
    return TestAccuracy(
        images=known.images,
        float=known.in_float,
        exact=known.int8,
        chosen=chosen,
        before_retraining=before,
    )


def _energies(results: RunResults, chosen: _Chosen) -> Energies:
    own = _own_energy(results, chosen)
    exact, lower = (_rival_energy(results, chosen, kind, own) for kind in (EXACT, LOWER_PRECISION))
    return Energies(
        exact=exact[0],
        chosen=own[0],
        lower_precision=lower[0],
        source=EnergySources(exact=exact[1], chosen=own[1], lower_precision=lower[1]),
    )


def _own_energy(results: RunResults, chosen: _Chosen) -> _Sourced:
    prediction = results.predict.prediction if results.predict is not None else None
    return _first(
        measured=None if results.power is None else _thousandth(results.power.energy_pj),
        predicted=(
            _thousandth(prediction.energy_pj.value)
            if prediction is not None
            else _metric(chosen.point)
        ),
    )


def _rival_energy(results: RunResults, chosen: _Chosen, kind: str, own: _Sourced) -> _Sourced:
    """The energy of what the design is compared with; that of the design if it is the same."""
    if kind == EXACT and results.assign is not None and results.assign.exact:
        return own
    rival, point = chosen.rivals.get(kind), chosen.point
    if rival is not None and point is not None:
        same = (rival.network, rival.accelerator) == (point.network, point.accelerator)
        if same:
            return own
    designs = results.references.designs if results.references is not None else ()
    measured = (_thousandth(each.power.energy_pj) for each in designs if each.what.startswith(kind))
    return _first(measured=next(measured, None), predicted=_metric(rival))


def _numbers(results: RunResults) -> dict[str, Any]:
    """The numbers of the design by their keys, and where each comes from."""
    power, synth, verify = results.power, results.synth, results.verify
    prediction = results.predict.prediction if results.predict is not None else None
    measured: dict[str, float | None] = {}
    predicted: dict[str, float | None] = {}
    if prediction is not None:
        predicted = {
            "cycles": prediction.cycles,
            "clock_mhz": prediction.clock_mhz,
            "latency_us": prediction.latency_us,
            "power_mw": _thousandth(prediction.power_uw.value),
            "area_um2": prediction.area.value,
            "longest_path_ns": prediction.longest_path_ns.value,
        }
    if verify is not None:
        measured["cycles"] = verify.cycles_per_image
    if power is not None:
        if measured.get("cycles") is None:
            measured["cycles"] = power.cycles
        measured["clock_mhz"] = power.clock_mhz
        measured["power_mw"] = _thousandth(power.power_uw)
        measured["latency_us"] = power.cycles / power.clock_mhz
    if synth is not None:
        measured["area_um2"] = synth.area
        measured["longest_path_ns"] = synth.timing.longest_path_ns
    chosen = {
        key: _first(measured=measured.get(key), predicted=predicted.get(key))
        for key in Sources.model_fields
    }
    sources = Sources(**{key: source for key, (_, source) in chosen.items()})
    return {**{key: value for key, (value, _) in chosen.items()}, "source": sources}


def _first(*, measured: float | None, predicted: float | None) -> _Sourced:
    """What was measured, or else what is predicted."""
    if measured is not None:
        return measured, "measured"
    return _NONE if predicted is None else (predicted, "predicted")


def _thousandth(value: float) -> float:
    """A number of pJ in nJ, or of uW in mW, without the digits that a division adds."""
    return round(value / 1000, 9)


def _metric(point: DesignPoint | None) -> float | None:
    """The predicted energy of an image; None where the search looked at multipliers alone."""
    return None if point is None else point.metrics.get("energy_nj")
