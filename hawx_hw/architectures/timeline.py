"""What the units of an accelerator do over time, in one layer: to the cycle, and as a whole.

An architecture states it as data (:meth:`~hawx_hw.architectures.base.Plan.timeline`). Cycles count
from the layer's first one. The first :data:`WINDOW` of them are shown one by one; of the whole
layer each of :data:`BINS` parts has the cycles of each activity.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Self

from pydantic import model_validator

from hawx_hw.util.results import Record

__all__ = ["BINS", "WINDOW", "Activity", "Timeline", "Track", "TrackSpans", "timeline"]

#: Cycles from a layer's first one on that are shown one by one.
WINDOW = 256
#: Parts of a layer, at most.
BINS = 64


class Activity(Record):
    """Something that a unit does, or waits for.

    Parameters
    ----------
    title : str
        What it is called.
    work : bool
        False where it waits.
    causes : tuple of str
        The causes of the cycle report that its cycles are counted as, on the first track.
    """

    title: str
    work: bool = True
    causes: tuple[str, ...] = ()


class Track(Record):
    """What one unit does.

    Parameters
    ----------
    title : str
        The unit.
    spans : tuple of (int, int, int, str)
        Within the window, in their order: the first cycle, the one after the last, the index of the
        activity, and what exactly, such as an instruction. Between them it does nothing.
    totals : tuple of int
        Cycles of each activity in the whole layer.
    bins : tuple of tuple of int
        Of each part of the layer, cycles of each activity.
    """

    title: str
    spans: tuple[tuple[int, int, int, str], ...]
    totals: tuple[int, ...]
    bins: tuple[tuple[int, ...], ...]


class Timeline(Record):
    """One layer.

    Parameters
    ----------
    layer : str
        Its title, as in the cycle report.
    cycles : int
        Of the layer.
    window : int
        Cycles that the spans reach over.
    bin_cycles : int
        Cycles of a part of the layer; the last part may be shorter.
    source : str
        What the cycles are from.
    activities : tuple of Activity
        What units do.
    tracks : tuple of Track
        The first one is the layer's: each cycle is one activity.

    Raises
    ------
    ValueError
        The first track leaves cycles out.
    """

    layer: str
    cycles: int
    window: int
    bin_cycles: int
    source: str
    activities: tuple[Activity, ...]
    tracks: tuple[Track, ...]

    @model_validator(mode="after")
    def _check(self) -> Self:
        if sum(self.tracks[0].totals) != self.cycles:
            raise ValueError(
                f"The first track of {self.layer!r} must have all of {self.cycles} cycles, "
                f"not {sum(self.tracks[0].totals)}"
            )
        return self


@dataclass
class TrackSpans:
    """All of a track.

    Parameters
    ----------
    title : str
    spans : list of (int, int, str, str)
        First cycle, the one after the last, activity by name, note; no two share a cycle.
    """

    title: str
    spans: list[tuple[int, int, str, str]] = field(default_factory=list)

    def add(self, begin: int, end: int, activity: str, note: str = "") -> None:
        """Add a span; one without a cycle is left out."""
        if end > begin:
            self.spans.append((begin, end, activity, note))


def timeline(
    layer: str,
    cycles: int,
    activities: Mapping[str, Activity],
    tracks: Sequence[TrackSpans],
    *,
    source: str,
    window: int = WINDOW,
    bins: int = BINS,
) -> Timeline:
    """The timeline of a layer.

    Parameters
    ----------
    layer : str
    cycles : int
    activities : mapping of str to Activity
    tracks : sequence of TrackSpans
        What lies outside of the layer is cut off, and what is alike and follows is one span.
    source : str
    window, bins : int

    Raises
    ------
    ValueError
        Two spans of a track share a cycle, or the first track leaves cycles out.
    """
    names = list(activities)
    step = max(1, -(-cycles // bins))
    return Timeline(
        layer=layer,
        cycles=cycles,
        window=min(window, cycles),
        bin_cycles=step,
        source=source,
        activities=tuple(activities.values()),
        tracks=tuple(_track(track, cycles, names, min(window, cycles), step) for track in tracks),
    )


class _Span(NamedTuple):
    begin: int
    end: int
    activity: int
    note: str


def _track(track: TrackSpans, cycles: int, names: list[str], window: int, step: int) -> Track:
    inside = [
        _Span(max(begin, 0), min(end, cycles), names.index(activity), note)
        for begin, end, activity, note in sorted(track.spans)
        if begin < cycles and end > 0
    ]
    spans: list[_Span] = []
    for span in inside:
        if spans and span.begin < spans[-1].end:
            raise ValueError(f"Track {track.title!r} must do one thing in cycle {span.begin}")
        if spans and spans[-1][1:] == (span.begin, span.activity, span.note):
            spans[-1] = spans[-1]._replace(end=span.end)
        else:
            spans.append(span)
    parts = [[0] * len(names) for _ in range(-(-cycles // step))]
    for span in spans:
        for number, count in _parts(span, step):
            parts[number][span.activity] += count
    totals = [sum(part[index] for part in parts) for index in range(len(names))]
    shown = (span._replace(end=min(span.end, window)) for span in spans if span.begin < window)
    return Track(
        title=track.title,
        spans=tuple(shown),
        totals=tuple(totals),
        bins=tuple(map(tuple, parts)),
    )


def _parts(span: _Span, step: int) -> Iterator[tuple[int, int]]:
    """The parts of the layer that a span reaches into, with its cycles in each."""
    for number in range(span.begin // step, (span.end - 1) // step + 1):
        yield number, min(span.end, (number + 1) * step) - max(span.begin, number * step)
