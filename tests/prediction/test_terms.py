import numpy as np
import pytest

from hawx_hw.architectures.quantities import ONE, Term, complement, feature, log2
from hawx_hw.prediction.terms import Terms

A, B, FLAG = feature("a"), feature("b"), feature("flag")
NAMES = ("a", "b", "flag")
VALUES = np.array([[1, 3, 0], [2, 1, 1], [4, 5, 1], [8, 2, 0]], dtype=float)
CASES = [
    (ONE, [1, 1, 1, 1]),
    (A, [1, 2, 4, 8]),
    (A * B, [3, 2, 20, 16]),
    (log2("a"), [0, 1, 2, 3]),
    (complement("flag") * B, [3, 0, 0, 2]),
    (FLAG * A * log2("a"), [0, 2, 8, 0]),
]


@pytest.mark.parametrize(("term", "expected"), CASES, ids=lambda each: str(each))
def test_term(term: Term, expected: list[float]) -> None:
    np.testing.assert_array_equal(Terms(NAMES, [term])(VALUES)[:, 0], expected)


def test_all_at_once() -> None:
    values = Terms(NAMES, [term for term, _ in CASES])(VALUES)
    np.testing.assert_array_equal(values.T, [expected for _, expected in CASES])


def test_the_order_of_the_features_counts() -> None:
    np.testing.assert_array_equal(Terms(("b", "flag", "a"), [A])(VALUES)[:, 0], VALUES[:, 2])


def test_no_terms() -> None:
    assert Terms(NAMES, [])(VALUES).shape == (4, 0)


def test_an_unknown_feature() -> None:
    with pytest.raises(KeyError, match="wings"):
        Terms(NAMES, [log2("wings")])
