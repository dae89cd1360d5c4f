import numpy as np
import pytest

from hawx_hw.errors import UserError
from hawx_hw.importing.onnx_files.reading import read
from tests.importing.onnx_files.models import SHAPE, compared, kinds, model, node, random, save

CONV = node("Conv", ["x", "w"], ["c"])
CONSTANTS = {
    "w": random(4, 3, 3, 3),
    "low": np.float32(-0.5),
    "high": np.float32(2),
    "slope": np.full((4, 1, 1), 0.3, np.float32),
    "false": np.array(False),
}
FUNCTIONS = {
    "Abs": {}, "Elu": {"alpha": 0.7}, "HardSigmoid": {}, "HardSwish": {},
    "LeakyRelu": {"alpha": 0.2}, "Neg": {}, "Selu": {}, "Sigmoid": {}, "Softplus": {}, "Tanh": {},
}  # fmt: skip


@pytest.mark.parametrize("op", FUNCTIONS)
def test_functions(tmp_path, op):
    made = model([CONV, node(op, ["c"], ["y"], **FUNCTIONS[op])], CONSTANTS)
    assert kinds(compared(tmp_path, made)) == ["Conv", "Activation"]


def test_functions_of_newer_opsets(tmp_path):
    for op, attributes in (("Gelu", {}), ("Gelu", {"approximate": "tanh"}), ("Mish", {})):
        made = model([CONV, node(op, ["c"], ["y"], **attributes)], CONSTANTS, opset=20)
        assert kinds(compared(tmp_path, made)) == ["Conv", "Activation"]


def test_one_slope_for_all_channels(tmp_path):
    made = model([CONV, node("PRelu", ["c", "slope"], ["y"])], CONSTANTS)
    network = compared(tmp_path, made)
    assert network.layers.layers[1].function == "leaky_relu"
    slopes = CONSTANTS | {"slope": np.float32([0.1, 0.2, 0.3, 0.4]).reshape(4, 1, 1)}
    made = model([CONV, node("PRelu", ["c", "slope"], ["y"], name="p")], slopes)
    with pytest.raises(UserError, match=r"'p'.*has 4 slopes that differ"):
        read(save(tmp_path, made), SHAPE)


@pytest.mark.parametrize(
    ("limits", "low", "high"),
    [(["low", "high"], -0.5, 2), (["low"], -0.5, np.inf), (["", "high"], -np.inf, 2)],
)
def test_clamps(tmp_path, limits, low, high):
    network = compared(tmp_path, model([CONV, node("Clip", ["c", *limits], ["y"])], CONSTANTS))
    (layer,) = network.layers.layers
    assert (layer.low, layer.high) == (low, high)


def test_clamps_of_old_opsets_and_by_maximum_and_minimum(tmp_path):
    made = model([CONV, node("Clip", ["c"], ["y"], min=-0.5, max=2.0)], CONSTANTS, opset=9)
    assert compared(tmp_path, made).layers.layers[0].high == 2
    nodes = [CONV, node("Max", ["c", "low"], ["m"]), node("Min", ["high", "m"], ["y"])]
    (layer,) = compared(tmp_path, model(nodes, CONSTANTS)).layers.layers
    assert (layer.low, layer.high) == (-0.5, 2)


def test_what_changes_no_value(tmp_path):
    nodes = [
        node("Cast", ["x"], ["a"], to=1), node("Identity", ["a"], ["b"]),
        node("Conv", ["b", "w"], ["c"]), node("Dropout", ["c", "", "false"], ["d"]),
        node("Clip", ["d"], ["y"]),
    ]  # fmt: skip
    assert kinds(compared(tmp_path, model(nodes, CONSTANTS))) == ["Conv"]


@pytest.mark.parametrize(
    ("last", "why"),
    [
        (node("Clip", ["c", "high", "low"], ["y"]), r"clamps to \[2.0, -0.5\]"),
        (node("Clip", ["c", "w"], ["y"]), "must have one number as its min"),
        (node("Cast", ["c"], ["y"], to=7), "casts a computed tensor to INT64"),
        (node("Dropout", ["c", "", "true"], ["y"]), "drops out outside of training"),
        (node("Max", ["c", "c"], ["y"]), "must combine a computed tensor and one number"),
        (node("LeakyRelu", ["c"], ["y"], alpha=float("nan")), "finite number as alpha"),
    ],
)
def test_refused(tmp_path, last, why):
    last.name = "last"
    constants = CONSTANTS | {"true": np.array(True)}
    with pytest.raises(UserError, match=rf"The node 'last' \(\w+\) .*{why}"):
        read(save(tmp_path, model([CONV, last], constants)), SHAPE)
