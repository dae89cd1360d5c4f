"""The front of a search, as the report shows it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal

from hawx_hw.report.html.cells import CellMap
from hawx_hw.report.html.names import arguments
from hawx_hw.search.result import ExhaustiveFront
from hawx_hw.util.results import Record

if TYPE_CHECKING:
    from hawx_hw.config.search import SearchConfig
    from hawx_hw.search.result import AccuracyInterval, DesignPoint, SearchResult

__all__ = ["METRICS", "FrontContent", "FrontPoint", "front_content"]

#: Metrics of designs that have an axis: title with unit, decimals, and term of the glossary.
METRICS: Mapping[str, tuple[str, int, str]] = {
    "energy_nj": ("energy of an image, nJ", 1, "energy of an image"),
    "power_mw": ("power, mW", 2, "power"),
    "area_um2": ("area without memories, µm²", 0, "area"),
    "latency_us": ("time of an image, µs", 2, "time of an image"),
    "multiplier_energy_nj": ("energy of the multiplications, nJ", 1, "energy of an image"),
    "energy_pj": ("energy of the multiplications, pJ", 1, "energy of an image"),
}
_Kind = Literal["chosen", "front", "behind", "precision", "uniform", "exact"]
#: Numbers of assignments with more digits are written as powers of ten.
_DIGITS = 7
_RAISED = str.maketrans("0123456789", "\u2070¹²³\u2074\u2075\u2076\u2077\u2078\u2079")
#: How blocks of plain lower precision are named.
_PRECISION = "precision("


class FrontPoint(Record):
    """A design of the search.

    Parameters
    ----------
    kind : str
        ``chosen``, ``exact``, ``precision`` (lower precision alone), ``front``, ``behind``, or
        ``uniform`` (another block everywhere); the first that it is.
    label : str
    number : int or None
        By which it can be built; None for one that is for comparison only.
    size : str
        Of its accelerator.
    drops : mapping of str to float
        Accuracy drop in percentage points by what it is measured on: ``new``, ``search``, ``test``.
    low, high : float or None
        ``new`` lies between them with 95 % probability.
    accuracy : float
        In per cent, on the images of the search.
    predicted_accuracy : tuple of float or None
        As the scores predict it: value, and the bounds of its interval at 90 % confidence.
    metrics : mapping of str to float
        Predicted, by names with units.
    blocks : mapping of str to mapping of str to int
        Of each layer, the filters (or slices) of each block.
    map : int or None
        Index of the front's maps.
    command : str
        What builds it; empty where it cannot be built by number.
    """

    kind: _Kind
    label: str
    number: int | None
    size: str
    drops: Mapping[str, float]
    low: float | None
    high: float | None
    accuracy: float
    predicted_accuracy: tuple[float, float, float] | None
    metrics: Mapping[str, float]
    blocks: Mapping[str, Mapping[str, int]]
    map: int | None
    command: str


class FrontContent(Record):
    """The second section.

    Parameters
    ----------
    points : tuple of FrontPoint
    blocks : tuple of str
        That the search chose from.
    maps : tuple of CellMap
        The multiplier cells of designs; some share one.
    objective : str
        The metric that the search weighed against accuracy.
    titles : mapping of str to str
        Of each metric, with its unit.
    decimals : mapping of str to int
        That each metric is shown with.
    drops : mapping of str to str
        What accuracy drops are measured on, the most telling first.
    candidates : tuple of (float, float)
        Assignments that were only predicted: accuracy drop on the search's images, objective.
    exhaustive : ExhaustiveFront or None
    exhaustive_text, exhaustive_command : str
        What is known of all assignments; and what evaluates them, where it is not known yet.
    most : float
        The largest accuracy drop that the constraints allow, in percentage points.
    """

    points: tuple[FrontPoint, ...]
    blocks: tuple[str, ...]
    maps: tuple[CellMap, ...]
    objective: str
    titles: Mapping[str, str]
    decimals: Mapping[str, int]
    drops: Mapping[str, str]
    candidates: tuple[tuple[float, float], ...]
    exhaustive: ExhaustiveFront | None
    exhaustive_text: str
    exhaustive_command: str
    most: float


def front_content(
    result: SearchResult,
    index: int | None,
    search: SearchConfig | None,
    config: str,
    maps: Mapping[int, CellMap] | None = None,
    option: int | None = None,
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
    maps : mapping of int to CellMap or None
        The multiplier cells of designs, by their numbers, as far as they are known.
    option : int or None
        See ``index`` of :func:`~hawx_hw.report.html.build.report_content`.
    """
    known = maps or {}
    distinct = tuple(dict.fromkeys(known.values()))
    numbers = {number: distinct.index(each) for number, each in known.items()}
    text, command = _exhaustive(result, config, arguments(config, option))
    return FrontContent(
        points=tuple(_points(result, index, config, numbers)),
        blocks=result.blocks,
        maps=distinct,
        objective=result.objective,
        titles={name: METRICS.get(name, (name,))[0] for name in _metrics(result)},
        decimals={name: METRICS[name][1] if name in METRICS else 3 for name in _metrics(result)},
        drops=_bases(result),
        candidates=tuple(
            zip(result.predicted.accuracy_drops, result.predicted.objectives, strict=True)
        ),
        exhaustive=result.exhaustive,
        exhaustive_text=text,
        exhaustive_command=command,
        most=0.0 if search is None else search.constraints.accuracy_drop,
    )


