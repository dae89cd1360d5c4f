"""Terms that share a factor become one, and the product stays."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.blocks.catalogue import library
from hawx_hw.blocks.factors import merged
from hawx_hw.blocks.rank import integer_rank


def terms(*values: list[int]) -> np.ndarray:
    return np.array(values, dtype=np.int32).T


@pytest.mark.parametrize(
    ("u", "v", "expected"),
    [
        (terms([1, 2], [3, 4]), terms([5, 6], [5, 6]), (terms([4, 6]), terms([5, 6]))),
        (terms([1, 2], [1, 2]), terms([5, 6], [7, 9]), (terms([1, 2]), terms([12, 15]))),
        (terms([1, 2], [0, 0]), terms([5, 6], [7, 9]), (terms([1, 2]), terms([5, 6]))),
        (terms([1, 2], [3, 4]), terms([0, 0], [7, 9]), (terms([3, 4]), terms([7, 9]))),
        (terms([1, 2], [-1, -2]), terms([5, 6], [5, 6]), (terms([0, 0]), terms([5, 6]))),
    ],
    ids=["equal v", "equal u", "zero u", "zero v", "nothing left"],
)
def test_terms(u: np.ndarray, v: np.ndarray, expected: tuple[np.ndarray, np.ndarray]) -> None:
    for factor, reference in zip(merged(u, v), expected, strict=True):
        np.testing.assert_array_equal(factor, reference)
        assert factor.dtype == np.int32


@pytest.mark.parametrize("seed", range(20))
def test_the_product_stays(seed: int) -> None:
    draw = np.random.default_rng(seed)
    u, v = (draw.integers(-1, 2, (4, 9)).astype(np.int32) for _ in range(2))
    result = merged(u, v)
    np.testing.assert_array_equal(result[0] @ result[1].T, u @ v.T)
    assert 1 <= result[0].shape[1] <= 9


def test_families_state_no_more_terms_than_the_rank() -> None:
    """Each term costs a convolution in emulation; independent terms are all needed."""
    stated = 0
    for block in library():
        factors = block.factors()
        if factors is None:
            continue
        u, v = factors
        assert np.array_equal(u @ v.T, block.table), block.name
        terms = (integer_rank(u), integer_rank(v), u.shape[1])
        assert len(set(terms)) == 1, (block.name, terms)
        stated += 1
    assert stated > 150
