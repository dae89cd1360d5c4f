"""Timelines of units: what they show is what the simulator does."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.architectures.simt.isa import MULTIPLY_SCALARS, Place, decode
from hawx_hw.architectures.simt.simulator import simulate
from hawx_hw.architectures.simt.timeline import ACTIVITIES, layer_timeline
from tests.architectures.simt.networks import random_plan

NAMES = list(ACTIVITIES)


@pytest.mark.parametrize("seed", [0, 4, 18])
def test_walks_and_stores_end_as_the_simulator_s_instructions_do(seed: int) -> None:
    """Engines free a warp in the cycle in which the cycle-exact simulator ends its instruction."""
    made = random_plan(seed)
    program = made.program
    words = np.zeros((program.unit.activation_words, program.unit.word), np.int8)
    outcome = simulate(program, words)
    assert outcome.trap is None
    ends = {Place.MULTIPLY: set[tuple[int, int]](), Place.POST: set[tuple[int, int]]()}
    for each in outcome.retirements:
        place = decode(program.code[each.pc]).operation.place
        if place in ends:
            ends[place].add((each.cycle, each.warp))
    latency = program.unit.multiply_latency
    walks = {(walk.end - 1 + latency, walk.warp) for walk in made.trace.walks}
    assert walks == ends[Place.MULTIPLY]
    posts = {(span.end - 1, span.warp) for span in made.trace.spans["post"]}
    assert posts == ends[Place.POST]


@pytest.mark.parametrize("seed", [0, 4, 18])
def test_the_engine_s_cycles_are_those_of_the_ledger(seed: int) -> None:
    made = random_plan(seed)
    for number, layer in enumerate(made.cycles().layers):
        timeline = layer_timeline(made, number)
        titles = [track.title for track in timeline.tracks]
        assert titles == [
            "cycles of the layer", "multiply engine", "post engine",
            *(f"warp {warp}" for warp in range(made.unit.warps)),
        ]  # fmt: skip
        walks = timeline.tracks[1].totals[NAMES.index("walk")]
        causes = ("useful", "idle_lanes", "stretched", "other")
        assert walks == pytest.approx(sum(layer.causes[cause] for cause in causes))
        # The multiply engine is one: warps are in it one after the other.
        warps = sum(track.totals[NAMES.index("walk")] for track in timeline.tracks[3:])
        assert warps == walks
        assert sum(sum(part) for part in timeline.tracks[0].bins) == layer.total


def test_notes_are_instructions() -> None:
    timeline = layer_timeline(random_plan(0), 0)
    notes = [span[3] for span in timeline.tracks[1].spans]
    assert notes and all("MAC" in note or "RADD" in note or "LDV" in note for note in notes)
    assert all("warp" in note for note in notes)


def test_a_warp_waits_once_its_scalars_are_read() -> None:
    made = random_plan(4)
    own, waits = made.timing.layers[0], 0
    every = [(span.end, span.warp, span) for span in made.trace.spans["front_end"]]
    before = {(end, warp): span for end, warp, span in every}
    timeline = layer_timeline(made, 0)
    for walk in made.trace.walks:
        span = before.get((walk.begin, walk.warp))
        if span is None or not own.begin <= span.begin < own.begin + timeline.window:
            continue
        for begin, end, activity, _ in timeline.tracks[3 + walk.warp].spans:
            if begin <= span.begin + MULTIPLY_SCALARS - own.begin < min(end, span.end - own.begin):
                assert NAMES[activity] == "queue"
                waits += 1
    assert waits
