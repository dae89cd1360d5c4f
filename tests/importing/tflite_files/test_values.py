import numpy as np

from hawx_hw.importing.tflite_files.values import Value, channels_last


def test_channels_last():
    image = np.arange(24).reshape(2, 3, 4)  # channels first: each number is its position
    np.testing.assert_array_equal(channels_last((2, 3, 4)), image.transpose(1, 2, 0))
    np.testing.assert_array_equal(channels_last((5,)), np.arange(5))


def test_maps_and_vectors():
    value = Value("conv", (2, 3, 4))
    assert (value.dims, value.size, value.is_map) == ((3, 4, 2), 24, True)
    np.testing.assert_array_equal(value.order, channels_last((2, 3, 4)).ravel())
    vector = Value("fc", (7,))
    assert (vector.dims, vector.is_map) == ((7,), False)
    np.testing.assert_array_equal(vector.order, np.arange(7))


def test_layouts_and_back():
    value = Value("conv", (2, 3, 4))
    flat = value.reshaped((24,))
    assert (flat.dims, flat.is_map) == ((24,), False)
    assert flat.reshaped((3, 4, 2)) == value
    first = value.transposed((2, 0, 1))
    assert (first.dims, first.is_map) == ((2, 3, 4), False)
    np.testing.assert_array_equal(first.order, np.arange(24))
    assert first.transposed((1, 2, 0)) == value


def test_another_order_of_the_same_shape():
    value = Value("conv", (3, 3, 3))
    other = value.transposed((1, 0, 2))
    assert other.dims == value.dims
    assert not other.is_map
