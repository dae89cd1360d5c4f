"""The best code for each weight, against a search over all of them."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.blocks import by_name
from hawx_hw.blocks.assignment import LayerBlocks
from hawx_hw.compensation.histograms import tap_histograms
from hawx_hw.compensation.weight_remapping import best_codes, remap_weights
from hawx_hw.graph.graph import Conv2d, Linear, Requantization

EVEN = np.ones(256, dtype=np.int64)


def ref_best(block, counts, zero_point: int, w: int) -> int:
    def cost(v: int) -> tuple[int, int, int]:
        total = 0
        for x in range(-128, 128):
            made = int(block.table[v + 128, x + 128]) - int(block.table[v + 128, zero_point + 128])
            total += int(counts[x + 128]) * (made - w * (x - zero_point)) ** 2
        return total, abs(v - w), v

    return min((v for v in block.weights if abs(v) <= 127), key=cost)


@pytest.mark.parametrize("name", ["array(2,0,5)", "drum(k=3)", "roup(1,3)", "kulkarni(c=5)"])
def test_no_code_is_better(name: str) -> None:
    rng = np.random.default_rng(1)
    # Sums of two to the sixteenth: the counts are taken as they are.
    counts = rng.multinomial(1 << 16, rng.dirichlet(np.full(256, 0.1)))
    block = by_name(name)
    result = best_codes(block, counts, -77)
    for w in (-127, -50, -1, 0, 3, 64, 101):
        assert result[w + 128] == ref_best(block, counts, -77, w)


@pytest.mark.parametrize("name", ["array(2,0,5)", "mitchell(w=2)"])
def test_no_code_varies_less(name: str) -> None:
    """Without its mean, which the bias takes back, no code's error is smaller."""
    rng = np.random.default_rng(3)
    counts = rng.multinomial(1 << 16, rng.dirichlet(np.full(256, 0.1)))
    block, codes = by_name(name), np.arange(-128, 128)
    result = best_codes(block, counts, -77, centered=True)
    for w in (-127, -50, -1, 0, 3, 64, 101):
        errors = block.table[1:].astype(np.int64) - w * codes
        mean = errors @ counts / counts.sum()
        variance = ((errors - mean[:, None]) ** 2 * counts).sum(axis=1) / counts.sum()
        assert variance[result[w + 128] + 127] == pytest.approx(variance.min(), abs=1e-6)


@pytest.mark.parametrize("w", [2, 5, 7])
def test_lower_precision_is_rounding(w: int) -> None:
    step = 2 ** (8 - w)
    result = best_codes(by_name(f"precision({w},8)"), EVEN, -128)
    for code in range(-127, 128):
        nearest = step * np.floor(code / step + 0.5)
        inside = min(nearest, 128 - step)
        best = result[code + 128]
        # The block clears the low bits itself: any code with the same high bits is as good.
        assert abs(best // step * step - code) == abs(inside - code)


def test_exact_weights_stay() -> None:
    np.testing.assert_array_equal(best_codes(by_name("exact"), EVEN, 9)[1:], np.arange(-127, 128))


def test_an_activation_of_zero_counts_nothing() -> None:
    """Whatever the block and the zero point, the sum over zeros is the original bias."""
    rng = np.random.default_rng(2)
    weight = rng.integers(-127, 128, (3, 20)).astype(np.int8)
    bias = rng.integers(-900, 900, 3).astype(np.int32)
    for zero_point in (-128, -3, 55):
        folded = bias - zero_point * weight.astype(np.int32).sum(axis=1)
        node = Linear("l", ("x",), weight, folded.astype(np.int32), Requantization([1], 1, 0))
        block = by_name("roup(1,3)")
        layer = LayerBlocks.uniform(block, weight.shape)
        changed = remap_weights(node, layer, EVEN, zero_point)
        rows = block.table[changed.weight.astype(int) + 128, zero_point + 128]
        np.testing.assert_array_equal(rows.sum(axis=1) + changed.bias, bias)


def test_histograms_count_every_tap() -> None:
    rng = np.random.default_rng(5)
    node = Conv2d(
        "c", ("x",), np.ones((2, 2, 3, 2), np.int8), np.zeros(2, np.int32),
        Requantization([1], 1, 0), (2, 1), (1, 0, 1, 1),
    )  # fmt: skip
    images = rng.integers(-128, 128, (3, 2, 5, 4)).astype(np.int8)
    (result,) = tap_histograms(node, images, -9)
    padded = np.pad(images, ((0, 0), (0, 0), (1, 1), (0, 1)), constant_values=-9)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 2), axis=(2, 3))[:, :, ::2]
    for c, i, j in np.ndindex(2, 3, 2):
        for code in range(-128, 128):
            assert result[c, i, j, code + 128] == np.sum(windows[:, c, :, :, i, j] == code)


def test_skipped_weights_are_zero_and_leave_the_bias_alone() -> None:
    """No code changes anything: 0, which moves nothing. At the zero point nothing is missing."""
    np.testing.assert_array_equal(best_codes(by_name("none"), EVEN, -77), 0)
    np.testing.assert_array_equal(best_codes(by_name("none"), EVEN, -77, centered=True), 0)
    rule = Requantization(np.full(2, 20_000), 20, zero_point=0)
    weight = np.array([[3, -5, 7], [1, 2, 4]], dtype=np.int8)
    node = Linear("y", ("x",), weight, np.array([10, 20], dtype=np.int32), rule)
    choice = np.array([[0, 1, 0], [0, 0, 0]], dtype=np.uint8)
    layer = LayerBlocks((by_name("exact"), by_name("none")), choice)
    changed = remap_weights(node, layer, EVEN, -77)
    assert changed.weight.tolist() == [[3, 0, 7], [1, 2, 4]]
    # The bias held 5 * -77 for the activation -77 at the weight -5.
    assert changed.bias.tolist() == [10 + -5 * -77, 20]
