"""Ways to part a layer: the fewest cycles win, and of equals the fewest weights."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hawx_hw.architectures.simt.descriptors import Store, Stream
from hawx_hw.architectures.simt.kernels import Place, Section, Walk
from hawx_hw.architectures.simt.tiling import beats_of, best_way, layer_cycles, weight_reads
from hawx_hw.architectures.simt.unit import Unit
from tests.architectures.simt.networks import random_plan


def test_beats_that_come_into_question() -> None:
    assert beats_of(20, 8) == [8, 7, 5]
    assert beats_of(5, 2) == [2, 1]
    assert beats_of(7, 8) == [7]
    assert beats_of(1, 1) == [1]
    assert beats_of(16, 8) == [8]


def part(beats: int, windows: int = 8, taps: int = 4) -> Section:
    stream = Stream(taps=taps, kernel_x=3)
    return Section(
        (Walk("MAC", stream, Place()),), Store(lanes=4), "", 4, 1, 4, windows, beats,
        Place(), Place(), Place(target=windows), Place(target=1),
    )  # fmt: skip


def test_fewer_cycles_win() -> None:
    unit = Unit(lanes=4, warps=2)
    cycles = {beats: layer_cycles(unit, (part(beats),)) for beats in (1, 2, 4, 8)}
    assert len(set(cycles.values())) > 1
    best = best_way((1, 2, 4, 8), unit, lambda beats: [part(beats)])
    assert cycles[best] == min(cycles.values())


def test_of_equals_fewer_weights_win() -> None:
    unit = Unit(lanes=4, warps=2)
    few = part(4)
    many = replace(few, walks=(replace(few.walks[0], stream=Stream(taps=4, kernel_y=3)),))
    ways = {"more": [many], "fewer": [replace(few, store=replace(few.store, groups=1))]}
    assert layer_cycles(unit, tuple(ways["more"])) == layer_cycles(unit, tuple(ways["fewer"]))
    assert best_way(ways, unit, ways.__getitem__) == "more"  # the first of equals
    assert weight_reads(ways["more"]) == 4 * 2 * 12


def test_no_way_is_no_choice() -> None:
    with pytest.raises(ValueError, match="a way at least"):
        best_way([], Unit(), lambda way: way)


@pytest.mark.parametrize("seed", range(0, 36, 3))
def test_weights_read_are_those_of_the_program(seed: int) -> None:
    made = random_plan(seed)
    read = sum(weight_reads(layer.lowered.sections) for layer in made.compiled.layers)
    assert read == sum(use.reads * use.count for use in made.accesses() if use.use == "weight")
