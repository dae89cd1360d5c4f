import random
import struct

import numpy as np
import pytest

from hawx_hw.errors import UserError
from hawx_hw.importing.tflite_files import parsing
from hawx_hw.importing.tflite_files.parsing import parse, read_model
from hawx_hw.importing.tflite_files.reading import read
from tests.importing.tflite_files.building import File
from tests.importing.tflite_files.comparing import refusal


def small():
    file = File()
    x = file.tensor((1, 6, 6, 3))
    y = file.tensor((1, 4, 4, 2))
    weight = file.constant(np.arange(54.0).reshape(2, 3, 3, 3), scale=[1.0, 2.0], axis=0)
    file.operator("CONV_2D", [x, weight], y, FusedActivationFunction=1)
    z = file.operator("RESHAPE", [y, file.constant([1, 32], "int32")], file.tensor((1, 32)))
    file.operator(
        "FULLY_CONNECTED", [z, file.constant(np.ones((3, 32))), -1], file.tensor((1, 3), name="end")
    )
    return file


def test_content(tmp_path):
    path = small().write(tmp_path / "a.tflite")
    model = read_model(path)
    assert [operator.kind for operator in model.operators] == [
        "CONV_2D", "RESHAPE", "FULLY_CONNECTED",
    ]  # fmt: skip
    conv = model.operators[0]
    assert conv.inputs == (0, 2, 3)
    assert conv.options == {
        "padding": 1, "stride_h": 1, "stride_w": 1, "activation": 1, "dilation_h": 1,
        "dilation_w": 1,
    }  # fmt: skip
    weight = model.tensors[2]
    assert (weight.shape, weight.kind, weight.name) == ((2, 3, 3, 3), "float32", "model/tensor2")
    np.testing.assert_array_equal(weight.data.view("<f4"), np.arange(54.0))
    np.testing.assert_array_equal(weight.quantization.scale, [1.0, 2.0])
    assert model.tensors[0].quantization is None
    assert not model.tensors[0].data.size
    assert model.input == 0
    assert model.tensors[model.output].name == "end"
    assert model.size == path.stat().st_size


def test_operators_without_options_have_their_defaults(tmp_path):
    file = File()
    file.operator("ADD", [file.tensor((1, 2)), 0], file.tensor((1, 2)))
    file.operators[0][3]["form"] = None
    assert parse(file.content(), tmp_path).operators[0].options == {"activation": 0}
    file.operators[0] = ("CONV_2D", *file.operators[0][1:3], {"form": None})
    assert parse(file.content(), tmp_path).operators[0].options["dilation_h"] == 1


def test_missing_file_and_folder(tmp_path):
    assert "No such file" in refusal(tmp_path / "none.tflite")
    (tmp_path / "folder.tflite").mkdir()
    assert "directory" in refusal(tmp_path / "folder.tflite")


@pytest.mark.parametrize(
    "content", [b"", b"TFL3", b"no flatbuffer at all", bytes(100), b"PK\3\4" * 9]
)
def test_other_files(tmp_path, content):
    path = tmp_path / "a.tflite"
    path.write_bytes(content)
    assert "is no TFLite file" in refusal(path)


def test_package_is_missing(tmp_path, monkeypatch):
    import sys

    path = small().write(tmp_path / "a.tflite")
    monkeypatch.setitem(sys.modules, "tflite", None)
    text = refusal(path)
    assert "pip install tflite" in text


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: setattr(f, "version", 2), "schema version 2"),
        (lambda f: setattr(f, "subgraphs", 2), "has 2 subgraphs"),
        (lambda f: setattr(f, "subgraphs", 0), "has 0 subgraphs"),
    ],
)
def test_forms_of_files(tmp_path, change, message):
    file = small()
    change(file)
    assert message in refusal(file.write(tmp_path / "a.tflite"))


