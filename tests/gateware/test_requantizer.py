# amaranth: UnusedElaboratable=no
"""A requantizer against the rule of the reference: rounding, saturation, windows, gaps."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from amaranth.hdl import Module, Signal, signed, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.blocks.block import CODE
from hawx_hw.gateware.flows import FlowSignature
from hawx_hw.gateware.requantizer import Requantizer, RequantizerFormat, RequantizerStages
from hawx_hw.gateware.simulation import simulate
from hawx_hw.graph.graph import Requantization
from hawx_hw.graph.reference import requantize

RULE = data.StructLayout(
    {"shift": unsigned(6), "low": signed(8), "high": signed(8), "step": unsigned(8)}
)


def format_of(windows: int = 1, *, pooled: bool = True, sum_bits: int = 24) -> RequantizerFormat:
    return RequantizerFormat(sum_bits, 48, 49, RULE, windows, pooled)


class Lane(wiring.Component):
    """A requantizer with its stages; the constants come with the value that they belong to."""

    def __init__(self, format: RequantizerFormat):
        self._format = format
        self._element = data.StructLayout(
            {"window_first": 1, "window_last": 1, "group": format.window, "tag": 8}
        )
        super().__init__(
            {
                "element": In(FlowSignature(self._element)),
                "value": In(signed(format.sum_bits)),
                "constants": In(format.constants),
                "rule": In(RULE),
                "reduce": In(1),
                "valid": Out(1),
                "tag": Out(8),
                "code": Out(CODE),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.submodules.requantizer = requantizer = Requantizer(self._format)
        stages = RequantizerStages(m, self.element, self.reduce)
        stages.drive(m, requantizer)
        # As a memory that is read in the cycle of the value.
        assert Requantizer.COMPARE_STAGE == 1
        constants = Signal(self._format.constants)
        m.d.sync += constants.eq(self.constants)
        m.d.comb += [
            requantizer.value.eq(self.value),
            requantizer.group.eq(stages.compared.group),
            requantizer.constants.eq(constants),
            requantizer.rule.eq(self.rule),
            self.valid.eq(stages.complete.valid),
            self.tag.eq(stages.complete.payload.tag),
            self.code.eq(requantizer.code),
        ]
        return m


def rtl_codes(
    sums: np.ndarray,
    constants: list[tuple[int, int]],
    rule: Requantization,
    *,
    window: int = 1,
    reduce: bool = False,
    pooled: bool = True,
    seed: int = 0,
) -> np.ndarray:
    """``sums`` and the codes are (elements, groups); ``constants`` has one pair a group.

    The groups of an element come one after another, so that as many windows are under way. Values
    come with gaps; a code must follow the last value of its window by ``LATENCY``.
    """
    elements, groups = sums.shape
    lane = Lane(format_of(groups, pooled=pooled))
    gaps = random.Random(seed)
    codes: list[int] = []
    times: list[int] = []
    clock = 0

    async def drive(ctx: Any) -> None:
        nonlocal clock
        ctx.set(lane.reduce, reduce)
        for name, number in (
            ("shift", rule.shift),
            ("low", rule.low),
            ("high", rule.high),
            ("step", rule.step - 1),
        ):
            ctx.set(lane.rule[name], number)
        for number, group in np.ndindex(elements, groups):
            while gaps.random() < 0.3:
                ctx.set(lane.element.valid, 0)
                await ctx.tick()
                clock += 1
            last = number % window == window - 1
            ctx.set(lane.element.valid, 1)
            ctx.set(lane.element.payload.window_first, number % window == 0)
            ctx.set(lane.element.payload.window_last, last)
            ctx.set(lane.element.payload.group, group)
            ctx.set(lane.element.payload.tag, len(times) % 256)
            ctx.set(lane.value, int(sums[number, group]))
            ctx.set(lane.constants.multiplier, constants[group][0])
            ctx.set(lane.constants.addend, constants[group][1])
            if last:
                times.append(clock)
            await ctx.tick()
            clock += 1
        ctx.set(lane.element.valid, 0)
        for _ in range(Requantizer.LATENCY + 1):
            await ctx.tick()
            clock += 1

    async def watch(ctx: Any) -> None:
        while True:
            *_, valid, tag, code = await ctx.tick().sample(lane.valid, lane.tag, lane.code)
            if valid:
                assert clock - times[len(codes)] == Requantizer.LATENCY
                assert tag == len(codes) % 256
                codes.append(code)

    simulate(lane, drive, background=(watch,))
    return np.array(codes).reshape(elements // window, groups)


def pairs(multipliers: Any, biases: Any, rule: Requantization) -> list[tuple[int, int]]:
    """Constants of each group: bias, rounding and zero point are one addend."""
    fixed = (rule.step << (rule.shift - 1)) + (rule.zero_point << rule.shift)
    return [(int(m), int(b) * int(m) + fixed) for m, b in zip(multipliers, biases, strict=True)]


@pytest.mark.parametrize("seed", range(8))
def test_every_sum_is_requantized(seed: int) -> None:
    rng = np.random.default_rng(seed)
    groups, low, high = 1 + seed % 3, *sorted(rng.integers(-128, 128, 2).tolist())
    shift, step = int(rng.integers(1, 40)), int(rng.choice([1, 1, 2, 16, 128]))
    rule = Requantization(rng.integers(0, 2**16, groups), shift, seed - 5, low, high, step)
    # Mostly sums whose codes come out in the middle of the range, where a wrong bit cannot hide.
    scale = np.maximum(rule.multiplier, 1) / 2.0**shift
    middle = np.clip(rng.integers(-140, 140, (30, groups)) / scale, -(2**22), 2**22 - 1)
    anything = rng.integers(-(2**22), 2**22, (30, groups))
    sums = np.where(rng.random((30, groups)) < 0.7, middle.astype(np.int64), anything)
    biases = rng.integers(-(2**15), 2**15, groups)
    codes = rtl_codes(sums, pairs(rule.multiplier, biases, rule), rule, pooled=seed > 3, seed=seed)
    np.testing.assert_array_equal(codes, requantize(sums + biases, rule))


def test_every_bit_of_the_multiplier_counts() -> None:
    """A group for each bit, with sums whose codes use the whole range."""
    rng = np.random.default_rng(1)
    multipliers = [1 << bit for bit in range(16)]
    rule = Requantization(np.array(multipliers), 16, 0)
    sums = np.stack([rng.integers(-(2**23) // m, 2**23 // m, 12) for m in multipliers], axis=1)
    codes = rtl_codes(sums, pairs(multipliers, [0] * 16, rule), rule, pooled=False)
    np.testing.assert_array_equal(codes, requantize(sums, rule))


def test_extreme_sums_products_and_addends() -> None:
    """All bits of the two numbers that the product is in, and the carry between their halves."""
    rng = np.random.default_rng(2)
    multipliers, biases = [65535, 1, 43690, 21845], [2**15, -(2**15), 0, -1]
    rule = Requantization(np.array(multipliers), 39, 0)
    ends = np.repeat([[-(2**23)], [2**23 - 1], [-1], [0]], 4, axis=1)
    sums = np.concatenate([ends, ends, rng.integers(-(2**23), 2**23, (100, 4))])
    codes = rtl_codes(sums, pairs(multipliers, biases, rule), rule)
    np.testing.assert_array_equal(codes, requantize(sums + biases, rule))


@pytest.mark.parametrize("groups", [1, 3])
@pytest.mark.parametrize("window", [1, 2, 4, 9])
def test_largest_of_a_window(window: int, groups: int) -> None:
    """Each window under way keeps its own largest value, and has its own constants."""
    rng = np.random.default_rng(window)
    rule = Requantization(rng.integers(2**14, 2**16, groups), 24, -5, -100, 127)
    sums = rng.integers(-(2**16), 2**16, (5 * window, groups))
    biases = rng.integers(-30000, 30000, groups)
    every = requantize(sums + biases, rule).reshape(5, window, groups)
    codes = rtl_codes(sums, pairs(rule.multiplier, biases, rule), rule, window=window)
    np.testing.assert_array_equal(codes, every.max(axis=1))


@pytest.mark.parametrize("window", [1, 2, 6])
def test_sum_of_a_window(window: int) -> None:
    rng = np.random.default_rng(window)
    rule = Requantization(np.array([9362]), 16, 11)
    sums = rng.integers(-128, 128, (5 * window, 1))
    total = sums.reshape(5, window, 1).sum(axis=1)
    constants = pairs(rule.multiplier, [70], rule)
    codes = rtl_codes(sums, constants, rule, window=window, reduce=True, seed=window)
    np.testing.assert_array_equal(codes, requantize(total + 70, rule))


@pytest.mark.parametrize("name", ["sum_bits", "windows"])
def test_numbers_of_a_format_are_positive(name: str) -> None:
    numbers = {"sum_bits": 24, "windows": 1, name: 0}
    with pytest.raises(ValueError, match=f"{name} must be a positive number, not 0"):
        format_of(numbers["windows"], sum_bits=numbers["sum_bits"])


def test_a_rule_has_the_fields_that_are_read() -> None:
    rule = data.StructLayout({"shift": 6, "low": signed(8), "high": signed(8)})
    with pytest.raises(ValueError, match="step missing"):
        RequantizerFormat(24, 48, 49, rule, 1, True)
