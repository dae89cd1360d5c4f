"""Steps of the engines, cycle by cycle."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.architectures.simt.descriptors import Store, Stream
from hawx_hw.architectures.simt.isa import Instruction
from hawx_hw.architectures.simt.lanes import LaneBlocks
from hawx_hw.architectures.simt.program import Program
from hawx_hw.architectures.simt.traps import Cause
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.architectures.simt.walks import (
    Fault,
    first_fault,
    place,
    store_fault,
    store_steps,
    stream_fault,
    stream_taps,
)
from hawx_hw.blocks.registry import by_name


def program(unit: Unit, weights: int = 99, constants: int = 9) -> Program:
    lanes = LaneBlocks.uniform([by_name("exact")], unit.lanes)
    return Program(
        unit,
        lanes,
        (0,),
        weights=np.ones((weights, unit.lanes), dtype=np.int8),
        constants=np.ones((constants, unit.word, 2), dtype=np.int64),
    )


MAC = Instruction("MAC", v=1, rs=4)
EIGHT = program(Unit(lanes=8))


def test_the_order_of_a_stream() -> None:
    """Positions, then registers, then taps; windows stay together in the registers."""
    stream = Stream(
        taps=2, tap_step=1, across=2, across_step=8, beat_step=16, down=2, down_step=64,
        kernel_x=2, kernel_x_step=2,
    )  # fmt: skip
    taps = list(stream_taps(EIGHT, stream, MAC, (0, 0, 0, 5, 2), 1024))
    assert len(taps) == stream.cycles(2) == 32
    assert [tap.cycle for tap in taps] == list(range(32))
    assert [tap.register for tap in taps[:16:2]] == [1, 2, 5, 6, 3, 4, 7, 8]
    assert [(tap.words[0], tap.bytes[0]) for tap in taps[:16:2]] == [
        (0, 0), (1, 0), (2, 0), (3, 0), (8, 0), (9, 0), (10, 0), (11, 0),
    ]  # fmt: skip
    assert taps[16].bytes == (2,)
    # Weights are the same for all registers of a position; the first one's are fetched.
    assert [tap.weight for tap in taps] == [5, 6] * 8 + [7, 8] * 8
    assert [tap.fetches for tap in taps] == ([True] * 2 + [False] * 14) * 2


def test_runs_are_stretched() -> None:
    stream = Stream(taps=1, kernel_x=2, words=3, word_step=8)
    taps = list(stream_taps(EIGHT, stream, MAC, (0, 0, 0, 0, 2), 1024))
    # Two cycles until the first run's words are there; then three for each run.
    assert [tap.cycle for tap in taps] == [2, 5, 8, 11]
    narrow = list(stream_taps(EIGHT, Stream(kernel_x=2), MAC, (0, 0, 0, 0, 2), 1024))
    assert [tap.cycle for tap in narrow] == [0, 1, 4, 5]


def test_groups_take_parts_of_weight_words_and_neighboring_windows() -> None:
    unit = Unit(lanes=12, cluster=4)
    stream = Stream(taps=4, tap_step=1, groups=3, group_step=4, group_x=1, width=2, words=3,
                    word_step=4)  # fmt: skip
    taps = list(stream_taps(program(unit), stream, MAC, (8, 0, 0, 7, 1), 1024))
    assert [(tap.weight, tap.part) for tap in taps] == [(7, 0), (7, 1), (7, 2), (8, 0)]
    assert taps[1].words == (2, 3, 4)
    assert taps[1].bytes == (1, 1, 1)
    assert taps[1].inside == (True, True, False)


def test_coordinates_wrap() -> None:
    stream = Stream(taps=3, tap_step=1, tap_x=1, width=1, words=2, word_step=8)
    minus_one = (1 << 16) - 1
    taps = list(stream_taps(EIGHT, stream, MAC, (minus_one, minus_one, 0, 0, 1), 1))
    assert [tap.inside for tap in taps] == [(False,), (True,), (False,)]
    assert all(tap.fault is None for tap in taps)
    high = Stream(height=2)
    for y, inside in ((0, True), (1, True), (2, False), (minus_one, False)):
        tap = next(stream_taps(EIGHT, high, MAC, (0, 0, y, 0, 1), 1))
        assert tap.inside == (inside,)


def test_places_of_words_that_are_no_power_of_two() -> None:
    unit = Unit(lanes=3)
    # Word 5, byte 2.
    start = unit.address(17)
    assert place(unit, start, 0) == (5, 2)
    assert place(unit, start, 1) == (6, 0)
    assert place(unit, start, -18) == ((1 << 14) - 1, 2)


@pytest.mark.parametrize(
    ("stream", "scalars", "fault"),
    [
        (Stream(taps=9), (0, 0, 0, 0, 1), Fault(0, Cause.TAPS, 9)),
        (Stream(groups=2), (0, 0, 0, 0, 1), Fault(0, Cause.STREAM, 0)),
        (Stream(groups=2, taps=9), (0, 0, 0, 0, 0), Fault(0, Cause.STREAM, 0)),
        (Stream(), (0, 0, 0, 0, 0), Fault(0, Cause.BEATS, 0)),
        (Stream(selection=1), (0, 0, 0, 0, 1), Fault(0, Cause.SELECTION, 1)),
        (Stream(across=9), (0, 0, 0, 0, 1), None),
    ],
)
def test_faults_of_the_first_cycle(
    stream: Stream, scalars: tuple[int, ...], fault: Fault | None
) -> None:
    assert stream_fault(EIGHT, stream, MAC, scalars) == fault


@pytest.mark.parametrize(
    ("stream", "start", "fault"),
    [
        # The second run begins beyond the memory.
        (Stream(taps=2, tap_step=1, kernel_x=2, kernel_x_step=8), 24, (2, Cause.ACTIVATION, 4)),
        # A run goes on in a word that is not fetched.
        (Stream(taps=3, tap_step=1), 6, (0, Cause.WINDOW, 1)),
        (Stream(taps=3, tap_step=1, words=2, word_step=8), 6, None),
        (Stream(taps=3, tap_step=-1, words=2, word_step=-8), 8, None),
        # Three words are too many, though all are fetched.
        (Stream(taps=3, tap_step=8, words=3, word_step=8), 0, (2, Cause.WINDOW, 2)),
        # The words of the first run are there after some cycles.
        (Stream(words=3, word_step=8, kernel_x=2, kernel_x_step=64), 0, (5, Cause.ACTIVATION, 8)),
    ],
)  # fmt: skip
def test_faults_of_addresses(
    stream: Stream, start: int, fault: tuple[int, Cause, int] | None
) -> None:
    taps = list(stream_taps(EIGHT, stream, MAC, (start, 0, 0, 0, 1), 4))
    faults = [tap.fault for tap in taps if tap.fault is not None]
    assert faults[:1] == ([] if fault is None else [Fault(*fault)])


def test_registers_that_are_not_there() -> None:
    taps = list(stream_taps(EIGHT, Stream(taps=2, across=4), MAC, (0, 0, 0, 0, 2), 4))
    assert next(tap.fault for tap in taps if tap.fault) == Fault(14, Cause.BEATS, 8)
    qst = Instruction("QST", v=7, rs=4)
    steps = list(store_steps(EIGHT, Store(lanes=3), qst, (0, 0, 2, 9), 9))
    assert next(step.fault for step in steps if step.fault) == Fault(3, Cause.BEATS, 8)
    # Beats that nothing is stored of are not read.
    assert len(list(store_steps(EIGHT, Store(lanes=3), qst, (0, 0, 2, 1), 9))) == 3


def test_weights_beyond_the_memory() -> None:
    few = program(Unit(lanes=8), weights=3)
    taps = list(stream_taps(few, Stream(taps=2, kernel_x=2), MAC, (0, 0, 0, 0, 1), 4))
    assert [tap.fault for tap in taps] == [None, None, None, Fault(3, Cause.WEIGHT, 3)]
    # Streams without weights read none.
    for name in ("LDV", "RADD", "RMAX"):
        read = list(stream_taps(few, Stream(taps=4), Instruction(name, rs=4), (0, 0, 0, 9, 1), 4))
        assert all(tap.fault is None and not tap.fetches for tap in read)


def test_the_order_of_a_store() -> None:
    unit = Unit(lanes=16, requantizers=3)
    store = Store(window=2, lanes=13, window_step=5, block_step=100, element_step=1)
    qst = Instruction("QST", v=1, rs=4, fn=1)
    steps = list(store_steps(program(unit), store, qst, (7, 2, 2, 9), 1024))
    # Two windows, of two words with 3 and 2 shares of lanes, two registers each.
    assert len(steps) == store.cycles(unit, 2, 9, True) == 20
    first = steps[:10]
    assert [step.register for step in first] == [1, 2] * 5
    assert [step.lanes for step in first[::2]] == [
        (0, 1, 2), (3, 4, 5), (6, 7), (8, 9, 10), (11, 12),
    ]  # fmt: skip
    assert [step.first_byte for step in first[::2]] == [0, 3, 6, 0, 3]
    assert [step.address for step in first[::2]] == [7, 7, 7, 107, 107]
    assert [step.constants for step in first] == [2, 3, 2, 3, 2, 3, 3, 4, 3, 4]
    assert [step.begins for step in first] == [n in (0, 6) for n in range(10)]
    assert [step.ends for step in first] == [n in (5, 9) for n in range(10)]
    assert steps[10].address == 12
    assert steps[10].register == 3


def test_windows_of_groups_are_stored_side_by_side() -> None:
    unit = Unit(lanes=8, cluster=2)
    store = Store(lanes=3, groups=2, block_step=50)
    steps = list(
        store_steps(program(unit), store, Instruction("STV", v=0, rs=4), (10, 0, 2, 3), 1024)
    )
    # Words of two bytes; the fourth window is beyond the row.
    assert [(step.register, step.lanes, step.address) for step in steps] == [
        (0, (0,), 10), (0, (1,), 10), (0, (2,), 60),
        (0, (4,), 11), (0, (5,), 11), (0, (6,), 61),
        (1, (0,), 12), (1, (1,), 12), (1, (2,), 62),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("store", "scalars", "claimed", "fault"),
    [
        (Store(lanes=9), (0, 0, 1, 1), True, (Cause.STREAM, 0)),
        (Store(groups=2), (0, 0, 1, 1), True, (Cause.STREAM, 0)),
        (Store(), (0, 0, 0, 1), True, (Cause.BEATS, 0)),
        (Store(shift=40), (0, 0, 1, 1), True, (Cause.SHIFT, 40)),
        (Store(result=True), (0, 0, 1, 1), False, (Cause.SEQUENCE, 0)),
        (Store(result=True, shift=0), (0, 0, 1, 1), False, (Cause.SHIFT, 0)),
        (Store(result=True), (0, 0, 1, 1), True, None),
    ],
)
def test_faults_of_a_stores_first_cycle(
    store: Store, scalars: tuple[int, ...], claimed: bool, fault: tuple[Cause, int] | None
) -> None:
    qst = Instruction("QST", v=1, rs=4, fn=1)
    expected = None if fault is None else Fault(0, *fault)
    assert store_fault(EIGHT, store, qst, scalars, claimed) == expected


def test_faults_of_a_store_on_its_way() -> None:
    qst = Instruction("QST", v=0, rs=4)
    steps = list(store_steps(EIGHT, Store(lanes=2), qst, (3, 8, 2, 2), 4))
    assert [step.fault for step in steps] == [None, None, Fault(2, Cause.STORE, 4), None]
    steps = list(store_steps(EIGHT, Store(lanes=2), qst, (4, 9, 1, 1), 4))
    assert steps[0].fault == Fault(0, Cause.REQUANTIZATION, 9)


def test_the_lowest_cause_is_reported() -> None:
    assert first_fault(3, []) is None
    faults = [(Cause.WEIGHT, 1), (Cause.ACTIVATION, 2), (Cause.ACTIVATION, 3)]
    assert first_fault(3, faults) == Fault(3, Cause.ACTIVATION, 2)
