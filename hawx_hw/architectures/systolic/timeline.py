"""What the units of a systolic accelerator do in a layer, from the cycle model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from hawx_hw.architectures.systolic.cycles import Event, count_cycles
from hawx_hw.architectures.systolic.gateware.latencies import issue_to_stream
from hawx_hw.architectures.timeline import Activity, Timeline, TrackSpans, timeline

if TYPE_CHECKING:
    from hawx_hw.architectures.systolic.plan import Plan

__all__ = ["ACTIVITIES", "layer_timeline"]

#: What a unit does. While pixels enter, all PEs multiply, or tiles hang over the edge of a kernel.
ACTIVITIES: Mapping[str, Activity] = {
    "issue": Activity(title="pixels enter the array", causes=("useful", "edge_tiles")),
    "load": Activity(title="load weights"),
    "read": Activity(title="requantize"),
    "stream": Activity(title="stream codes past the array", causes=("other",)),
    "fill_and_drain": Activity(title="fill, drain", work=False, causes=("fill_and_drain",)),
    "weight_loading": Activity(title="wait for weights", work=False, causes=("weight_loading",)),
    "requantization": Activity(
        title="wait for accumulators", work=False, causes=("requantization",)
    ),
}
_WAITS = ("weight_loading", "requantization")


def layer_timeline(plan: Plan, layer: int) -> Timeline:
    """The timeline of a layer; see :meth:`~hawx_hw.architectures.base.Plan.timeline`."""
    every: list[Event] = []
    count_cycles(plan, every)
    events = [event for event in every if event.layer == layer]
    (whole,) = (event for event in events if event.what == "layer")
    tracks = {
        "load": TrackSpans("weight loader"),
        "issue": TrackSpans("array"),
        "read": TrackSpans("requantizers"),
    }
    for event in events:
        if event.what == "stream":
            begin = event.begin + issue_to_stream() - whole.begin
            tracks["read"].add(begin, begin + event.end - event.begin, "stream")
        if event.what in tracks:
            note = f"output tile {event.output_tile}"
            if event.what != "read":
                note += f", tile of taps {event.tile}"
            begin, end = event.begin - whole.begin, event.end - whole.begin
            tracks[event.what].add(begin, end, event.what, note)
    return timeline(
        plan.layers[layer].title,
        whole.end - whole.begin,
        ACTIVITIES,
        [_cycles(events, whole), *tracks.values()],
        source="the cycle model, whose cycles are those of the hardware",
    )


def _cycles(events: list[Event], whole: Event) -> TrackSpans:
    """What each cycle is counted as; in a stream all are other than the array's."""
    track, before = TrackSpans("cycles of the layer"), whole.begin
    if any(event.what == "stream" for event in events):
        track.add(0, whole.end - whole.begin, "stream")
        return track
    for event in sorted(events, key=lambda each: each.begin):
        if event.what in ("issue", *_WAITS):
            track.add(before - whole.begin, event.begin - whole.begin, "fill_and_drain")
            track.add(event.begin - whole.begin, event.end - whole.begin, event.what)
            before = event.end
    track.add(before - whole.begin, whole.end - whole.begin, "fill_and_drain")
    return track
