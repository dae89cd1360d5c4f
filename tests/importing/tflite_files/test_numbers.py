import numpy as np
import pytest

from hawx_hw.importing.encoding import Encoding
from hawx_hw.importing.tflite_files.numbers import constant, encoding_of, parameters, real
from hawx_hw.importing.tflite_files.parsing import Quantization, Tensor

IN, OUT = Encoding(0.5, -128), Encoding(2.0, 3)


def tensor(values, kind=None, scale=None, zero_point=(), axis=0, shape=None):
    values = np.ascontiguousarray(values)
    quantization = None
    if scale is not None:
        quantization = Quantization(
            np.atleast_1d(np.float32(scale)), np.asarray(zero_point, dtype=np.int64), axis
        )
    return Tensor(
        "w", values.shape if shape is None else shape, kind or str(values.dtype),
        values.reshape(-1).view(np.uint8), quantization,
    )  # fmt: skip


def test_constants():
    values = np.arange(6, dtype=np.float16).reshape(2, 3)
    np.testing.assert_array_equal(constant(tensor(values)), values)
    assert constant(tensor(values)).dtype == np.float16
    np.testing.assert_array_equal(real(tensor(values)), values.astype(float))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (tensor(np.zeros(6), shape=(7,)), "needs: 56 bytes, not 48"),
        (tensor(np.zeros(6), shape=(2**31 - 1,) * 8), "is not stored as its shape"),
        (tensor(np.zeros(6), shape=(0, 3)), "has the shape"),
        (tensor(np.zeros(6), shape=(-2, -3)), "has the shape"),
        (tensor(np.zeros(6), "int4"), "the type int4"),
        (tensor(np.zeros(6), "string"), "the type string"),
        (tensor(np.array([1, np.nan])), "not finite"),
        (tensor(np.array([np.inf], np.float16)), "not finite"),
        (tensor(np.zeros(6, np.int8)), "integers without a scale"),
        (tensor(np.zeros(6, np.int8), scale=0.0), "not above zero"),
        (tensor(np.zeros(6, np.int8), scale=-1.0), "not above zero"),
        (tensor(np.zeros(6, np.int8), scale=np.nan), "not finite"),
        (tensor(np.zeros(6, np.int8), scale=[1.0, 2.0]), "2 scales"),
        (tensor(np.zeros(6, np.int8), scale=1.0, zero_point=[0, 0]), "2 zero points"),
    ],
)
def test_refused_constants(given, message):
    with pytest.raises(ValueError, match=message):
        real(given)


def test_sparse_constants():
    from dataclasses import replace

    with pytest.raises(ValueError, match="sparse"):
        constant(replace(tensor(np.zeros(3)), sparse=True))


def test_scales_along_an_axis():
    codes = np.arange(-6, 6, dtype=np.int8).reshape(2, 3, 2)
    given = tensor(codes, scale=[1.0, 2.0, 4.0], zero_point=[0, 1, 2], axis=1)
    expected = (codes - np.array([0, 1, 2])[:, None]) * np.array([1.0, 2.0, 4.0])[:, None]
    np.testing.assert_array_equal(real(given, 3), expected)
    wrong = tensor(codes, scale=[1.0, 2.0, 4.0], zero_point=[0, 0, 0], axis=2)
    with pytest.raises(ValueError, match="3 scales along axis 2"):
        real(wrong, 3)
    with pytest.raises(ValueError, match="3 scales along axis 7"):
        real(tensor(codes, scale=[1.0, 2.0, 4.0], axis=7), 3)


def test_encodings():
    assert encoding_of(tensor(np.zeros(0))) is None
    assert encoding_of(tensor(np.zeros(0, np.int8), scale=0.5, zero_point=[-3])) == Encoding(
        0.5, -3
    )
    unsigned = tensor(np.zeros(0, np.uint8), scale=0.5, zero_point=[120])
    assert encoding_of(unsigned) == Encoding(0.5, -8)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (tensor(np.zeros(0, np.int16), scale=0.5), "the type int16"),
        (tensor(np.zeros(0, np.int8)), "without a scale"),
        (tensor(np.zeros(0, np.int8), scale=[0.5, 0.5]), "2 scales"),
        (tensor(np.zeros(0, np.int8), scale=0.5, zero_point=[128]), "zero point 128"),
        (tensor(np.zeros(0, np.uint8), scale=0.5, zero_point=[-1]), "zero point -1"),
        (tensor(np.zeros(0, np.int8), scale=0.5, zero_point=[2**62]), "zero point"),
    ],
)
def test_refused_encodings(given, message):
    with pytest.raises(ValueError, match=message):
        encoding_of(given)


