import numpy as np
import pytest

from hawx_hw.importing.input_values import takes_pixels


@pytest.mark.parametrize(
    ("gain", "expected"),
    [
        (1 / 255, True),  # 0 to 1
        (1 / 127.5, True),  # -1 to 1
        (1 / (255 * 0.1), True),  # a small deviation of pixels
        (1.0, False),
        (1 / 0.225, False),
        (2.0, False),
    ],
)
def test_takes_pixels(gain, expected):
    assert takes_pixels(np.array([gain])) is expected


def test_all_channels_must_agree():
    assert takes_pixels(np.array([1 / 58.4, 1 / 57.1, 1 / 57.4]))
    assert not takes_pixels(np.array([1 / 58.4, 1.0, 1 / 57.4]))
