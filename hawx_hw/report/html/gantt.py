"""What the units do over time, as shapes of a page.

Each track is a strip as wide as the page allows, stretched: one unit of its width is a cycle, or a
part of the layer. Texts stand beside it, not inside.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from hawx_hw.util.results import Record

if TYPE_CHECKING:
    from hawx_hw.architectures.timeline import Timeline, Track

__all__ = ["Chart", "Strip", "chart"]

#: Steps that the marks of an axis may have.
_STEPS = (1, 2, 5)
_MARKS = 6


class Strip(Record):
    """One track.

    Parameters
    ----------
    title : str
    busy : float or None
        Share of the layer's cycles in which it works; None of the layer's own track.
    spans : tuple of (int, int, str, str)
        First cycle, cycles, class of the activity, text.
    parts : tuple of (str, str)
        Of each activity its class, and the path of its share of each part of the layer.
    """

    title: str
    busy: float | None
    spans: tuple[tuple[int, int, str, str], ...]
    parts: tuple[tuple[str, str], ...]


class Chart(Record):
    """The timeline of a layer.

    Parameters
    ----------
    layer, source : str
    cycles, window, bins, bin_cycles : int
    marks, bin_marks : tuple of int
        Cycles that the axes of the window and of the layer show.
    key : tuple of (str, str, float)
        Of each activity its class, its title, and its share of the layer's cycles, which is 0 for
        one that the first track does not have.
    strips : tuple of Strip
    """

    layer: str
    source: str
    cycles: int
    window: int
    bins: int
    bin_cycles: int
    marks: tuple[int, ...]
    bin_marks: tuple[int, ...]
    key: tuple[tuple[str, str, float], ...]
    strips: tuple[Strip, ...]


def chart(timeline: Timeline) -> Chart:
    """The shapes of a timeline."""
    classes = list(_classes(timeline))
    first = timeline.tracks[0]
    return Chart(
        layer=timeline.layer,
        source=timeline.source,
        cycles=timeline.cycles,
        window=timeline.window,
        bins=len(first.bins),
        bin_cycles=timeline.bin_cycles,
        marks=_marks(timeline.window),
        bin_marks=_marks(timeline.cycles),
        key=tuple(
            (name, activity.title, round(first.totals[index] / timeline.cycles, 4))
            for index, (name, activity) in enumerate(zip(classes, timeline.activities, strict=True))
            if any(track.totals[index] for track in timeline.tracks)
        ),
        strips=tuple(
            _strip(track, timeline, classes, whole=track is first) for track in timeline.tracks
        ),
    )


def _classes(timeline: Timeline) -> Iterator[str]:
    """Class of each activity: work or wait, and its number among these."""
    numbers = {True: 0, False: 0}
    for activity in timeline.activities:
        yield f"{'work' if activity.work else 'wait'}{numbers[activity.work]}"
        numbers[activity.work] += 1


def _strip(track: Track, timeline: Timeline, classes: list[str], *, whole: bool) -> Strip:
    work = sum(
        cycles
        for cycles, activity in zip(track.totals, timeline.activities, strict=True)
        if activity.work
    )
    spans = []
    for begin, end, activity, note in track.spans:
        title = timeline.activities[activity].title
        text = f"{title}{f' ({note})' if note else ''}, cycles {begin:,} to {end - 1:,}"
        spans.append((begin, end - begin, classes[activity], text))
    return Strip(
        title=track.title,
        busy=None if whole else round(work / timeline.cycles, 4),
        spans=tuple(spans),
        parts=tuple(_parts(track, timeline, classes)),
    )


def _parts(track: Track, timeline: Timeline, classes: list[str]) -> Iterator[tuple[str, str]]:
    """Areas, one on the other: of each part of the layer the share of each activity."""
    below = [0.0] * len(track.bins)
    for index, name in enumerate(classes):
        path = []
        for number, counts in enumerate(track.bins):
            if not counts[index]:
                continue
            cycles = min(timeline.bin_cycles, timeline.cycles - number * timeline.bin_cycles)
            share = counts[index] / cycles
            top = 1 - below[number] - share
            path.append(f"M{number} {_n(top)}h1v{_n(share)}h-1z")
            below[number] += share
        if path:
            yield name, "".join(path)


def _n(number: float) -> str:
    return f"{max(number, 0):.3f}".rstrip("0").rstrip(".") or "0"


def _marks(cycles: int) -> tuple[int, ...]:
    """Round numbers from 0 on, not too many."""
    power = 1
    while True:
        for step in _STEPS:
            if cycles / (step * power) <= _MARKS:
                return tuple(range(0, cycles + 1, step * power))
        power *= 10
