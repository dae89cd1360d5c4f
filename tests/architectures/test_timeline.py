"""Spans as timelines: what is cut off, counted, refused."""

from __future__ import annotations

import pytest

from hawx_hw.architectures.timeline import Activity, Timeline, TrackSpans, timeline

ACTIVITIES = {
    "work": Activity(title="work", causes=("useful",)),
    "wait": Activity(title="wait", work=False, causes=("other",)),
}


def track(title: str, *spans: tuple[int, int, str]) -> TrackSpans:
    made = TrackSpans(title)
    for begin, end, activity in spans:
        made.add(begin, end, activity, f"{begin}")
    return made


def made(*tracks: TrackSpans, cycles: int = 10, window: int = 6, bins: int = 4) -> Timeline:
    return timeline("conv", cycles, ACTIVITIES, tracks, source="s", window=window, bins=bins)


def test_the_window_and_the_parts_of_a_layer() -> None:
    whole = track("layer", (0, 2, "wait"), (2, 9, "work"), (9, 10, "wait"))
    unit = track("unit", (-3, 1, "work"), (5, 5, "wait"), (8, 14, "work"))
    result = made(whole, unit)
    assert (result.window, result.bin_cycles) == (6, 3)
    first, second = result.tracks
    assert first.spans == ((0, 2, 1, "0"), (2, 6, 0, "2"))
    assert first.totals == (7, 3)
    assert first.bins == ((1, 2), (3, 0), (3, 0), (0, 1))
    # What lies outside of the layer is cut off, and what lies behind the window is only counted.
    assert second.spans == ((0, 1, 0, "-3"),)
    assert second.totals == (3, 0)
    assert second.bins == ((1, 0), (0, 0), (1, 0), (1, 0))
    assert Timeline.model_validate(result.as_dict()) == result


def test_a_layer_shorter_than_the_window() -> None:
    result = made(track("layer", (0, 3, "work")), cycles=3, window=6, bins=10)
    assert (result.window, result.bin_cycles, len(result.tracks[0].bins)) == (3, 1, 3)


def test_what_follows_and_is_alike_is_one_span() -> None:
    whole = TrackSpans("layer", [(0, 4, "work", "a"), (4, 6, "work", "a"), (6, 10, "work", "b")])
    assert made(whole, window=10).tracks[0].spans == ((0, 6, 0, "a"), (6, 10, 0, "b"))


def test_the_first_track_has_every_cycle() -> None:
    with pytest.raises(ValueError, match="first track of 'conv' must have all of 10 cycles, not 9"):
        made(track("layer", (0, 9, "work")))


def test_a_unit_does_one_thing_at_a_time() -> None:
    with pytest.raises(ValueError, match="Track 'unit' must do one thing in cycle 3"):
        made(track("layer", (0, 10, "work")), track("unit", (0, 4, "work"), (3, 5, "wait")))
