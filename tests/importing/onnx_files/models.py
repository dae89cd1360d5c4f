"""Small ONNX files, made here, and what onnxruntime computes of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from hawx_hw.graph.pixels import Preprocessing
from hawx_hw.importing.network import ImportedNetwork
from hawx_hw.importing.onnx_files.reading import read

node = helper.make_node
RNG = np.random.default_rng(7)
SHAPE = (3, 8, 8)
IMAGES = RNG.integers(0, 256, (4, *SHAPE)).astype(np.uint8)


def random(*shape: int) -> np.ndarray:
    """Weights in float32; the same for the same shape."""
    return np.random.default_rng(shape).normal(size=shape).astype(np.float32)


def model(nodes, constants=None, *, shape=("n", *SHAPE), opset=17, kind=TensorProto.FLOAT, **more):
    """A model with the input ``x`` and the output ``y``.

    ``constants`` are initializers by name; ``more`` may give ``output_shape``, ``output_kind``,
    ``domains`` (by name) and ``outputs`` (names).
    """
    graph = helper.make_graph(
        list(nodes),
        "made",
        [helper.make_tensor_value_info("x", kind, shape)],
        [
            helper.make_tensor_value_info(
                name, more.get("output_kind", TensorProto.FLOAT), more.get("output_shape")
            )
            for name in more.get("outputs", ("y",))
        ],
        [
            value
            if isinstance(value, TensorProto)
            else numpy_helper.from_array(np.asarray(value), name)
            for name, value in (constants or {}).items()
        ],
    )
    domains = {"": opset, **more.get("domains", {})}
    opsets = [helper.make_opsetid(name, version) for name, version in domains.items()]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8 if opset < 21 else 10)


def save(folder: Path, made: onnx.ModelProto, name: str = "made.onnx") -> Path:
    path = folder / name
    path.write_bytes(made.SerializeToString())
    return path


def run(path: Path, inputs: np.ndarray, *, optimized: bool = True) -> np.ndarray:
    """What onnxruntime computes, ``(n, outputs)``."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    if not optimized:
        level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        options.graph_optimization_level = level
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    result = session.run(None, {session.get_inputs()[0].name: inputs})[0]
    return np.asarray(result).reshape(len(inputs), -1)


def compared(
    folder: Path,
    made: onnx.ModelProto,
    *,
    images: np.ndarray = IMAGES,
    preprocessing: Preprocessing | None = None,
    order: tuple[int, ...] = (0, 1, 2, 3),
    silent: bool = False,
) -> ImportedNetwork:
    """Read a float model and check its outputs against onnxruntime's.

    ``order`` is that of the file's input axes; with ``silent`` the outputs may be zeros.
    """
    path = save(folder, made)
    network = read(path, images.shape[1:], preprocessing)
    stated = preprocessing or Preprocessing()
    inputs = np.ascontiguousarray(stated.real(images, np.float32).transpose(order))
    rank = len(made.graph.input[0].type.tensor_type.shape.dim)
    expected = run(path, inputs if rank == 4 else inputs.reshape(len(images), -1))
    outputs = np.concatenate(list(network.outputs(images)))
    assert silent or np.abs(expected).max() > 0
    np.testing.assert_allclose(outputs, expected, atol=1e-4 * np.abs(expected).max(), rtol=0)
    return network


def kinds(network: ImportedNetwork) -> list[str]:
    return [type(layer).__name__.removeprefix("Float") for layer in network.layers.layers]
