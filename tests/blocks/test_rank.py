"""The exact rank, against elimination in fractions."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from hawx_hw.blocks.families.exact import Exact
from hawx_hw.blocks.rank import integer_rank


def rank_in_fractions(matrix: np.ndarray) -> int:
    rest = [[Fraction(int(x)) for x in row] for row in matrix]
    rank = 0
    for index in range(matrix.shape[1]):
        pivot = next((i for i in range(rank, len(rest)) if rest[i][index]), None)
        if pivot is None:
            continue
        rest[rank], rest[pivot] = rest[pivot], rest[rank]
        for i in range(rank + 1, len(rest)):
            factor = rest[i][index] / rest[rank][index]
            rest[i] = [x - factor * y for x, y in zip(rest[i], rest[rank])]
        rank += 1
    return rank


@given(
    arrays(np.int32, (6, 4), elements=st.integers(-3, 3)),
    arrays(np.int32, (4, 7), elements=st.integers(-3, 3)),
)
def test_rank_of_products(left: np.ndarray, right: np.ndarray) -> None:
    assert integer_rank(left @ right) == rank_in_fractions(left @ right)


@pytest.mark.parametrize("rank", [0, 1, 7, 60])
def test_rank_of_large_matrices(rank: int) -> None:
    draw = np.random.default_rng(rank)
    matrix = draw.integers(-9, 10, (256, rank)) @ draw.integers(-9, 10, (rank, 256))
    assert integer_rank(matrix) == rank


def test_full_rank() -> None:
    assert integer_rank(np.random.default_rng(1).integers(-9, 10, (256, 256))) == 256


def test_a_prime_that_divides_the_determinant_does_not_mislead() -> None:
    assert integer_rank(np.array([[2**31 - 1, 0], [0, 1]])) == 2
    assert integer_rank(np.array([[2**31 - 1, 0, 0], [0, 2**31 - 1, 0], [0, 0, 1]])) == 3


def test_rank_of_blocks() -> None:
    table = Exact().table
    assert integer_rank(table) == 1
    assert integer_rank(table - table) == 0


@pytest.mark.parametrize(
    ("matrix", "error"),
    [
        (np.zeros((2, 2)), TypeError),
        (np.zeros(2, dtype=int), ValueError),
        (np.array([[2**31]]), ValueError),
    ],
)
def test_matrices_that_are_refused(matrix: np.ndarray, error: type[Exception]) -> None:
    with pytest.raises(error, match="matrix must"):
        integer_rank(matrix)
