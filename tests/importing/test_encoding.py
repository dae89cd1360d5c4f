import pytest

from hawx_hw.importing.encoding import Encoding


@pytest.mark.parametrize(
    ("value", "code"), [(0.0, -10), (0.24, -10), (0.25, -9), (-1.0, -12), (1e9, 127), (-1e9, -128)]
)
def test_nearest_code(value, code):
    assert Encoding(0.5, -10).code(value) == code
