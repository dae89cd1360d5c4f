import numpy as np
import pytest

from hawx_hw.graph.pixels import DEFAULT_CODES, Preprocessing, codes


def test_every_pixel():
    pixels = np.arange(256, dtype=np.uint8).reshape(2, 128)
    result = codes(pixels)
    assert result.dtype == np.int8
    np.testing.assert_array_equal(result, np.arange(-128, 128).reshape(2, 128))
    assert pixels[0, 0] == 0


def test_refuses_other_types():
    with pytest.raises(TypeError, match=r"^Images must be uint8, not float32$"):
        codes(np.zeros(3, np.float32))


def test_one_table_for_all_channels():
    table = np.arange(127, -129, -1, dtype=np.int8).reshape(1, 256)
    pixels = np.array([[0, 1], [254, 255]], np.uint8)
    assert codes(pixels, table).tolist() == [[127, 126], [-127, -128]]


def test_a_table_a_channel():
    table = np.stack([DEFAULT_CODES[0], DEFAULT_CODES[0][::-1], np.zeros(256, np.int8)])
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 3, 2, 2)
    result = codes(pixels, table)
    first, second, third = result[1].tolist()
    assert first == [[-116, -115], [-114, -113]]
    assert second == [[111, 110], [109, 108]]
    assert third == [[0, 0], [0, 0]]
    with pytest.raises(ValueError, match="3 channels"):
        codes(pixels[:, :2], table)


@pytest.mark.parametrize(
    ("preprocessing", "pixel", "values"),
    [
        (Preprocessing(), 51, [0.2]),
        (Preprocessing(1.0), 51, [51.0]),
        (Preprocessing(1 / 128, (127 / 128,)), 255, [1.0]),
        (Preprocessing(1.0, (0.0, 10.0), (2.0,)), 51, [25.5, 20.5]),
        (Preprocessing(1 / 255, (0.5,), (0.5, 0.25)), 255, [1.0, 2.0]),
    ],
)
def test_real_values(preprocessing, pixel, values):
    assert preprocessing.values()[:, pixel].tolist() == pytest.approx(values, abs=1e-12)
    images = np.full((2, len(values), 1, 3), pixel, np.uint8)
    real = preprocessing.real(images)
    assert real.dtype == np.float64
    assert real.shape == images.shape
    assert real[1, :, 0, 2].tolist() == pytest.approx(values, abs=1e-12)
    assert preprocessing.real(images, np.float32).dtype == np.float32
    assert preprocessing.channels == (None if len(values) == 1 else len(values))


def test_a_division_by_255_is_exact():
    np.testing.assert_array_equal(Preprocessing().values()[0], np.arange(256) / 255)


def test_codes_of_real_values_are_the_nearest_and_saturate():
    table = Preprocessing(1.0, (100.0,)).table(0.75, -20)
    assert table.shape == (1, 256)
    expected = [max(-128, min(127, int(np.floor((p - 100) / 0.75 + 0.5)) - 20)) for p in range(256)]
    assert table[0].tolist() == expected
    np.testing.assert_array_equal(Preprocessing().table(1 / 255, -128), DEFAULT_CODES)


@pytest.mark.parametrize(
    "arguments",
    [
        {"scale": 0.0},
        {"scale": float("nan")},
        {"std": (1.0, 0.0)},
        {"mean": (1.0, 2.0), "std": (1.0, 1.0, 1.0)},
        {"mean": ()},
        {"mean": (float("inf"),)},
    ],
)
def test_impossible_preprocessing(arguments):
    with pytest.raises(ValueError, match=r"^Preprocessing must have"):
        Preprocessing(**arguments)
