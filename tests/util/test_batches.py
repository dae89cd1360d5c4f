import pytest

from hawx_hw.util.batches import images_at_once


@pytest.mark.parametrize(
    ("shapes", "bytes_each", "expected"),
    [
        ([(3, 32, 32), (10,)], 8, 64),
        ([(3, 224, 224), (96, 112, 112)], 8, 64),
        ([(10,), (2**23,)], 8, 16),
        ([(2**23,), (10,)], 4, 32),
        ([(2**20, 2**12)], 8, 1),
        ([(0,)], 8, 64),
    ],
)
def test_images_at_once(shapes, bytes_each, expected):
    assert images_at_once(64, shapes, bytes_each) == expected
