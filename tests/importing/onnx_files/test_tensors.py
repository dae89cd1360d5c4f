import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from hawx_hw.errors import UserError
from hawx_hw.importing.onnx_files.tensors import array, external_path, type_name


@pytest.mark.parametrize(
    "kind", ["float32", "float64", "int8", "uint8", "int16", "int32", "int64", "uint64", "bool"]
)
def test_types(tmp_path, kind):
    values = np.arange(6).reshape(2, 3).astype(kind)
    result = array(numpy_helper.from_array(values, "t"), tmp_path / "f.onnx")
    assert result.dtype == values.dtype
    np.testing.assert_array_equal(result, values)


@pytest.mark.parametrize("kind", [TensorProto.FLOAT16, TensorProto.BFLOAT16])
def test_half_precision(tmp_path, kind):
    result = array(helper.make_tensor("t", kind, [3], [1.5, -2.0, 0.25]), tmp_path / "f.onnx")
    assert result.dtype == np.float32
    assert result.tolist() == [1.5, -2, 0.25]


@pytest.mark.parametrize(
    ("tensor", "why"),
    [
        (helper.make_tensor("t", TensorProto.STRING, [1], [b"a"]), "of type STRING"),
        (TensorProto(name="t", data_type=TensorProto.INT4, dims=[2], raw_data=b"a"), "INT4"),
        (TensorProto(name="t", data_type=99, dims=[1]), "of type number 99"),
        (TensorProto(name="t", data_type=1, dims=[1 << 40, 1 << 20]), "is too large"),
        (TensorProto(name="t", data_type=1, dims=[1 << 30]), "lacks numbers of its shape"),
        (TensorProto(name="t", data_type=1, dims=[-1]), "has the shape"),
        (TensorProto(name="t", data_type=1, dims=[2], raw_data=bytes(9)), "lacks numbers"),
    ],
)
def test_refused(tmp_path, tensor, why):
    with pytest.raises(UserError, match=why):
        array(tensor, tmp_path / "f.onnx")


def external(place, **entries):
    tensor = TensorProto(name="t", data_type=1, dims=[4], data_location=1)
    for key, value in {"location": place, **entries}.items():
        tensor.external_data.add(key=key, value=str(value))
    return tensor


def test_numbers_beside_the_file(tmp_path):
    values = np.arange(6, dtype=np.float32)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "w.data").write_bytes(values.tobytes())
    result = array(external("sub/w.data", offset=8, length=16), tmp_path / "f.onnx")
    assert result.tolist() == [2, 3, 4, 5]


@pytest.mark.parametrize("place", ["../w.data", "/etc/passwd", "", ".", "a/../../w", "a\0b", "out"])
def test_nothing_is_read_outside_the_folder(tmp_path, place):
    folder = tmp_path / "folder"
    folder.mkdir()
    (tmp_path / "w.data").write_bytes(bytes(16))
    (folder / "out").symlink_to(tmp_path / "w.data")
    with pytest.raises(UserError, match="outside the folder of the ONNX file"):
        array(external(place), folder / "f.onnx")


@pytest.mark.parametrize(
    ("entries", "why"),
    [
        ({"offset": 1}, "17 are expected"),
        ({"offset": -1}, "has 16 bytes"),
        ({"length": 1 << 60}, "has 16 bytes"),
        ({"offset": "here"}, "at no place of a file"),
    ],
)
def test_places_in_the_file(tmp_path, entries, why):
    (tmp_path / "w.data").write_bytes(bytes(16))
    with pytest.raises(UserError, match=why):
        array(external("w.data", **entries), tmp_path / "f.onnx")


def test_a_missing_file_and_its_path(tmp_path):
    tensor = external("w.data")
    assert external_path(tensor, tmp_path / "f.onnx") == tmp_path.resolve() / "w.data"
    with pytest.raises(UserError, match="No such file"):
        array(tensor, tmp_path / "f.onnx")


def test_names_of_types():
    assert type_name(onnx.TensorProto.FLOAT) == "FLOAT"
    assert type_name(123456) == "number 123456"
