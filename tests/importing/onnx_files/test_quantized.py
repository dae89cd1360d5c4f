import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from hawx_hw.errors import UserError
from hawx_hw.graph import fast, reference
from hawx_hw.graph.pixels import DEFAULT_CODES, Preprocessing
from hawx_hw.importing.float_graph import INPUT
from hawx_hw.importing.onnx_files.reading import read
from hawx_hw.importing.onnx_files.runtime import Runtime
from tests.importing.onnx_files.models import IMAGES, SHAPE, model, node, random, save
from tests.importing.onnx_files.quantizing import differences, integer_graph, quantized_file

RESIDUAL = model(
    [
        node("Conv", ["x", "conv1.weight", "b1"], ["c"], pads=[1, 1, 1, 1]),
        node("Relu", ["c"], ["r"]),
        node("Conv", ["r", "conv2.weight", "b2"], ["d"], pads=[1, 1, 1, 1]),
        node("Add", ["d", "r"], ["a"]),
        node("Relu", ["a"], ["s"]),
        node("MaxPool", ["s"], ["m"], kernel_shape=[2, 2], strides=[2, 2]),
        node("GlobalAveragePool", ["m"], ["g"]),
        node("Flatten", ["g"], ["f"]),
        node("Gemm", ["f", "fc.weight", "b3"], ["y"], transB=1),
    ],
    {
        "conv1.weight": random(6, 3, 3, 3), "b1": random(6), "conv2.weight": random(6, 6, 3, 3),
        "b2": random(6), "fc.weight": random(5, 6), "b3": random(5),
    },
)  # fmt: skip


@pytest.mark.parametrize(
    ("activations", "symmetric", "per_channel"),
    [("U8", False, True), ("S8", False, True), ("S8", True, False)],
)
@pytest.mark.parametrize("form", ["QDQ", "QOperator"])
def test_codes_are_those_of_the_runtime(tmp_path, form, activations, symmetric, per_channel):
    path = quantized_file(
        save(tmp_path, RESIDUAL), form=form, activations=activations, symmetric=symmetric,
        per_channel=per_channel,
    )  # fmt: skip
    stated = Preprocessing() if symmetric else None
    network, graph = integer_graph(path, preprocessing=stated)
    assert [type(each).__name__ for each in graph.nodes] == [
        "Conv2d", "Conv2d", "Add", "MaxPool2d", "AveragePool2d", "Flatten", "Linear",
    ]  # fmt: skip
    assert network.quantized
    assert INPUT in network.layers.encodings
    weights = [layer.codes for layer in network.layers.layers if hasattr(layer, "codes")]
    assert None not in weights
    if not symmetric:
        np.testing.assert_array_equal(graph.pixels, DEFAULT_CODES)
    error, correlation = differences(path, graph)
    assert np.abs(error).max() <= 1
    assert correlation >= 0.999
    codes = graph.codes(IMAGES[:1])
    np.testing.assert_array_equal(reference.run(graph, codes), fast.run(graph, codes))


@pytest.mark.parametrize("activations", ["U8", "S8"])
def test_each_layer_alone(tmp_path, activations):
    """With the runtime's codes before it, a layer's codes differ by one at most."""
    path = quantized_file(save(tmp_path, RESIDUAL), activations=activations)
    network, graph = integer_graph(path)
    runtime = Runtime(path, list(network.tensors.values()))
    runs = list(runtime.run(IMAGES, network.source or network.layers.preprocessing))
    codes = {INPUT: graph.codes(IMAGES)}
    for each in graph.nodes:
        inputs = [codes[name] for name in each.inputs]
        own = fast.evaluate(each, inputs, graph.tensors[each.inputs[0]].zero_point)
        if (name := network.tensors.get(each.name)) is not None:
            tensor, values = graph.tensors[each.name], np.stack([run[name] for run in runs])
            exact = (values / tensor.scale + tensor.zero_point).reshape(own.shape)
            assert np.abs(exact - np.rint(exact)).max() < 1e-3
            assert np.abs(own - np.rint(exact)).max() <= 1
            own = np.rint(exact).astype(np.int8)
        codes[each.name] = own
    assert len(network.tensors) >= 6


