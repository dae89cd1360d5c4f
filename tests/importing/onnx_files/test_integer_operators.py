import numpy as np
import pytest
from onnx import TensorProto

from hawx_hw.errors import UserError
from hawx_hw.importing.onnx_files.reading import read
from tests.importing.onnx_files.models import IMAGES, SHAPE, model, node, random, save
from tests.importing.onnx_files.quantizing import differences, integer_graph, quantized_file

MICROSOFT = {"com.microsoft": 1}
RNG = np.random.default_rng(11)


def codes(*shape, low=-127):
    return RNG.integers(low, 128, shape).astype(np.int8)


def pair(name, scale, zero):
    return {f"{name}s": np.float32(scale), f"{name}z": zero}


def close(tmp_path, nodes, constants, zero):
    made = model(
        nodes, constants, kind=TensorProto.UINT8, output_kind=TensorProto.UINT8, domains=MICROSOFT
    )
    path = save(tmp_path, made)
    network, graph = integer_graph(path)
    error, correlation = differences(path, graph, inputs=IMAGES, code_zero=zero)
    assert np.abs(error).max() <= 1
    assert correlation >= 0.999
    return network, graph


INPUT_PAIR = pair("x", 1 / 255, np.uint8(0))
CONV = node("QLinearConv", ["x", "xs", "xz", "w", "ws", "wz", "cs", "cz", "b"], ["c"], pads=[1] * 4)
CONV_CONSTANTS = {
    **INPUT_PAIR, **pair("c", 0.05, np.uint8(120)), "w": codes(4, 3, 3, 3),
    "ws": np.float32([0.01, 0.02, 0.015, 0.01]), "wz": np.zeros(4, np.int8),
    "b": RNG.integers(-20000, 20000, 4).astype(np.int32),
}  # fmt: skip


def test_a_network_of_every_operator(tmp_path):
    nodes = [
        CONV,
        node("QLinearLeakyRelu", ["c", "cs", "cz", "ls", "lz"], ["l"], domain="com.microsoft",
             alpha=0.1),
        node("QLinearAdd", ["c", "cs", "cz", "l", "ls", "lz", "as", "az"], ["a"],
             domain="com.microsoft"),
        node("MaxPool", ["a"], ["m"], kernel_shape=[2, 2], strides=[2, 2]),
        node("QLinearConcat", ["ks", "kz", "m", "as", "az", "m", "as", "az"], ["k"],
             domain="com.microsoft", axis=1),
        node("QLinearAveragePool", ["k", "ks", "kz", "ps", "pz"], ["p"], domain="com.microsoft",
             kernel_shape=[2, 2]),
        node("QLinearGlobalAveragePool", ["p", "ps", "pz", "gs", "gz"], ["g"],
             domain="com.microsoft"),
        node("Flatten", ["g"], ["f"]),
        node("QGemm", ["f", "gs", "gz", "v", "vs", "vz", "d", "hs", "hz"], ["h"],
             domain="com.microsoft", transB=1),
        node("QLinearSigmoid", ["h", "hs", "hz", "ss", "sz"], ["s"], domain="com.microsoft"),
        node("QLinearMatMul", ["s", "ss", "sz", "u", "us", "uz", "ys", "yz"], ["y"]),
    ]  # fmt: skip
    constants = {
        **CONV_CONSTANTS, **pair("l", 0.03, np.uint8(20)), **pair("a", 0.06, np.uint8(100)),
        **pair("k", 0.05, np.uint8(90)), **pair("p", 0.045, np.uint8(90)),
        **pair("g", 0.04, np.uint8(90)), "v": codes(6, 8), **pair("v", 0.01, np.int8(0)),
        "d": RNG.integers(-500, 500, 6).astype(np.int32), **pair("h", 0.05, np.uint8(128)),
        **pair("s", 1 / 256, np.uint8(0)), "u": codes(6, 5), **pair("u", 0.02, np.int8(0)),
        **pair("y", 0.02, np.uint8(130)),
    }  # fmt: skip
    _, graph = close(tmp_path, nodes, constants, 130)
    kinds = [type(each).__name__ for each in graph.nodes]
    assert kinds == [
        "Conv2d", "Lookup", "Add", "MaxPool2d", "Clamp", "Clamp", "Concat", "AveragePool2d",
        "AveragePool2d", "Flatten", "Linear", "Lookup", "Linear",
    ]  # fmt: skip


