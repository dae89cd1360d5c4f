"""What the warps and the engines of a unit do in a layer, from the cycle model.

The model's cycles are those of the simulator and of the hardware, exactly.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from hawx_hw.architectures.simt.disassembler import word_text
from hawx_hw.architectures.simt.isa import MULTIPLY_SCALARS
from hawx_hw.architectures.simt.timing import CAUSES, IDLE, Trace
from hawx_hw.architectures.timeline import Activity, Timeline, TrackSpans, timeline

if TYPE_CHECKING:
    from hawx_hw.architectures.simt.plan import Plan
    from hawx_hw.architectures.simt.program import Program

__all__ = ["ACTIVITIES", "layer_timeline"]

#: What a warp or an engine does. Cycles in which the multiply engine walks are useful, or lanes
#: have nothing to do, or runs are stretched, or there is nothing to multiply.
ACTIVITIES: Mapping[str, Activity] = {
    "walk": Activity(
        title="multiply engine walks",
        causes=("useful", "idle_lanes", "stretched", "other"),
    ),
    "post": Activity(title="requantize and store", causes=("post",), work=True),
    "front_end": Activity(title="issue", causes=("front_end",)),
    "drain": Activity(title="drain", work=False, causes=("drain",)),
    "queue": Activity(title="wait for an engine", work=False),
    "barrier": Activity(title="wait at a barrier", work=False, causes=("barrier",)),
    "result": Activity(title="wait for the result memory", work=False, causes=("result",)),
}


def layer_timeline(plan: Plan, layer: int) -> Timeline:
    """The timeline of a layer; see :meth:`~hawx_hw.architectures.base.Plan.timeline`."""
    trace, own = plan.trace, plan.timing.layers[layer]
    notes = _Notes(plan.program)
    tracks = [_cycles(trace), _multiply(trace, notes), _post(trace, notes)]
    tracks += [_warp(trace, number, notes) for number in range(plan.unit.warps)]
    for track in tracks:
        track.spans = [
            (begin - own.begin, end - own.begin, what, note)
            for begin, end, what, note in track.spans
            if begin < own.end and end > own.begin
        ]
    return timeline(
        plan.compiled.layers[layer].operation.title,
        own.end - own.begin,
        ACTIVITIES,
        tracks,
        source="the cycle model, which equals the cycle-exact simulator",
    )


class _Notes:
    """The text of each instruction."""

    def __init__(self, program: Program):
        self._program = program
        self._labels = {address: name for name, address in program.names.labels.items()}
        self._texts: dict[int, str] = {}

    def of(self, pc: int) -> str:
        """The instruction at an address."""
        if pc not in self._texts:
            text = word_text(self._program, pc, self._program.code[pc], self._labels)
            self._texts[pc] = f"{pc}: {' '.join(text.split())}"
        return self._texts[pc]


def _cycles(trace: Trace) -> TrackSpans:
    """What each cycle is counted as."""
    track, due = TrackSpans("cycles of the layer"), trace.due
    ends = [*(np.flatnonzero(np.diff(due)) + 1).tolist(), len(due)]
    # Layers begin at their own cycles: a span that reaches over one is cut there.
    ends = sorted({*ends, *(layer.end for layer in trace.timing.layers)})
    begin = 0
    for end in ends:
        index = int(due[begin])
        name = "walk" if index < 0 else IDLE[index]
        track.add(begin, end, name, "" if index < 0 else CAUSES[name])
        begin = end
    return track


def _multiply(trace: Trace, notes: _Notes) -> TrackSpans:
    track = TrackSpans("multiply engine")
    for walk in trace.walks:
        what = f"warp {walk.warp}, {notes.of(walk.pc)}"
        lanes = f"; {walk.taps} taps of {walk.lanes} lanes" if walk.lanes else ""
        track.add(walk.begin, walk.end, "walk", what + lanes)
    return track


def _post(trace: Trace, notes: _Notes) -> TrackSpans:
    """The engine may take an instruction in while the one before ends: that one's end counts."""
    track, before = TrackSpans("post engine"), 0
    for span in sorted(trace.spans["post"]):
        note = f"warp {span.warp}, {notes.of(span.pc)}"
        track.add(max(span.begin, before), span.end, "post", note)
        before = max(before, span.end)
    return track


def _warp(trace: Trace, number: int, notes: _Notes) -> TrackSpans:
    """A warp from its first instruction to its last; between two places it waits for an engine."""
    track, before, note = TrackSpans(f"warp {number}"), None, ""
    for begin, end, what, pc in sorted(_places(trace, number)):
        if before is not None:
            track.add(before, begin, "queue", note)
        note = notes.of(pc)
        track.add(begin, end, what, note)
        before = max(end, before or 0)
    return track


def _places(trace: Trace, number: int) -> Iterator[tuple[int, int, str, int]]:
    walks = {walk.begin: walk for walk in trace.walks if walk.warp == number}
    for what, spans in trace.spans.items():
        for span in spans:
            if span.warp != number:
                continue
            end = span.end
            if what == "front_end" and end in walks:
                # With its scalars read it waits for the walk before.
                end = min(end, span.begin + MULTIPLY_SCALARS)
                yield end, span.end, "queue", span.pc
            yield span.begin, end, what, span.pc
    for walk in walks.values():
        yield walk.begin, walk.end, "walk", walk.pc
