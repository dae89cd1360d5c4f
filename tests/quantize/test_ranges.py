import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawx_hw.importing.encoding import Encoding
from hawx_hw.quantize.ranges import Histogram, encoding

ENDS = st.floats(-1e6, 1e6, allow_subnormal=False).map(lambda x: 0.0 if abs(x) < 1e-6 else x)


@given(ENDS, ENDS)
def test_encoding_covers_the_range_and_zero(a, b):
    low, high = min(a, b), max(a, b)
    result = encoding(low, high)
    assert -128 <= result.zero_point <= 127
    # Half a code at either end is the rounding of the zero point.
    assert (-128 - result.zero_point - 0.5) * result.scale <= low + 1e-9 * result.scale
    assert (127 - result.zero_point + 0.5) * result.scale >= high - 1e-9 * result.scale
    width = max(high, 0) - min(low, 0)
    if width:
        assert result.scale == pytest.approx(width / 255, rel=2**-15)
        assert float(result.scale * 2.0 ** (16 - np.frexp(result.scale)[1])).is_integer()


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.0, 255.0, Encoding(1.0, -128)),
        (3.0, 255.0, Encoding(1.0, -128)),
        (-255.0, 0.0, Encoding(1.0, 127)),
        (-255.0, -7.0, Encoding(1.0, 127)),
        (-128.0, 127.0, Encoding(1.0, 0)),
        (-64.0, 63.5, Encoding(0.5, 0)),
        (-10.0, 245.0, Encoding(1.0, -118)),
    ],
)
def test_encoding_examples(low, high, expected):
    assert encoding(low, high) == expected


def test_a_range_of_nothing_has_a_scale():
    assert encoding(0.0, 0.0).zero_point == -128
    assert encoding(0.0, 0.0).scale > 0


@pytest.mark.parametrize("ends", [(0, np.inf), (np.nan, 1), (2, 1)])
def test_encoding_refuses(ends):
    with pytest.raises(ValueError, match="Range must be finite and in order"):
        encoding(*ends)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (0, -10),
        (0.5, -9),
        (-0.25, -10),
        (-0.5, -11),
        (6, 2),
        (-np.inf, -128),
        (np.inf, 127),
        (1e9, 127),
    ],
)
def test_code_of_a_value(value, code):
    assert Encoding(0.5, -10).code(value) == code


def squared_error(values, result):
    codes = np.clip(np.floor(values / result.scale + 0.5) + result.zero_point, -128, 127)
    return np.mean(((codes - result.zero_point) * result.scale - values) ** 2)


def histogram(values):
    made = Histogram(float(values.min()), float(values.max()))
    for part in np.array_split(values, 3):
        made.add(part)
    return made


def test_even_values_keep_the_whole_range():
    values = np.random.default_rng(0).uniform(-3, 5, 100_000)
    assert histogram(values).best() == encoding(values.min(), values.max())


def test_an_outlier_is_cut_off_where_that_pays():
    rng = np.random.default_rng(0)
    values = np.append(np.abs(rng.normal(0, 1, 100_000)), 10.0)
    result, whole = histogram(values).best(), encoding(0, 10)
    assert result.scale < whole.scale
    assert squared_error(values, result) < 0.95 * squared_error(values, whole)


def test_no_values_but_zero():
    made = Histogram(0.0, 0.0)
    made.add(np.zeros(10))
    assert made.best() == encoding(0.0, 0.0)