def test_scales_are_taken_as_they_are(tmp_path):
    path = quantized_file(save(tmp_path, RESIDUAL))
    _, graph = integer_graph(path)
    constants = {
        each.name: numpy_helper.to_array(each) for each in onnx.load(path).graph.initializer
    }
    tensor = graph.tensors[INPUT]
    assert tensor.scale == float(constants["x_scale"])
    assert tensor.zero_point == int(constants["x_zero_point"]) - 128
    output = graph.tensors[graph.output]
    assert output.scale == float(constants["y_scale"])
    assert output.zero_point == int(constants["y_zero_point"]) - 128
    np.testing.assert_array_equal(graph.nodes[0].weight, constants["conv1.weight_quantized"])


def test_weights_of_uint8_whose_zero_point_is_no_128(tmp_path):
    path = quantized_file(save(tmp_path, RESIDUAL), weights="U8", per_channel=False)
    with pytest.raises(UserError, match=r"\(Conv\) has weights from .* about their zero point"):
        read(path, SHAPE)


def qdq(name, codes, kind=np.uint8, scale=0.05, zero=3):
    """QuantizeLinear and DequantizeLinear of a tensor, with their constants."""
    constants = {f"{name}_s": np.float32(scale), f"{name}_z": kind(zero)}
    pair = [node("QuantizeLinear", [name, f"{name}_s", f"{name}_z"], [f"{name}_q"]),
            node("DequantizeLinear", [f"{name}_q", f"{name}_s", f"{name}_z"], [codes])]  # fmt: skip
    return pair, constants


def small(weight_nodes, constants, last=(), kind=np.uint8, zero=3, output_scale=0.5):
    """An input, a 1 x 1 convolution with some weight ``w``, and its output, all quantized."""
    first, given = qdq("x", "a", np.uint8, 1 / 255, 0)
    end, more = qdq("c", "e", kind, output_scale, zero)
    nodes = [*first, *weight_nodes, node("Conv", ["a", "w", "b"], ["c"], name="conv"), *end,
             *(last or [node("Identity", ["e"], ["y"])])]  # fmt: skip
    return model(nodes, {**given, **more, "b": np.zeros(4, np.float32), **constants}, opset=19)


CODES = np.random.default_rng(3).integers(-127, 128, (4, 3, 1, 1)).astype(np.int8)
SCALES = np.float32([0.01, 0.02, 0.03, 0.04])
PLAIN = [node("DequantizeLinear", ["wq", "ws", "wz"], ["w"], axis=0)]
ZEROS = np.zeros(4, np.int8)


def close(tmp_path, made, **more):
    path = save(tmp_path, made)
    network, graph = integer_graph(path)
    error, correlation = differences(path, graph, **more)
    assert np.abs(error).max() <= 1
    assert correlation >= 0.999
    return network, graph


def test_weights_as_integers_and_as_real_values(tmp_path):
    """As onnxruntime writes them, and as Brevitas does: quantized and clipped in the file."""
    made = small(PLAIN, {"wq": CODES, "ws": SCALES, "wz": ZEROS})
    _, graph = close(tmp_path, made)
    np.testing.assert_array_equal(graph.nodes[0].weight, CODES)
    real = CODES.astype(np.float32) * SCALES.reshape(4, 1, 1, 1)
    clipped = [
        node("QuantizeLinear", ["wr", "ws", "wz"], ["q"], axis=0),
        node("Clip", ["q", "least", "most"], ["l"]),
        node("DequantizeLinear", ["l", "ws", "wz"], ["w"], axis=0),
    ]
    narrow = {"least": np.int8(-7), "most": np.int8(7)}
    constants = {"wr": real, "ws": SCALES, "wz": ZEROS, **narrow}
    _, graph = close(tmp_path, small(clipped, constants))
    np.testing.assert_array_equal(graph.nodes[0].weight, CODES.clip(-7, 7))