def test_parameters_in_floating_point():
    weight = np.arange(24.0).reshape(2, 3, 1, 4)
    read = parameters(tensor(weight), tensor(np.arange(4.0)), 3, None, None)
    np.testing.assert_array_equal(read.weight, np.moveaxis(weight, 3, 0))
    np.testing.assert_array_equal(read.bias, np.arange(4.0))
    assert read.codes is None
    assert not parameters(tensor(weight), None, 3, None, None).bias.any()


def test_parameters_in_integers():
    codes = np.array([[1, -2, 127], [-127, 5, 0]], dtype=np.int8)
    scale = [0.25, 0.5]
    weight = tensor(codes, scale=scale, zero_point=[0, 0])
    bias = tensor(np.array([100, -7], np.int32), scale=[0.125, 0.25], zero_point=[0, 0])
    read = parameters(weight, bias, 0, IN, OUT)
    np.testing.assert_array_equal(read.codes.weight, codes)
    np.testing.assert_array_equal(read.codes.scale, scale)
    np.testing.assert_array_equal(read.codes.bias, [100, -7])
    np.testing.assert_array_equal(read.weight, codes * np.array(scale)[:, None])
    np.testing.assert_array_equal(read.bias, [100 * 0.125, -7 * 0.25])
    arranged = read.arranged(lambda array: array[:, ::-1])
    np.testing.assert_array_equal(arranged.weight, read.weight[:, ::-1])
    np.testing.assert_array_equal(arranged.codes.weight, codes[:, ::-1])


def test_one_scale_for_all_filters_and_no_bias():
    read = parameters(tensor(np.ones((3, 2), np.int8), scale=0.5), None, 0, IN, OUT)
    np.testing.assert_array_equal(read.codes.scale, [0.5] * 3)
    np.testing.assert_array_equal(read.codes.bias, [0, 0, 0])


def test_unsigned_weights_where_they_fit():
    """Codes less their zero point are what is multiplied."""
    codes = np.array([[1, 120, 247]], dtype=np.uint8)
    read = parameters(tensor(codes, scale=0.5, zero_point=[120]), None, 0, IN, OUT)
    np.testing.assert_array_equal(read.codes.weight, [[-119, 0, 127]])
    codes = np.array([[1, 120, 248]], dtype=np.uint8)
    with pytest.raises(ValueError, match=r"lie in \[-119, 128\]"):
        parameters(tensor(codes, scale=0.5, zero_point=[120]), None, 0, IN, OUT)


INTEGERS = tensor(np.ones((2, 3), np.int8), scale=[0.25, 0.5], zero_point=[0, 0])


@pytest.mark.parametrize(
    ("weight", "bias", "source", "target", "message"),
    [
        (tensor(np.full((2, 3), -128, np.int8), scale=1.0), None, IN, OUT, r"lie in \[-128, "),
        (INTEGERS, tensor(np.zeros(2, np.int64)), IN, OUT, "bias of type int64"),
        (INTEGERS, tensor(np.zeros(2, np.float32)), IN, OUT, "bias of type float32"),
        (INTEGERS, tensor(np.zeros(3, np.int32)), IN, OUT, r"a bias of \(3,\) for 2 filters"),
        (INTEGERS, tensor(np.zeros(2, np.int32), scale=1.0), IN, OUT, "bias in another scale"),
        (INTEGERS, tensor(np.zeros(2, np.int32), scale=0.1, zero_point=[1]), IN, OUT,
         "bias with a zero point"),
        (INTEGERS, None, IN, None, "some are integers"),
        (INTEGERS, None, None, OUT, "some are integers"),
        (tensor(np.ones((2, 3))), None, IN, OUT, "some are integers"),
        (tensor(np.ones((2, 2), np.int8), scale=[1.0, 2.0], axis=1), None, IN, OUT,
         "along another axis"),
    ],
)  # fmt: skip
def test_refused_parameters(weight, bias, source, target, message):
    with pytest.raises(ValueError, match=message):
        parameters(weight, bias, 0, source, target)