def _bases(result: SearchResult) -> dict[str, str]:
    bases = {}
    if result.select_images:
        bases["new"] = (
            f"estimated for new images (from {result.select_images:,} that no search saw and "
            f"{result.images:,} of the search)"
        )
    bases["search"] = f"on the {result.images:,} images of the search"
    if result.test_images and result.exact_test_accuracy is not None:
        bases["test"] = f"on the {result.test_images:,} test images"
    return bases


def _exhaustive(result: SearchResult, config: str, built: str) -> tuple[str, str]:
    """What is known of all assignments, and the command that evaluates them where it is not."""
    from hawx_hw.search.tuning import SearchTuning

    known = result.exhaustive
    if known is not None:
        return (
            f"All {known.assignments:,} assignments of this search were evaluated: the best of "
            "them, on the images of the search, are the broad line behind the designs.",
            "",
        )
    blocks, places = len(result.blocks), len((*result.designs, *result.uniform)[0].vector)
    size = _size(blocks, places)
    most = SearchTuning.drawn_designs if result.accelerators else SearchTuning.drawn_assignments
    budget = min(blocks**places, most)
    command = f"hawx search {config} --algorithm exhaustive --budget {budget}"
    if blocks**places <= most:
        return (
            f"The best of all {size} assignments are not known yet. This evaluates them:",
            f"{command}; hawx run {built}",
        )
    return (
        f"The best of all assignments are not known: {blocks} blocks in {places:,} places have "
        f"{size}, and at most {most:,} are evaluated. With granularity: layer and fewer blocks "
        "under search, this evaluates them:",
        f"{command}; hawx run {built}",
    )


def _size(blocks: int, places: int) -> str:
    """How many assignments there are, about: it may be a number of hundreds of digits."""
    from math import log10

    digits = places * log10(blocks)
    if digits < _DIGITS:
        return f"{blocks**places:,}"
    return f"about 10{f'{digits:.0f}'.translate(_RAISED)}"


def _metrics(result: SearchResult) -> list[str]:
    """The metrics that all designs have and a reader can weigh."""
    points = (*result.designs, *result.uniform)
    return [
        name for name in METRICS if points and all(name in point.metrics for point in points)
    ] or [result.objective]


def _points(
    result: SearchResult, index: int | None, config: str, maps: Mapping[int, int]
) -> Iterator[FrontPoint]:
    for number, point in enumerate(result.designs):
        place: _Kind = "front" if number < len(result.front) else "behind"
        kind: _Kind = "chosen" if number == index else _own_kind(point) or place
        yield _point(result, point, kind, number, config, maps.get(number))
    numbered = {point.vector for point in result.designs}
    for point in result.uniform:
        if point.vector not in numbered:
            yield _point(result, point, _own_kind(point) or "uniform", None, config, None)


def _own_kind(point: DesignPoint) -> Literal["exact", "precision"] | None:
    """The kind of a design that others are compared with."""
    if point.exact:
        return "exact"
    alone = len(set(point.vector)) == 1 and point.blocks[0].startswith(_PRECISION)
    return "precision" if alone else None


def _point(
    result: SearchResult,
    point: DesignPoint,
    kind: _Kind,
    number: int | None,
    config: str,
    cells: int | None,
) -> FrontPoint:
    estimate = None if point.exact else point.estimate
    return FrontPoint(
        kind=kind,
        label="exact blocks"
        if point.exact
        else ", ".join((*point.blocks, *(("retrained",) if point.retrained else ()))),
        number=number,
        size=result.size_of(point),
        drops=dict(_drops(result, point)),
        low=None if estimate is None else estimate.low,
        high=None if estimate is None else estimate.high,
        accuracy=round(100 * point.accuracy, 4),
        predicted_accuracy=_percent(point.predicted_accuracy),
        metrics=dict(point.metrics),
        blocks=_blocks(point.assignment),
        map=cells,
        command="" if number is None else f"hawx run {config} --index {result.named(number)}",
    )


def _drops(result: SearchResult, point: DesignPoint) -> Iterator[tuple[str, float]]:
    if result.select_images:
        yield "new", round(point.estimated_drop, 4)
    yield "search", round(point.accuracy_drop, 4)
    exact = result.exact_test_accuracy
    if result.test_images and exact is not None and point.test_accuracy is not None:
        yield "test", round(100 * (exact - point.test_accuracy), 4)


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
