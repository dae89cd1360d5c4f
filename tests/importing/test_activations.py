"""Functions of one value, against their formulas written out."""

import math

import pytest
import torch

from hawx_hw.importing.activations import FUNCTIONS, apply


def softplus(x):
    return math.log1p(math.exp(x))


FORMULAS = {
    "abs": abs,
    "elu": lambda x, alpha=0.7: x if x > 0 else alpha * (math.exp(x) - 1),
    "gelu": lambda x: x * (1 + math.erf(x / math.sqrt(2))) / 2,
    "gelu_tanh": lambda x: x * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))) / 2,
    "hardsigmoid": lambda x, a=0.2, b=0.5: min(max(a * x + b, 0), 1),
    "hardswish": lambda x: x * min(max(x / 6 + 0.5, 0), 1),
    "leaky_relu": lambda x, slope=0.1: x if x > 0 else slope * x,
    "mish": lambda x: x * math.tanh(softplus(x)),
    "neg": lambda x: -x,
    "selu": lambda x: 1.0507009873554805 * (x if x > 0 else 1.6732632423543772 * math.expm1(x)),
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
    "silu": lambda x: x / (1 + math.exp(-x)),
    "softplus": softplus,
    "tanh": math.tanh,
}
PARAMETERS = {"elu": (0.7,), "hardsigmoid": (0.2, 0.5), "leaky_relu": (0.1,)}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_formula(function):
    values = [-7.5, -3.0, -1.0, -0.1, 0.0, 0.2, 1.0, 2.9, 6.5]
    x = torch.tensor(values, dtype=torch.float64)
    result = apply(function, x, PARAMETERS.get(function, ()))
    assert result.tolist() == pytest.approx([FORMULAS[function](v) for v in values], abs=1e-12)
