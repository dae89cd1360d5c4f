import numpy as np
import pytest

from hawx_hw.architectures.quantities import ONE, Part, complement, feature, log2
from hawx_hw.prediction.structure import Structure, Sums

A, B, FLAG = feature("a"), feature("b"), feature("flag")
NAMES = ("a", "b", "flag")
VALUES = np.array([[1, 3, 0], [2, 1, 1], [4, 5, 1], [8, 2, 0]], dtype=float)
a, b, flag = VALUES.T


def test_fit_recovers() -> None:
    structure = Structure(NAMES, [Part("p", "target", (A, ONE, B), exact=FLAG)])
    (coefficients,) = structure.fit(VALUES, {"target": flag + 3 * a + 5})
    np.testing.assert_allclose(coefficients, [3, 5, 0], atol=1e-9)


def test_fit_keeps_coefficients_from_below_zero() -> None:
    ((slope, constant),) = Structure(NAMES, [Part("p", "target", (A, ONE))]).fit(
        VALUES, {"target": 20 - a}
    )
    assert slope == 0
    assert constant > 0


def test_fit_weighs_relative_errors() -> None:
    # One constant for 1 and 100: relative errors ask for a value near the small one.
    values = np.array([[1.0], [1.0]])
    target = np.array([1.0, 100.0])
    ((constant,),) = Structure(["a"], [Part("p", "target", (ONE,))]).fit(values, {"target": target})
    assert constant == pytest.approx((1 + 1 / 100) / (1 + 1 / 100**2))


def test_targets_must_be_positive() -> None:
    structure = Structure(NAMES, [Part("p", "target", (A,))])
    with pytest.raises(ValueError, match="target must be positive in every design"):
        structure.fit(VALUES, {"target": np.array([1.0, 2.0, 0.0, 1.0])})


def test_designs_that_lack_a_part_do_not_count() -> None:
    structure = Structure(NAMES, [Part("p", "target", (FLAG, FLAG * A))])
    (coefficients,) = structure.fit(VALUES, {"target": flag * (5 + 3 * a)})
    np.testing.assert_allclose(coefficients, [5, 3], rtol=1e-9)
    # No design has it: there is nothing to learn.
    (none,) = structure.fit(VALUES[[0, 3]], {"target": np.zeros(2)})
    assert none.tolist() == [0, 0]


QUANTITIES = [
    (
        (Part("p", "", (A * B, ONE, log2("a")), exact=B), Part("q", "", (complement("flag"),))),
        [np.array([2.0, 0.0, 3.0]), np.array([7.0])],
        2 * a * b + 3 * np.log2(a) + b + 7 * (1 - flag),
    ),
    ((Part("r", "", (), exact=A),), [np.zeros(0)], a),
    ((Part("s", "", (FLAG * A * B,)),), [np.array([0.5])], 0.5 * flag * a * b),
]


@pytest.mark.parametrize(("parts", "coefficients", "expected"), QUANTITIES)
def test_values(parts, coefficients, expected) -> None:
    values = Structure(NAMES, parts).values(VALUES, coefficients)
    np.testing.assert_allclose(values, expected, rtol=1e-14)


def test_sums_are_all_quantities_at_once() -> None:
    sums = Sums(NAMES, [(parts, coefficients) for parts, coefficients, _ in QUANTITIES])(VALUES)
    assert sums.shape == (4, 3)
    np.testing.assert_allclose(sums.T, [expected for _, _, expected in QUANTITIES], rtol=1e-14)
