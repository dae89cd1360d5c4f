"""Requantization against the rule of the reference: rounding, saturation, windows."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hawx_hw.architectures.systolic.gateware.dimensions import Dimensions
from hawx_hw.architectures.systolic.gateware.post_processor import PostProcessor
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.architectures.systolic.steps import Step
from hawx_hw.architectures.systolic.widths import Widths
from hawx_hw.gateware.simulation import simulate
from hawx_hw.graph.graph import Requantization
from hawx_hw.graph.reference import requantize

LATENCY = PostProcessor.LATENCY
FIELDS = {
    "reduce": (1, False), "shift": (6, False), "low": (8, True), "high": (8, True),
    "window": (4, False),
}  # fmt: skip


def dimensions(requantizers: int, groups: int = 1, *, pooled: bool = True) -> Dimensions:
    fields = [(name, *FIELDS.get(name, (8, False))) for name in Step.__dataclass_fields__]
    return Dimensions(
        array=ArrayShape(1, groups * requantizers, groups * requantizers, 1, requantizers),
        fields=tuple(fields),
        layers=1,
        widths=Widths(0, 0, 0, (16,), (16,)),
        sum_bits=24,
        addend_bits=48,
        product_bits=49,
        arena=1024,
        accumulators=1,
        coordinate_bits=4,
        weight_words=1,
        requantization_words=groups,
        tap_words=1,
        tap_fields=(("column", 1), ("row", 1), ("offset", 1), ("code", 1), ("live", 1)),
        selections=1,
        pooled=pooled,
        result_words=1,
    )


def addend(bias: int, multiplier: int, rule: Requantization) -> int:
    return bias * multiplier + (rule.step << (rule.shift - 1)) + (rule.zero_point << rule.shift)


def rtl_codes(
    sums: np.ndarray, biases: np.ndarray, rule: Requantization, **options: Any
) -> list[list[int]]:
    """``sums`` is (elements, requantizers), or (elements, groups, requantizers) with as many
    ``biases``; returns the stored words as lists of codes. Options are those of :func:`run`."""
    shape = sums.shape if sums.ndim == 3 else (len(sums), 1, sums.shape[1])
    biases = np.broadcast_to(biases, sums.shape[1:]).reshape(shape[1:])
    (stored,) = run([(sums.reshape(shape), biases, rule)], **options)
    return stored


def run(
    layers: Sequence[tuple[np.ndarray, np.ndarray, Requantization]],
    *,
    window: int = 1,
    reduce: bool = False,
    addends: list[int] | None = None,
    gaps: random.Random | None = None,
    pooled: bool = True,
) -> list[list[list[int]]]:
    """The words that one post-processor stores of each layer, as lists of codes.

    Layers are sums ``(elements, groups, requantizers)``, biases ``(groups, requantizers)`` and a
    rule; all of one shape. They come one after another, and so do the groups of an element: as many
    windows are under way.
    """
    elements, groups, requantizers = layers[0][0].shape
    post = PostProcessor(dimensions(requantizers, groups, pooled=pooled))
    stored: list[list[list[int]]] = []
    times: list[tuple[int, int]] = []
    clock = 0
    constants: list[list[tuple[int, int]]] = []

    def constants_of(biases: np.ndarray, rule: Requantization) -> list[list[tuple[int, int]]]:
        multipliers = np.broadcast_to(rule.multiplier, biases.size).reshape(biases.shape)
        if addends is not None:
            return [list(zip(group.tolist(), addends, strict=True)) for group in multipliers]
        return [
            [(m, addend(bias, m, rule)) for m, bias in zip(*each, strict=True)]
            for each in zip(multipliers.tolist(), biases.astype(int).tolist(), strict=True)
        ]

    async def memory(ctx: Any) -> None:
        while True:
            *_, enable, address = await ctx.tick().sample(
                post.constants.enable, post.constants.address
            )
            if enable:
                for index, (multiplier, value) in enumerate(constants[address]):
                    ctx.set(post.constants.data[index].multiplier, multiplier)
                    ctx.set(post.constants.data[index].addend, value)

    async def drive(ctx: Any) -> None:
        for sums, biases, rule in layers:
            constants[:] = constants_of(biases, rule)
            times.clear()
            stored.append([])
            await drive_layer(ctx, sums, rule)

    async def drive_layer(ctx: Any, sums: np.ndarray, rule: Requantization) -> None:
        nonlocal clock
        ctx.set(post.rule.reduce, reduce)
        ctx.set(post.rule.shift, rule.shift)
        ctx.set(post.rule.low, rule.low)
        ctx.set(post.rule.high, rule.high)
        ctx.set(post.rule.step, rule.step - 1)
        element = post.element.payload
        for number, group in np.ndindex(elements, groups):
            while gaps is not None and gaps.random() < 0.4:
                ctx.set(post.element.valid, 0)
                await ctx.tick()
                clock += 1
            first, last = number % window == 0, number % window == window - 1
            word = number // window * groups + group
            ctx.set(post.element.valid, 1)
            ctx.set(element.window_first, first)
            ctx.set(element.window_last, last)
            ctx.set(element.end, (number, group) == (elements - 1, groups - 1))
            ctx.set(element.address, word)
            ctx.set(element.group, group)
            # Others come between those of a group, or the same ones stand from the first one on.
            ctx.set(element.reads_constants, last if groups > 1 else number == 0)
            ctx.set(element.constants, group)
            for index in range(requantizers):
                ctx.set(post.values[index], int(sums[number, group, index]))
            if last:
                times.append((word, clock))
            await ctx.tick()
            clock += 1
        ctx.set(post.element.valid, 0)
        for _ in range(LATENCY + 1):
            await ctx.tick()
            clock += 1

    async def watch(ctx: Any) -> None:
        while True:
            *_, valid, store = await ctx.tick().sample(post.store.valid, post.store.payload)
            if valid:
                word, fed = times[len(stored[-1])]
                assert store.address == word
                assert clock - fed == LATENCY
                assert store.end == (word == elements // window * groups - 1)
                stored[-1].append([store.data[index] for index in range(requantizers)])

    simulate(post, drive, background=(watch, memory))
    return stored


def expected(sums: np.ndarray, biases: np.ndarray, rule: Requantization) -> np.ndarray:
    return requantize(sums.astype(np.int64) + biases, rule)


RULES = st.tuples(
    st.integers(0, 2**32 - 1),  # seed
    st.integers(1, 39),  # shift
    st.integers(-128, 127),  # zero point
    st.tuples(st.integers(-128, 127), st.integers(-128, 127)).map(sorted),  # clamp
    st.sampled_from([1, 1, 1, 2, 4, 8, 16, 32, 64, 128]),  # step
)


@settings(max_examples=8, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 2**32 - 1),
    requantizers=st.integers(1, 3),
    rules=st.lists(RULES, min_size=3, max_size=3),
)
def test_requantization(seed: int, requantizers: int, rules: list[Any]) -> None:
    layers = []
    for own, shift, zero_point, clamp, step in rules:
        rng = np.random.default_rng(own)
        rule = Requantization(rng.integers(0, 2**16, requantizers), shift, zero_point, *clamp, step)
        sums = rng.integers(-(2**22), 2**22, (24, 1, requantizers))
        # Sums whose codes come out in the middle of the range, where a wrong bit cannot hide.
        scale = np.maximum(rule.multiplier, 1) / 2.0**shift
        codes = rng.integers(-140, 140, sums.shape)
        middle = np.clip(codes / scale, -(2**22), 2**22 - 1)
        sums = np.where(rng.random(sums.shape) < 0.7, middle.astype(np.int64), sums)
        layers.append((sums, rng.integers(-(2**15), 2**15, (1, requantizers)), rule))
    stored = run(layers, gaps=random.Random(seed))
    for words, (sums, biases, rule) in zip(stored, layers, strict=True):
        np.testing.assert_array_equal(words, expected(sums[:, 0], biases[0], rule))


def test_halves_round_up() -> None:
    rule = Requantization(np.array([1]), 1, 0)
    sums = np.array([[-5], [-4], [-3], [-2], [-1], [0], [1], [2], [3], [4], [5]])
    codes = [[-2], [-2], [-1], [-1], [0], [0], [1], [1], [2], [2], [3]]
    assert expected(sums, np.zeros(1, np.int64), rule).tolist() == codes
    assert rtl_codes(sums, np.zeros(1), rule) == codes


@pytest.mark.parametrize("window", [1, 2, 4, 9])
def test_largest_code_of_a_window(window: int) -> None:
    rng = np.random.default_rng(window)
    rule = Requantization(np.array([40000, 20000]), 24, -5, -5, 127)
    sums = rng.integers(-(2**16), 2**16, (6 * window, 2))
    biases = np.array([300, -2000])
    codes = expected(sums, biases, rule).reshape(6, window, 2).max(axis=1)
    stored = rtl_codes(sums, biases, rule, window=window, gaps=random.Random(window))
    np.testing.assert_array_equal(stored, codes)


@pytest.mark.parametrize("window", [1, 2, 6])
def test_sum_of_a_window(window: int) -> None:
    rng = np.random.default_rng(window)
    rule = Requantization(np.array([9362]), 16, 11)
    sums = rng.integers(-128, 128, (5 * window, 2))
    codes = expected(sums.reshape(5, window, 2).sum(axis=1), np.array([70, 70]), rule)
    addends = [addend(70, 9362, rule)] * 2
    stored = rtl_codes(
        sums, np.zeros(2), rule, window=window, reduce=True, addends=addends,
        gaps=random.Random(window),
    )  # fmt: skip
    np.testing.assert_array_equal(stored, codes)


@pytest.mark.parametrize("groups", [2, 3])
@pytest.mark.parametrize("window", [1, 4])
def test_windows_of_all_groups_are_under_way_at_once(window: int, groups: int) -> None:
    """Each keeps its own largest sum, and is requantized with its own constants."""
    rng = np.random.default_rng(groups)
    rule = Requantization(rng.integers(2**14, 2**16, 2 * groups), 24, -5, -100, 127)
    sums = rng.integers(-(2**16), 2**16, (5 * window, groups, 2))
    biases = rng.integers(-30000, 30000, (groups, 2))
    codes = expected(sums.reshape(-1, 2 * groups), biases.ravel(), rule)
    codes = codes.reshape(5, window, groups, 2).max(axis=1)
    stored = rtl_codes(sums, biases, rule, window=window, gaps=random.Random(window))
    np.testing.assert_array_equal(stored, codes.reshape(-1, 2))


def test_without_pooling_every_sum_is_requantized() -> None:
    rng = np.random.default_rng(8)
    rule = Requantization(np.array([300]), 16, 3)
    sums = rng.integers(-30000, 30000, (20, 2, 1))
    biases = np.array([[100], [-700]])
    stored = rtl_codes(sums, biases, rule, pooled=False)
    np.testing.assert_array_equal(stored, expected(sums, biases, rule).reshape(-1, 1))
