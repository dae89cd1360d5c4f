"""The front of a search, as the report shows it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal

from hawx_hw.report.html.content import FrontContent, FrontPoint

if TYPE_CHECKING:
    from hawx_hw.config.search import SearchConfig
    from hawx_hw.search.result import AccuracyInterval, DesignPoint, SearchResult

__all__ = ["METRICS", "front_content"]

#: Metrics of designs that have an axis: title with unit.
METRICS: Mapping[str, str] = {
    "energy_nj": "energy of an image, nJ",
    "power_mw": "power, mW",
    "area_um2": "area without memories, um2",
    "latency_us": "time of an image, us",
    "multiplier_energy_nj": "energy of the multiplications, nJ",
}
_Kind = Literal["chosen", "front", "behind", "uniform", "exact"]


def front_content(
    result: SearchResult, index: int | None, search: SearchConfig | None, config: str
) -> FrontContent:
    """The designs of a search.

    Parameters
    ----------
    result : SearchResult
    index : int or None
        Number of the design that is built.
    search : SearchConfig or None
        With the constraints.
    config : str
        How the user names the config.
    """
    unseen = result.select_images > 0
    if unseen:
        basis = f"estimated for new images, from the {result.select_images:,} that no search saw"
        basis += f" and the {result.images:,} of the search"
    else:
        basis = f"on the {result.images:,} images of the search; none select"
    return FrontContent(
        points=tuple(_points(result, index, config)),
        objective=result.objective,
        titles={name: METRICS.get(name, name) for name in _metrics(result)},
        candidates=tuple(
            zip(result.predicted.accuracy_drops, result.predicted.objectives, strict=True)
        ),
        most=0.0 if search is None else search.constraints.accuracy_drop,
        basis=basis,
    )


def _metrics(result: SearchResult) -> list[str]:
    """The metrics that all designs have and a reader can weigh."""
    points = (*result.designs, *result.uniform)
    return [
        name for name in METRICS if points and all(name in point.metrics for point in points)
    ] or [result.objective]


def _points(result: SearchResult, index: int | None, config: str) -> Iterator[FrontPoint]:
    for number, point in enumerate(result.designs):
        kind: _Kind = "front" if number < len(result.front) else "behind"
        if number == index:
            kind = "chosen"
        elif point.exact:
            kind = "exact"
        yield _point(result, point, kind, number, config)
    numbered = {point.vector for point in result.designs}
    for point in result.uniform:
        if point.vector not in numbered:
            yield _point(result, point, "exact" if point.exact else "uniform", None, config)


def _point(
    result: SearchResult, point: DesignPoint, kind: _Kind, number: int | None, config: str
) -> FrontPoint:
    estimate = None if point.exact else point.estimate
    return FrontPoint(
        kind=kind,
        label="exact blocks" if point.exact else ", ".join(point.blocks),
        number=number,
        size=result.size_of(point),
        accuracy_drop=point.estimated_drop,
        low=None if estimate is None else estimate.low,
        high=None if estimate is None else estimate.high,
        accuracy=round(100 * point.accuracy, 4),
        predicted_accuracy=_percent(point.predicted_accuracy),
        metrics=dict(point.metrics),
        blocks=_blocks(point.assignment),
        command="" if number is None else f"hawx run {config} --index {number}",
    )


def _percent(predicted: AccuracyInterval | None) -> tuple[float, float, float] | None:
    if predicted is None:
        return None
    value, low, high = (
        round(100 * each, 4) for each in (predicted.value, predicted.low, predicted.high)
    )
    return value, low, high


def _blocks(assignment: Mapping[str, Any]) -> dict[str, dict[str, int]]:
    """Filters of each block by layer, from the ranges of a stored assignment."""
    counts: dict[str, dict[str, int]] = {}
    for layer, content in assignment["layers"].items():
        of_layer = counts.setdefault(layer, {})
        for group in content.get("groups", ()):
            of_layer[group["block"]] = of_layer.get(group["block"], 0) + _count(group["filters"])
    return counts


def _count(ranges: str) -> int:
    """How many numbers are in a text such as ``0-3, 7``."""
    count = 0
    for part in str(ranges).split(","):
        low, _, high = part.strip().partition("-")
        count += int(high or low) - int(low) + 1
    return count
