import numpy as np
import pytest

from hawx_hw.errors import UserError
from hawx_hw.graph.pixels import DEFAULT_CODES, Preprocessing
from hawx_hw.importing.encoding import Encoding
from hawx_hw.importing.input_values import UNSTATED
from hawx_hw.importing.tflite_files.pixels import pixels_of
from hawx_hw.importing.tflite_files.site import Step


def step(gain, offset=0.0, encoding=None):
    return Step("model/rescaling", np.atleast_1d(gain), np.atleast_1d(offset), encoding)


@pytest.mark.parametrize(
    ("scale", "zero_point", "values"),
    [(1.0, -128, (0, 255)), (1 / 255, -128, (0, 1)), (1 / 127.5, -1, (-127 / 127.5, 128 / 127.5)),
     (0.0127, -95, (-33 * 0.0127, 222 * 0.0127))],
)  # fmt: skip
def test_the_scale_of_the_input_states_what_pixels_are(scale, zero_point, values):
    encoding = Encoding(scale, zero_point)
    pixels = pixels_of(None, encoding, [], encoding)
    assert pixels.preprocessing.values().min() == pytest.approx(values[0])
    assert pixels.preprocessing.values().max() == pytest.approx(values[1])
    table = pixels.preprocessing.table(scale, zero_point)
    np.testing.assert_array_equal(table, DEFAULT_CODES)
    assert "state network.preprocess" in pixels.notes[0]


def test_images_in_floating_point_that_are_quantized_first():
    encoding = Encoding(1 / 255, -128)
    pixels = pixels_of(None, None, [], encoding)
    assert pixels.preprocessing.values().max() == pytest.approx(1)


def test_floating_point_states_nothing():
    pixels = pixels_of(None, None, [], None)
    assert pixels.preprocessing == Preprocessing()
    assert pixels.notes == (UNSTATED,)


def test_what_the_config_states():
    given = Preprocessing(1 / 255, (0.5,), (0.5,))
    encoding = Encoding(1 / 127.5, -1)
    pixels = pixels_of(given, encoding, [], encoding)
    assert pixels.preprocessing == given
    assert pixels.notes == ()


@pytest.mark.parametrize(
    ("given", "encoding"),
    [
        (Preprocessing(), Encoding(1.0, -128)),  # two codes
        (Preprocessing(1.0), Encoding(1 / 255, -128)),  # all but two saturate
        (Preprocessing(1 / 255, (0.485,), (0.229,)), Encoding(1 / 255, -128)),
        (Preprocessing(1 / 255, (0.5,), (0.5,)), Encoding(1 / 255, -128)),
    ],
)
def test_contradictions(given, encoding):
    with pytest.raises(UserError, match=r"Pixels become .* but the file's input takes") as caught:
        pixels_of(given, encoding, [], encoding)
    assert caught.value.where == "network.preprocess"


def test_steps_follow_the_pixels():
    """Values of 0 to 255, over 127.5, less 1 a channel."""
    steps = [step(1 / 127.5), step([1.0, 1.0, 1.0], [-1.0, -0.5, 0.0])]
    pixels = pixels_of(Preprocessing(1.0), None, steps, None)
    expected = np.arange(256) / 127.5 - np.array([[1.0], [0.5], [0.0]])
    np.testing.assert_allclose(pixels.preprocessing.values(), expected, atol=1e-12)
    assert any("'model/rescaling' at the input" in note for note in pixels.notes)


def test_a_first_factor_of_about_one_over_the_largest_pixel():
    pixels = pixels_of(None, None, [step(1 / 255)], None)
    np.testing.assert_allclose(pixels.preprocessing.values()[0], np.arange(256) / 255)
    assert "takes pixels of 0 to 255" in pixels.notes[0]
    other = pixels_of(None, None, [step(2.0, -1.0)], None)
    np.testing.assert_allclose(other.preprocessing.values()[0], np.arange(256) / 127.5 - 1)


def test_a_mean_that_is_subtracted_first():
    """(pixel - 127.5) / 127.5."""
    pixels = pixels_of(None, None, [step(1.0, -127.5), step(1 / 127.5)], None)
    np.testing.assert_allclose(pixels.preprocessing.values()[0], np.arange(256) / 127.5 - 1)


def test_steps_beyond_the_range_of_numbers():
    with np.errstate(all="ignore"), pytest.raises(UserError, match="beyond the range of numbers"):
        pixels_of(None, None, [step(1e-300), step(1e-300)], None)


def test_steps_in_integers():
    source, last = Encoding(1.0, -128), Encoding(1 / 255, -128)
    pixels = pixels_of(None, source, [step(1 / 255, 0.0, last)], last)
    np.testing.assert_array_equal(pixels.preprocessing.table(last.scale, -128), DEFAULT_CODES)


def test_steps_whose_rounding_in_between_matters():
    source, between, last = Encoding(1.0, -128), Encoding(4.0, -128), Encoding(1 / 255, -128)
    steps = [step(1.0, 0.0, between), step(1 / 255, 0.0, last)]
    with pytest.raises(UserError, match="rounds its input after 'model/rescaling'"):
        pixels_of(None, source, steps, last)
