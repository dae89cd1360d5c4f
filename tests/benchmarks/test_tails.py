import itertools

import numpy as np
import pytest
from ground_truth.tails import Tails
from hypothesis import given, settings
from hypothesis import strategies as st

from hawx_hw.emulation.compiler import supported
from hawx_hw.graph import reference
from hawx_hw.graph.graph import Linear, Requantization

VARIANTS = [variant.name for variant in supported()]


def layers_of(rng, sizes):
    """A chain of linear layers whose codes spread over int8."""
    layers = []
    for inputs, outputs in itertools.pairwise(sizes):
        weight = rng.integers(-127, 128, (outputs, inputs)).astype(np.int8)
        shift = int(rng.integers(14, 30))
        typical = 70 * 70 * inputs**0.5
        multiplier = np.round(2.0**shift * 70 / typical * rng.uniform(0.5, 2, outputs))
        rule = Requantization(
            np.clip(multiplier, 1, 65535).astype(np.int64),
            shift,
            int(rng.integers(-128, 128)),
            int(rng.integers(-128, -100)),
            int(rng.integers(90, 128)),
            int(rng.choice([1, 1, 2, 8])),
        )
        bias = rng.integers(-20000, 20000, outputs).astype(np.int32)
        layers.append(Linear(f"l{len(layers)}", ("x",), weight, bias, rule))
    return layers


def ref_count(layers, high, low, labels):
    right = np.zeros((high.shape[1], low.shape[1]), dtype=int)
    for h in range(high.shape[1]):
        for l in range(low.shape[1]):
            sums = high[:, h].astype(np.int64) + low[:, l]
            codes = reference.requantize(sums, layers[0].requantization)
            for layer in layers[1:]:
                codes = reference.evaluate(layer, [codes], 0)
            right[h, l] = (codes.argmax(axis=1) == labels).sum()
    return right


@pytest.mark.parametrize("variant", VARIANTS)
@given(
    st.integers(0, 2**32),
    st.lists(st.sampled_from([1, 2, 3, 7, 10, 16, 17, 33, 84]), min_size=1, max_size=4),
    st.integers(1, 5),
    st.sampled_from([1, 3, 32, 40]),
)
@settings(max_examples=25, deadline=None)
def test_counts_what_the_reference_gets_right(variant, seed, sizes, highs, lows):
    rng = np.random.default_rng(seed)
    layers = layers_of(rng, [5, *sizes])
    images = 3
    high = rng.integers(-60000, 60000, (images, highs, sizes[0])).astype(np.int32)
    low = rng.integers(-60000, 60000, (images, lows, sizes[0])).astype(np.int32)
    labels = rng.integers(0, sizes[-1], images)
    counts = Tails(layers, variant).count(high, low, labels)
    assert counts.shape == (highs, lows)
    assert (counts == ref_count(layers, high, low, labels)).all()
    pairs = np.stack([rng.integers(0, n, 35) for n in (highs, lows)], axis=1)
    some = Tails(layers, variant).count(high, low, labels, pairs)
    assert some.tolist() == counts[pairs[:, 0], pairs[:, 1]].tolist()


@pytest.mark.parametrize("variant", VARIANTS)
def test_large_sums_are_exact(variant):
    rng = np.random.default_rng(1)
    rule = Requantization(rng.integers(60000, 65536, 40), 39, 0)
    weight = np.eye(40, dtype=np.int8)
    last = Linear("l1", ("x",), weight, np.zeros(40, np.int32), Requantization(np.array([2]), 1, 0))
    first = Linear("l0", ("x",), weight, np.zeros(40, np.int32), rule)
    high = rng.integers(-(2**30), 2**30, (50, 4, 40)).astype(np.int32)
    low = rng.integers(-(2**30), 2**30, (50, 32, 40)).astype(np.int32)
    labels = rng.integers(0, 40, 50)
    counts = Tails([first, last], variant).count(high, low, labels)
    assert (counts == ref_count([first, last], high, low, labels)).all()
    assert counts.sum() > 0


def test_refuses_what_does_not_suit():
    layers = layers_of(np.random.default_rng(0), [3, 4, 2])
    with pytest.raises(ValueError, match="4 outputs"):
        Tails(layers).count(
            np.zeros((1, 1, 3), np.int32), np.zeros((1, 1, 3), np.int32), np.zeros(1, int)
        )
    sums = np.zeros((1, 2, 4), np.int32)
    for pairs in ([[0, 2]], [[-1, 0]], [[0, 0, 0]]):
        with pytest.raises(ValueError, match="Pairs must be"):
            Tails(layers).count(sums, sums, np.zeros(1, int), np.array(pairs))
    with pytest.raises(ValueError, match="not 'mmx'"):
        Tails(layers, "mmx")
    layers[1].bias[0] = 2**31 - 1
    with pytest.raises(ValueError, match="Sums of 'l1' might not fit int32"):
        Tails(layers)