def test_zero_points_that_can_be_subtracted(tmp_path):
    shifted = (CODES.astype(np.int16) + 128).clip(1, 255).astype(np.uint8)
    constants = {"wq": shifted, "ws": SCALES, "wz": np.full(4, 128, np.uint8)}
    _, graph = close(tmp_path, small(PLAIN, constants))
    np.testing.assert_array_equal(graph.nodes[0].weight, shifted.astype(int) - 128)
    constants = {"wq": CODES // 2, "ws": SCALES, "wz": np.int8([0, 10, -20, 30])}
    _, graph = close(tmp_path, small(PLAIN, constants))
    np.testing.assert_array_equal(
        graph.nodes[0].weight, CODES // 2 - np.array([0, 10, -20, 30]).reshape(4, 1, 1, 1)
    )


def test_weights_of_minus_128_are_noted(tmp_path):
    codes = CODES.copy()
    codes[1, 2] = codes[0, 0] = -128
    network, graph = close(tmp_path, small(PLAIN, {"wq": codes, "ws": SCALES, "wz": ZEROS}))
    assert "'conv' has 2 weights of -128, which became -127" in network.notes[0]
    np.testing.assert_array_equal(graph.nodes[0].weight, codes.clip(-127))


def test_activations_of_fewer_bits(tmp_path):
    """Brevitas clips the codes of 4 bits between their quantization and dequantization."""
    first, given = qdq("x", "a", np.uint8, 1 / 255, 0)
    nodes = [
        *first, *PLAIN, node("Conv", ["a", "w"], ["c"]),
        node("QuantizeLinear", ["c", "cs", "cz"], ["q"]),
        node("Clip", ["q", "least", "most"], ["l"]),
        node("DequantizeLinear", ["l", "cs", "cz"], ["y"]),
    ]  # fmt: skip
    constants = {
        **given, "wq": CODES, "ws": SCALES, "wz": ZEROS, "cs": np.float32(0.5), "cz": np.uint8(5),
        "least": np.uint8(0), "most": np.uint8(15),
    }  # fmt: skip
    _, graph = close(tmp_path, model(nodes, constants))
    rule = graph.nodes[-1].requantization
    assert len(graph.nodes) == 1
    assert (rule.zero_point, rule.low, rule.high) == (5 - 128, -128, 15 - 128)


def test_a_bias_of_real_values_is_rounded_to_steps(tmp_path):
    constants = {"wq": CODES, "ws": SCALES, "wz": ZEROS, "b": np.float32([1, -2, 3, 0.5])}
    network, _ = close(tmp_path, small(PLAIN, constants))
    assert any("'conv' has a bias" in note for note in network.notes)
    steps = SCALES * np.float32(1 / 255)
    exact = {
        "wq": CODES, "ws": SCALES, "wz": ZEROS, "bs": steps,
        "bq": np.int32([100, -2000, 30000, 5]), "bz": np.zeros(4, np.int32),
    }  # fmt: skip
    made = small([*PLAIN, node("DequantizeLinear", ["bq", "bs", "bz"], ["bias"], axis=0)], exact)
    made.graph.node[4].input[2] = "bias"
    network, graph = close(tmp_path, made)
    assert not any("bias" in note for note in network.notes)
    zero = int(graph.tensors[INPUT].zero_point)
    folded = graph.nodes[0].bias + zero * CODES.reshape(4, -1).sum(axis=1, dtype=np.int64)
    np.testing.assert_array_equal(folded, exact["bq"])


def test_a_second_scale_of_one_tensor_is_a_layer(tmp_path):
    second, given = qdq("e", "y", np.int8, 0.7, -9)
    constants = {"wq": CODES, "ws": SCALES, "wz": ZEROS, **given}
    _, graph = close(tmp_path, small(PLAIN, constants, second))
    assert [type(each).__name__ for each in graph.nodes] == ["Conv2d", "Clamp"]


def test_a_relu_behind_its_own_scale(tmp_path):
    relu, given = qdq("r", "y", np.uint8, 0.05, 0)
    constants = {"wq": CODES, "ws": SCALES, "wz": ZEROS, **given}
    last = [node("Relu", ["e"], ["r"]), *relu]
    _, graph = close(tmp_path, small(PLAIN, constants, last, zero=100, output_scale=0.04))
    assert [type(each).__name__ for each in graph.nodes] == ["Conv2d", "Clamp"]
    same, given = qdq("r", "y", np.uint8, 0.04, 100)
    last = [node("Relu", ["e"], ["r"]), *same]
    _, graph = close(tmp_path, small(PLAIN, constants | given, last, zero=100, output_scale=0.04))
    assert [type(each).__name__ for each in graph.nodes] == ["Conv2d"]
    assert graph.nodes[0].requantization.low == 100 - 128


@pytest.mark.parametrize(
    ("constants", "why"),
    [
        ({"x_z": np.int16(0)}, "quantizes to int16; the hardware's codes have 8 bits"),
        ({"x_s": np.float32(0)}, "has the scale 0.0, which must be above 0"),
        ({"x_s": np.float32(np.nan)}, "has a scale that is not finite"),
        ({"x_s": np.float32([0.1, 0.2, 0.3])}, "must have one scale, a constant"),
        ({"ws": np.float32([1, 2, 3])}, "has 3 scales and 4 zero points"),
        ({"ws": -SCALES}, "has a scale that is not above 0"),
        ({"wq": np.full((4, 3, 1, 1), 200, np.uint8), "wz": np.zeros(4, np.uint8)},
         "has weights from 200 to 200"),
    ],
)  # fmt: skip
def test_formats_that_the_hardware_lacks(tmp_path, constants, why):
    made = small(PLAIN, {"wq": CODES, "ws": SCALES, "wz": ZEROS} | constants)
    if "x_z" in constants:
        made.opset_import[0].version = 21
    with pytest.raises(UserError, match=rf"The node '\w+' \(\w+\) {why}"):
        read(save(tmp_path, made), SHAPE)


def test_codes_read_by_another_scale(tmp_path):
    made = small(PLAIN, {"wq": CODES, "ws": SCALES, "wz": ZEROS})
    made.graph.node[1].input[1] = "c_s"
    with pytest.raises(UserError, match="by another scale or zero point than they were made with"):
        read(save(tmp_path, made), SHAPE)


def test_codes_that_are_used_as_real_values(tmp_path):
    first, given = qdq("x", "a")
    made = model([first[0], node("Relu", ["x_q"], ["y"], name="relu")], given)
    with pytest.raises(UserError, match=r"'relu'.*reads codes"):
        read(save(tmp_path, made), SHAPE)


def test_integer_weights_of_a_float_input(tmp_path):
    constants = {"wq": CODES, "ws": SCALES, "wz": ZEROS}
    network = read(
        save(tmp_path, model([*PLAIN, node("Conv", ["x", "w"], ["y"])], constants)), SHAPE
    )
    assert not network.quantized
    assert network.layers.layers[0].codes is None
    assert "quantized again" in network.notes[0]


def test_an_input_of_codes(tmp_path):
    """The file takes uint8 pixels, which DequantizeLinear gives a scale."""
    nodes = [
        node("DequantizeLinear", ["x", "xs", "xz"], ["a"]), *PLAIN,
        node("Conv", ["a", "w"], ["c"]), node("QuantizeLinear", ["c", "cs", "cz"], ["y"]),
    ]  # fmt: skip
    constants = {
        "xs": np.float32(0.02), "xz": np.uint8(90), "wq": CODES, "ws": SCALES, "wz": ZEROS,
        "cs": np.float32(0.5), "cz": np.uint8(120),
    }  # fmt: skip
    made = model(nodes, constants, kind=TensorProto.UINT8, output_kind=TensorProto.UINT8)
    _, graph = close(tmp_path, made, inputs=IMAGES, code_zero=120)
    np.testing.assert_array_equal(graph.pixels, DEFAULT_CODES)
    assert graph.tensors[INPUT].zero_point == 90 - 128


def test_preprocessing_that_contradicts_the_file(tmp_path):
    path = save(tmp_path, small(PLAIN, {"wq": CODES, "ws": SCALES, "wz": ZEROS}))
    assert read(path, SHAPE, Preprocessing()).layers.preprocessing == Preprocessing()
    with pytest.raises(UserError, match=r"By network\.preprocess, pixels become 0 to 255"):
        read(path, SHAPE, Preprocessing(1.0))


def test_scales_of_blocks(tmp_path):
    first = helper.make_node("QuantizeLinear", ["x", "s"], ["q"], block_size=2, name="block")
    made = model(
        [first, node("DequantizeLinear", ["q", "s"], ["y"])], {"s": np.float32(1)}, opset=21
    )
    with pytest.raises(UserError, match=r"'block'.*scales of blocks"):
        read(save(tmp_path, made), SHAPE)
