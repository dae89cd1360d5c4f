import builtins
import os

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from hawx_hw.errors import UserError
from hawx_hw.importing.onnx_files import files
from hawx_hw.importing.onnx_files.files import external_files, open_onnx
from hawx_hw.importing.onnx_files.reading import read
from tests.importing.onnx_files.models import SHAPE, model, node, random, save

MADE = model([node("Conv", ["x", "w"], ["y"])], {"w": random(2, 3, 3, 3)})


def refused(path, why):
    with pytest.raises(UserError, match=why) as caught:
        open_onnx(path)
    assert caught.value.where.startswith("network.model")


def test_a_file(tmp_path):
    file = open_onnx(save(tmp_path, MADE))
    assert (file.opset, len(file.graph.node)) == (17, 1)


def test_files_that_are_none(tmp_path):
    data = MADE.SerializeToString()
    contents = {
        "empty": (b"", "The file is empty"),
        "truncated": (data[:-30], "it ends early"),
        "text": (b"# a network\n" * 50, "no ONNX file"),
        "archive": (b"PK\x03\x04" + bytes(100), "no ONNX file"),
        "random": (np.random.default_rng(0).bytes(5000), "no ONNX file"),
        "no graph": (b"\x08\x07", "it has no graph"),
        "no nodes": (onnx.ModelProto(graph=onnx.GraphProto(name="g"), opset_import=[
            onnx.helper.make_opsetid("", 17)]).SerializeToString(), "a graph without nodes"),
    }  # fmt: skip
    for name, (content, why) in contents.items():
        path = tmp_path / f"{name}.onnx"
        path.write_bytes(content)
        refused(path, why)


def test_what_is_no_file(tmp_path):
    refused(tmp_path / "missing.onnx", "No such file")
    refused(tmp_path, "directory")
    os.mkfifo(tmp_path / "pipe.onnx")
    refused(tmp_path / "pipe.onnx", "pipe")
    (tmp_path / "loop.onnx").symlink_to("loop.onnx")
    refused(tmp_path / "loop.onnx", "symbolic links")


def test_too_large_a_file_is_not_read(tmp_path, monkeypatch):
    path = save(tmp_path, MADE)
    monkeypatch.setattr(files, "LARGEST_FILE", path.stat().st_size - 1)
    refused(path, r"has \d+ bytes, more than")


@pytest.mark.parametrize(("opset", "why"), [(8, "uses opset 8"), (9999, "uses opset 9999")])
def test_opsets(tmp_path, opset, why):
    made = model([node("Relu", ["x"], ["y"])])
    made.opset_import[0].version = opset
    refused(save(tmp_path, made), why)


def test_versions(tmp_path):
    made = model([node("Relu", ["x"], ["y"])])
    del made.opset_import[:]
    refused(save(tmp_path, made), "no version of ONNX's operators")
    made.opset_import.extend([onnx.helper.make_opsetid("", 13), onnx.helper.make_opsetid("", 14)])
    refused(save(tmp_path, made), "two versions")
    made.ir_version = 999
    refused(save(tmp_path, made), "IR version 999")


def test_functions_of_the_file(tmp_path):
    made = model([node("Relu", ["x"], ["y"])])
    made.functions.add(name="own")
    refused(save(tmp_path, made), "defines 1 functions")


def test_without_the_package(tmp_path, monkeypatch):
    real = builtins.__import__

    def missing(name, *arguments, **settings):
        if name.partition(".")[0] == "onnx":
            raise ImportError(name)
        return real(name, *arguments, **settings)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(UserError, match="need the package onnx") as caught:
        open_onnx(save(tmp_path, MADE))
    assert "python -m pip install onnx" in caught.value.hint


def test_external_files(tmp_path):
    path = tmp_path / "made.onnx"
    own = onnx.ModelProto.FromString(MADE.SerializeToString())  # save() changes it
    onnx.save(own, path, save_as_external_data=True, location="w.data", size_threshold=0)
    assert external_files(path) == [tmp_path.resolve() / "w.data"]
    assert external_files(save(tmp_path, MADE, "inside.onnx")) == []
    assert external_files(tmp_path / "missing.onnx") == []


@pytest.mark.parametrize("old", [b"conv_name", b"Conv", b"in_name"])
def test_names_that_are_no_text(tmp_path, old):
    made = model([node("Conv", ["x", "in_name"], ["y"], name="conv_name")], {"in_name": 1.0})
    path = tmp_path / "made.onnx"
    path.write_bytes(made.SerializeToString().replace(old, b"\xff" * len(old)))
    refused(path, "no text in UTF-8")


def test_external_files_of_constants_among_the_nodes(tmp_path):
    constant = node("Constant", [], ["w"], value=numpy_helper.from_array(random(4, 3, 3, 3)))
    made = model([constant, node("Conv", ["x", "w"], ["y"])])
    path = tmp_path / "o.onnx"
    onnx.save(
        made, path, save_as_external_data=True, location="w.data", size_threshold=0,
        convert_attribute=True,
    )  # fmt: skip
    assert external_files(path) == [tmp_path.resolve() / "w.data"]
    assert read(path, SHAPE).layers.layers[0].weight.shape == (4, 3, 3, 3)
