import math

import numpy as np
import pytest

from hawx_hw.errors import UserError
from hawx_hw.importing.onnx_files.reading import read
from tests.importing.onnx_files.models import SHAPE, compared, model, node, random, save

CONV = node("Conv", ["x", "w"], ["c"])
CONSTANTS = {
    "w": random(4, 3, 3, 3),
    **{f"k{value}": np.float32(value) for value in (0, 0.5, 1, 3, 6)},
    "root": np.float32(math.sqrt(2)),
}


def functions(network):
    return [getattr(layer, "function", None) for layer in network.layers.layers]


GATES = {
    "silu": [node("Sigmoid", ["c"], ["s"]), node("Mul", ["s", "c"], ["y"])],
    "hardswish": [
        node("HardSigmoid", ["c"], ["s"], alpha=1 / 6), node("Mul", ["c", "s"], ["y"]),
    ],
    "mish": [
        node("Softplus", ["c"], ["p"]), node("Tanh", ["p"], ["t"]), node("Mul", ["c", "t"], ["y"]),
    ],
    "gelu": [
        node("Div", ["c", "root"], ["d"]), node("Erf", ["d"], ["e"]),
        node("Add", ["e", "k1"], ["a"]), node("Mul", ["c", "a"], ["m"]),
        node("Mul", ["m", "k0.5"], ["y"]),
    ],
}  # fmt: skip
HARDSWISH = [
    node("Add", ["c", "k3"], ["a"]), node("Clip", ["a", "k0", "k6"], ["l"]),
    node("Div", ["l", "k6"], ["d"]), node("Mul", ["c", "d"], ["y"]),
]  # fmt: skip
HALF_FIRST = [
    node("Mul", ["c", "k0.5"], ["h"]), *GATES["gelu"][:3], node("Mul", ["h", "a"], ["y"]),
]  # fmt: skip


@pytest.mark.parametrize("name", GATES)
def test_each_is_one_function(tmp_path, name):
    network = compared(tmp_path, model([CONV, *GATES[name]], CONSTANTS))
    assert functions(network) == [None, name]


def test_other_ways_to_write_them(tmp_path):
    network = compared(tmp_path, model([CONV, *HARDSWISH], CONSTANTS))
    assert functions(network) == [None, "hardswish"]
    network = compared(tmp_path, model([CONV, *HALF_FIRST], CONSTANTS))
    assert functions(network) == [None, "gelu"]


@pytest.mark.parametrize(
    "nodes",
    [
        [node("Sigmoid", ["c"], ["s"]), node("Mul", ["s", "x2"], ["y"])],
        [node("HardSigmoid", ["c"], ["s"], alpha=0.2), node("Mul", ["c", "s"], ["y"])],
        [node("Tanh", ["c"], ["s"]), node("Mul", ["c", "s"], ["y"])],
        [node("Sigmoid", ["c"], ["s"]), node("Add", ["s", "k1"], ["a"]),
         node("Mul", ["c", "a"], ["y"])],
        [node("Erf", ["c"], ["e"]), node("Add", ["e", "k1"], ["a"]),
         node("Mul", ["c", "a"], ["y"])],
        [node("Clip", ["c", "k0", "k6"], ["l"]), node("Mul", ["c", "l"], ["y"])],
    ],
)  # fmt: skip
def test_products_that_are_none_of_them(tmp_path, nodes):
    second = node("Conv", ["x", "w"], ["x2"])
    with pytest.raises(UserError, match="multiplies two computed tensors"):
        read(save(tmp_path, model([CONV, second, *nodes], CONSTANTS)), SHAPE)


def test_the_error_function_alone(tmp_path):
    made = model([CONV, node("Erf", ["c"], ["y"], name="alone")], CONSTANTS)
    with pytest.raises(UserError, match=r"'alone'.*Erf"):
        read(save(tmp_path, made), SHAPE)
