import numpy as np
import pytest

from hawx_hw.prediction.compiled import Compiled
from hawx_hw.prediction.structure import Part, Structure, factors, term

COLUMNS = {
    "a": np.array([1.0, 2.0, 4.0, 8.0]),
    "b": np.array([3.0, 1.0, 5.0, 2.0]),
    "flag": np.array([0.0, 1.0, 1.0, 0.0]),
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1", [1, 1, 1, 1]),
        ("a", [1, 2, 4, 8]),
        ("a*b", [3, 2, 20, 16]),
        ("log2:a", [0, 1, 2, 3]),
        ("not:flag*b", [3, 0, 0, 2]),
        ("flag*a*log2:a", [0, 2, 8, 0]),
    ],
)
def test_term(text: str, expected: list[float]) -> None:
    np.testing.assert_array_equal(term(COLUMNS, text), expected)


def test_factors() -> None:
    assert factors("not:flag*log2:a*b") == {"flag", "a", "b"}
    assert factors("1") == set()


def test_fit_recovers() -> None:
    part = Part("p", "wanted", ("a", "1", "b"), "flag")
    figures = {"wanted": COLUMNS["flag"] + 3 * COLUMNS["a"] + 5}
    np.testing.assert_allclose(part.fit(COLUMNS, figures), [3, 5, 0], atol=1e-9)


def test_fit_keeps_coefficients_from_below_zero() -> None:
    part = Part("p", "wanted", ("a", "1"))
    (slope, constant) = part.fit(COLUMNS, {"wanted": 20 - COLUMNS["a"]})
    assert slope == 0
    assert constant > 0


def test_figures_must_be_positive() -> None:
    with pytest.raises(ValueError, match="wanted must be positive in every design"):
        Part("p", "wanted", ("a",)).fit(COLUMNS, {"wanted": np.array([1.0, 2.0, 0.0, 1.0])})


def test_compiled_equals_structures() -> None:
    structures = [
        (
            Structure((Part("p", "", ("a*b", "1", "log2:a"), "b"), Part("q", "", ("not:flag",)))),
            [np.array([2.0, 0.0, 3.0]), np.array([7.0])],
        ),
        (Structure((Part("r", "", (), "a"),)), [np.zeros(0)]),
        (Structure((Part("s", "", ("flag*a*b",)),)), [np.array([0.5])]),
    ]
    features = np.stack(list(COLUMNS.values()), axis=1)
    found = Compiled(list(COLUMNS), structures)(features)
    assert found.shape == (4, 3)
    for column, (structure, coefficients) in zip(found.T, structures, strict=True):
        np.testing.assert_allclose(column, structure.values(COLUMNS, coefficients), rtol=1e-14)
    a, b, flag = COLUMNS.values()
    np.testing.assert_allclose(found[:, 0], 2 * a * b + 3 * np.log2(a) + b + 7 * (1 - flag))
