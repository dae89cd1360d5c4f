# amaranth: UnusedElaboratable=no
"""Which fault is reported, and whose."""

from __future__ import annotations

from typing import Any

import pytest
from amaranth.hdl import Value

from hawx_hw.architectures.simt.descriptors import Stream
from hawx_hw.architectures.simt.gateware.stream_faults import StreamFaults
from hawx_hw.architectures.simt.isa import MULTIPLY_FAULT_LATENCY
from hawx_hw.architectures.simt.stream_words import StreamFormat
from hawx_hw.architectures.simt.traps import Cause
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.gateware.simulation import simulate

UNIT = Unit(lanes=6, cluster=3, warps=2, registers=8, taps=4, activation_words=100)
FORMAT = StreamFormat.of([Stream(taps=3, tap_step=1), Stream(taps=9), Stream(groups=7)], UNIT)


def faults() -> StreamFaults:
    return StreamFaults(UNIT, FORMAT, selections=3, windows=2)


def test_latency() -> None:
    assert StreamFaults.LATENCY + 1 == MULTIPLY_FAULT_LATENCY == 3


@pytest.mark.parametrize(
    ("stream", "signals", "cause", "value"),
    [
        (Stream(groups=7), {}, Cause.STREAM, 5),
        (Stream(taps=9), {"no_beats": 1}, Cause.TAPS, 9),
        (Stream(), {"no_beats": 1, "selection": 3}, Cause.BEATS, 0),
        (Stream(), {"selection": 3, "address": 7}, Cause.SELECTION, 3),
        (Stream(), {"selection": 3, "selects": 0, "address": 7}, Cause.ACTIVATION, 7),
        (Stream(), {"selection": 2, "address": 6}, None, 0),
    ],
)
def test_of_a_stream_the_lowest_cause(
    stream: Stream, signals: dict[str, int], cause: Cause | None, value: int
) -> None:
    component = faults()

    async def drive(ctx: Any) -> None:
        ctx.set(Value.cast(component.stream), FORMAT.pack(stream))
        for name, number in {"selects": 1, "index": 5, **signals}.items():
            ctx.set(getattr(component, name), number)
        ctx.set(component.first, 1)
        await ctx.tick()
        ctx.set(component.first, 0)
        ctx.set(component.warp, 1)
        assert not ctx.get(component.fault.valid)
        await ctx.tick()
        assert ctx.get(component.fault.valid) == (cause is not None)
        assert ctx.get(component.faulty) == (cause is not None)
        if cause is not None:
            assert ctx.get(component.fault.cause) == cause
            assert ctx.get(component.fault.value) == value
            assert ctx.get(component.fault.warp) == 1
        await ctx.tick()
        # It is reported once; the instruction remains a faulty one.
        assert not ctx.get(component.fault.valid)
        assert ctx.get(component.faulty) == (cause is not None)

    simulate(component, drive)


OUTSIDE = {"inside": 1, "tap_word": 100}
LACKS = {"matches_first": 0, "matches_last": 0, "first_word": 40, "second": 1}


@pytest.mark.parametrize(
    ("signals", "windows", "cause", "value"),
    [
        ({"number": 8, "word_beyond": 1}, (LACKS, OUTSIDE), Cause.BEATS, 8),
        ({"number": 7}, ({}, LACKS), Cause.WINDOW, 40),
        ({}, (LACKS | {"matches_first": 1}, LACKS), Cause.WINDOW, 41),
        ({}, ({"second": 2, "first_word": 9}, {}), Cause.WINDOW, 11),
        ({}, ({"second": -2, "first_word": 1}, {}), Cause.WINDOW, (1 << UNIT.word_bits) - 1),
        ({"word_beyond": 1}, ({}, OUTSIDE), Cause.ACTIVATION, 100),
        ({"word_beyond": 1, "weight_word": 55}, (OUTSIDE | {"inside": 0}, {}), Cause.WEIGHT, 55),
        ({}, ({"inside": 1, "tap_word": 99}, {"second": -1}), None, 0),
    ],
)
def test_of_a_tap_the_lowest_cause_of_the_first_group(
    signals: dict[str, int],
    windows: tuple[dict[str, int], dict[str, int]],
    cause: Cause | None,
    value: int,
) -> None:
    component = faults()

    async def drive(ctx: Any) -> None:
        ctx.set(component.tap, 1)
        ctx.set(component.run_begins, 1)
        for name, number in signals.items():
            ctx.set(getattr(component, name), number)
        for port, given in zip(component.windows, windows, strict=True):
            for name, number in {"matches_first": 1, "matches_last": 1, **given}.items():
                ctx.set(getattr(port, name), number)
        await ctx.tick()
        assert ctx.get(component.fault.valid) == (cause is not None)
        if cause is not None:
            assert ctx.get(component.fault.cause) == cause
            assert ctx.get(component.fault.value) == value

    simulate(component, drive)


@pytest.mark.parametrize("following", [1, 2, 3])
def test_the_walk_stops_unless_it_is_another_one(following: int) -> None:
    """The step of cycle 0 faults; the walk of the next instruction begins in ``following``."""
    component = faults()

    async def drive(ctx: Any) -> None:
        for cycle in range(7):
            ctx.set(component.first, cycle == following)
            ctx.set(component.word_beyond, cycle == 1)
            await ctx.delay(1e-7)
            assert ctx.get(component.fault.valid) == (cycle == 2)
            assert ctx.get(component.stop) == (cycle == 2 and following == 3)
            assert ctx.get(component.faulty) == (2 <= cycle < following + 2)
            await ctx.tick()

    simulate(component, drive)


def test_an_instruction_has_one_fault() -> None:
    component = faults()

    async def drive(ctx: Any) -> None:
        ctx.set(component.word_beyond, 1)
        valid = []
        for cycle in range(8):
            ctx.set(component.first, cycle == 3)
            await ctx.tick()
            valid.append(ctx.get(component.fault.valid))
        assert valid == [1, 0, 0, 0, 1, 0, 0, 0]

    simulate(component, drive)
