import numpy as np
import pytest

from hawx_hw.quantize import codes


def test_every_pixel():
    pixels = np.arange(256, dtype=np.uint8).reshape(2, 128)
    result = codes(pixels)
    assert result.dtype == np.int8
    np.testing.assert_array_equal(result, np.arange(-128, 128).reshape(2, 128))
    assert pixels[0, 0] == 0


def test_refuses_other_types():
    with pytest.raises(TypeError, match=r"^Images must be uint8, not float32$"):
        codes(np.zeros(3, np.float32))