def test_a_constant_that_is_added_to_codes(tmp_path):
    nodes = [
        CONV,
        node("QLinearAdd", ["c", "cs", "cz", "k", "ks", "kz", "ys", "yz"], ["y"],
             domain="com.microsoft"),
    ]  # fmt: skip
    constants = {
        **CONV_CONSTANTS, "k": np.uint8([10, 200, 30, 250]).reshape(4, 1, 1),
        **pair("k", 0.02, np.uint8(100)), **pair("y", 0.06, np.uint8(110)),
    }  # fmt: skip
    _, graph = close(tmp_path, nodes, constants, 110)
    assert [type(each).__name__ for each in graph.nodes] == ["Conv2d", "Conv2d"]


def test_zeros_around_codes(tmp_path):
    nodes = [
        node("Pad", ["x", "pads", "xz"], ["p"]),
        node("QLinearConv", ["p", "xs", "xz", "w", "ws", "wz", "ys", "yz"], ["y"]),
    ]
    constants = {
        **CONV_CONSTANTS, "pads": np.array([0, 0, 1, 1, 0, 0, 1, 1]),
        **pair("y", 0.05, np.uint8(120)), "xz": np.uint8(31),
    }  # fmt: skip
    made = model(nodes, constants, kind=TensorProto.UINT8)
    with pytest.raises(UserError, match="pads codes whose zero point is unknown"):
        read(save(tmp_path, made), SHAPE)
    nodes = [
        CONV,
        node("Pad", ["c", "pads", "cz"], ["p"]),
        node("QLinearConv", ["p", "cs", "cz", "v", "vs", "vz", "ys", "yz"], ["y"]),
    ]
    constants |= {"v": codes(5, 4, 3, 3), **pair("v", 0.02, np.int8(0)), "ys": np.float32(0.5)}
    _, graph = close(tmp_path, nodes, constants, 120)
    assert graph.nodes[1].padding == (1, 1, 1, 1)


@pytest.mark.parametrize(
    ("last", "why"),
    [
        (node("QLinearMul", ["c", "cs", "cz", "c", "cs", "cz", "cs", "cz"], ["y"],
              domain="com.microsoft"), "multiplies two computed tensors"),
        (node("QLinearGlobalAveragePool", ["c", "cs", "cz", "cs", "cz"], ["y"], channels_last=1,
              domain="com.microsoft"), "channels as the last axis"),
        (node("QLinearGlobalAveragePool", ["c", "xs", "xz", "cs", "cz"], ["y"],
              domain="com.microsoft"), "by another scale or zero point"),
        (node("QLinearConcat", ["cs", "cz", "c", "cs"], ["y"], axis=1, domain="com.microsoft"),
         "a tensor, a scale and a zero point for each part"),
        (node("QGemm", ["c", "cs", "cz", "w", "ws", "wz"], ["y"], alpha=2.0,
              domain="com.microsoft"), "has an alpha"),
    ],
)  # fmt: skip
def test_refused(tmp_path, last, why):
    last.name = "last"
    made = model([CONV, last], CONV_CONSTANTS, kind=TensorProto.UINT8, domains=MICROSOFT)
    with pytest.raises(UserError, match=rf"The node 'last' \(\w+\) .*{why}"):
        read(save(tmp_path, made), SHAPE)


def test_scales_of_the_runtimes_own_quantization(tmp_path):
    """Concatenation and a sigmoid, quantized to operators on codes."""
    nodes = [
        node("Conv", ["x", "w"], ["c"]), node("Sigmoid", ["c"], ["s"]),
        node("Concat", ["c", "s"], ["k"], axis=1),
        node("AveragePool", ["k"], ["p"], kernel_shape=[2, 2]), node("Flatten", ["p"], ["f"]),
        node("MatMul", ["f", "v"], ["y"]),
    ]  # fmt: skip
    made = model(nodes, {"w": random(4, 3, 3, 3), "v": random(200, 7)})
    path = quantized_file(save(tmp_path, made), form="QOperator")
    network, graph = integer_graph(path)
    error, correlation = differences(path, graph)
    assert np.abs(error).max() <= 1
    assert correlation >= 0.999
    assert network.quantized