@pytest.mark.parametrize(
    ("inputs", "outputs", "message"),
    [([0, 0], None, "has 2 inputs"), ([], None, "has 0 inputs"), ([0], [], "has 0 outputs"),
     ([0], [1, 2], "has 2 outputs"), ([99], None, "tensor 99 does not exist"),
     ([-2], None, "tensor -2 does not exist"), ([-1], None, "inputs"),
     ([0] * 300, None, "300 numbers")],
)  # fmt: skip
def test_inputs_and_outputs(tmp_path, inputs, outputs, message):
    path = tmp_path / "a.tflite"
    path.write_bytes(small().content(inputs, outputs))
    assert message in refusal(path)


@pytest.mark.parametrize(
    ("kind", "message"),
    [("CUSTOM TFLite_Detection", "CUSTOM TFLite_Detection"), ("IF", "(IF)"), ("WHILE", "(WHILE)"),
     ("CALL_ONCE", "(CALL_ONCE)"), ("9999", "(operator 9999)"), ("127", "operator"),
     ("LSTM", "(LSTM)"), ("STABLEHLO_ADD", "(STABLEHLO_ADD)")],
)  # fmt: skip
def test_operators_without_a_counterpart(tmp_path, kind, message):
    file = File()
    file.operator(kind, [file.tensor((1, 6, 6, 3))], file.tensor((1, 3)))
    text = refusal(file.write(tmp_path / "a.tflite"))
    assert message in text
    assert "without an integer counterpart" in text


def test_options_of_another_operator(tmp_path):
    file = File()
    file.operator("ADD", [file.tensor((1, 6, 6, 3)), 0], file.tensor((1, 3)), form="SubOptions")
    assert "the options of another operator" in refusal(file.write(tmp_path / "a.tflite"))


@pytest.mark.parametrize("limit", ["_TENSORS_MAX", "_OPERATORS_MAX"])
def test_counts(tmp_path, monkeypatch, limit):
    monkeypatch.setattr(parsing, limit, 1)
    assert "of which 1 are supported" in refusal(small().write(tmp_path / "a.tflite"))


def test_long_names_are_cut(tmp_path):
    file = small()
    file.tensors[0]["name"] = "long/" * 10_000 + "\0\x1b[31m"
    assert len(parse(file.content(), tmp_path).tensors[0].name) == 300
    file.tensors[0]["name"] = "a\x1b[31m\nb"
    assert parse(file.content(), tmp_path).tensors[0].name == "a?[31m?b"


def test_truncated_files(tmp_path):
    """Every length, and one message for each."""
    content = small().content()
    path = tmp_path / "a.tflite"
    for length in range(8, len(content), 7):
        path.write_bytes(content[:length])
        try:
            read(path, (3, 6, 6))
        except UserError as error:
            assert "\n" not in str(error)


def damaged(content, generator):
    """One change of a forger: numbers replaced by others, among them large and negative ones."""
    data = bytearray(content)
    for _ in range(generator.randint(1, 4)):
        place = generator.randrange(8, len(data) - 4)
        match generator.randrange(3):
            case 0:
                data[place] = generator.randrange(256)
            case 1:
                number = generator.choice([0, 1, -1, 2**31 - 1, -(2**31), 2**20, len(data)])
                struct.pack_into("<i", data, place // 4 * 4, number)
            case 2:
                struct.pack_into("<H", data, place // 2 * 2, generator.choice([0, 4, 6, 65535]))
    return bytes(data)


@pytest.mark.parametrize("seed", range(3))
def test_forged_offsets(tmp_path, seed):
    generator = random.Random(seed)
    content = small().content()
    path = tmp_path / "a.tflite"
    refused = 0
    for _ in range(100):
        path.write_bytes(damaged(content, generator))
        try:
            read(path, (3, 6, 6))
        except UserError as error:
            refused += 1
            assert len(str(error)) < 1500
    assert refused > 30


@pytest.mark.slow
def test_many_forged_offsets(tmp_path):
    generator = random.Random(99)
    content = small().content()
    path = tmp_path / "a.tflite"
    for _ in range(20_000):
        path.write_bytes(damaged(content, generator))
        try:
            read(path, (3, 6, 6))
        except UserError:
            continue
