"""Rules against a weight-by-weight reading of them; what does not fit is refused by its key."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest

from hawx_hw.assignment import assign
from hawx_hw.config.blocks import BlocksConfig
from hawx_hw.errors import UserError
from hawx_hw.graph.graph import (
    Conv2d,
    Flatten,
    Graph,
    Linear,
    MaxPool2d,
    Requantization,
    Tensor,
)

NAMES = ["exact", "drum(k=4)", "array(ha=1,hb=0,v=4)", "precision(w=5,a=8)"]


def graph() -> Graph:
    rng = np.random.default_rng(3)

    def rule(filters: int) -> Requantization:
        return Requantization(np.full(filters, 300), 16, 0, 0, 127)

    def weight(*shape: int) -> np.ndarray:
        return rng.integers(-127, 128, shape).astype(np.int8)

    conv = Conv2d("conv", ("x",), weight(6, 2, 3, 3), np.zeros(6, np.int32), rule(6))
    pool = MaxPool2d("pool", ("conv",), (2, 2), (2, 2))
    flat = Flatten("flat", ("pool",))
    fc = Linear("fc", ("flat",), weight(5, 24), np.zeros(5, np.int32), rule(5))
    head = Linear("head", ("fc",), weight(3, 5), np.zeros(3, np.int32), rule(3))
    shapes = {"x": (2, 6, 6), "conv": (6, 4, 4), "pool": (6, 2, 2), "flat": (24,), "fc": (5,)}
    tensors = {name: Tensor(shape, 1.0, 0) for name, shape in (shapes | {"head": (3,)}).items()}
    return Graph("small", "x", (conv, pool, flat, fc, head), tensors)


KERNELS = {"conv": (6, 2, 3, 3), "fc": (5, 6, 2, 2), "head": (3, 5, 1, 1)}


def names_of(layers: dict[str, Any], default: str = "exact") -> dict[str, np.ndarray]:
    """The block of each weight by its name, in kernels."""
    rules = BlocksConfig.model_validate({"default": default, "layers": layers})
    result = assign(graph(), rules)
    names = {}
    for layer, kernel in KERNELS.items():
        names[layer] = np.full(kernel, "exact", dtype=object)
        if layer in result:
            table = np.array([block.name for block in result[layer].blocks], dtype=object)
            names[layer] = table[result[layer].choice].reshape(kernel)
    return names


def read_slowly(rules: list[dict[str, Any]], kernel: tuple[int, ...]) -> dict[tuple, str | None]:
    """The block of each weight by the documented rules, one weight at a time."""
    result: dict[tuple, str | None] = dict.fromkeys(itertools.product(*map(range, kernel)))
    axes = ("filters", "input_channels", "kernel_rows", "kernel_columns")
    for rule in rules:
        fits = [w for w in result if all(w[i] in rule.get(axis, w) for i, axis in enumerate(axes))]
        if "share" in rule:
            count = math.floor(rule["share"] * kernel[0] + 0.5)
            waiting = sorted({w[0] for w in fits if result[w] is None})[:count]
            fits = [w for w in fits if w[0] in waiting]
        for w in fits:
            result[w] = result[w] or rule["block"]
    return result


def test_random_rules() -> None:
    rng = np.random.default_rng(8)
    compared = refused = 0
    for _ in range(300):
        layer = str(rng.choice(list(KERNELS)))
        kernel = KERNELS[layer]
        rules: list[dict[str, Any]] = []
        for _ in range(rng.integers(0, 4)):
            rule: dict[str, Any] = {"block": str(rng.choice(NAMES))}
            if rng.random() < 0.4:
                rule["share"] = float(rng.uniform(0.1, 1))
            axes = ("filters", "input_channels", "kernel_rows", "kernel_columns")
            for axis, size in zip(axes, kernel):
                if rng.random() < 0.4 and not (axis == "filters" and "share" in rule):
                    some = rng.choice(size, rng.integers(1, size + 1), replace=False)
                    rule[axis] = [int(k) for k in some]
            rules.append(rule)
        if rng.random() < 0.8 or not rules:
            rules.append({"block": str(rng.choice(NAMES))})
        expected = read_slowly(rules, kernel)
        used = [read_slowly(rules[:n], kernel) for n in range(len(rules) + 1)]
        idle = any(before == after for before, after in itertools.pairwise(used))
        if idle or None in expected.values():
            with pytest.raises(UserError):
                names_of({layer: rules})
            refused += 1
            continue
        result = names_of({layer: rules})[layer]
        assert {w: result[w] for w in expected} == expected
        compared += 1
    assert compared > 100
    assert refused > 30


def test_default_and_a_block_for_a_layer() -> None:
    result = names_of({"fc": "drum(k=4)"}, default="array(1, 0, 4)")
    assert set(result["conv"].flat) == set(result["head"].flat) == {"array(ha=1,hb=0,v=4)"}
    assert set(result["fc"].flat) == {"drum(k=4)"}


def test_exact_layers_are_left_out() -> None:
    rules = BlocksConfig.model_validate({"layers": {"fc": "precision(8,8)", "head": "drum(k=4)"}})
    assert set(assign(graph(), rules)) == {"head"}
    assert assign(graph(), BlocksConfig()) == {}


def test_a_flattened_map_keeps_its_channels_rows_and_columns() -> None:
    rules = [{"block": "drum(k=4)", "input_channels": 1, "kernel_rows": 0}, {"block": "exact"}]
    layer = assign(graph(), BlocksConfig.model_validate({"layers": {"fc": rules}}))["fc"]
    drum = [block.name for block in layer.blocks].index("drum(k=4)")
    # Channel 1 of maps of 2 x 2 is codes 4 to 7, its row 0 the first two of them.
    assert np.flatnonzero(layer.choice[2] == drum).tolist() == [4, 5]


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        (
            {"conf": "exact"},
            "blocks.layers.conf: The network has no layer conf. Did you mean conv? Layers with "
            "weights: conv, fc, head.",
        ),
        ({"pool": "exact"}, "blocks.layers.pool: pool is a MaxPool2d, which has no weights."),
        (
            {"conv": [{"block": "exact", "filters": "3-6"}, {"block": "exact"}]},
            "blocks.layers.conv.0.filters: There is no filter 6: the layer has 6. Name them from "
            "0 to 5.",
        ),
        (
            {"fc": [{"block": "exact", "input_channels": 6}, {"block": "exact"}]},
            "blocks.layers.fc.0.input_channels: There is no input channel 6: the layer has 6.",
        ),
        (
            {"head": [{"block": "exact", "kernel_rows": [0, 1]}]},
            "blocks.layers.head.0.kernel_rows: There is no kernel row 1: the layer has 1.",
        ),
        (
            {"conv": [{"block": "exact", "filters": "0,2-5"}]},
            "blocks.layers.conv: No rule matches 18 of the layer's 108 weights; the first is that "
            "of filter 1, input channel 0, kernel row 0, kernel column 0.",
        ),
        (
            {"conv": [{"block": "exact"}, {"block": "drum(k=4)", "filters": 1}]},
            "blocks.layers.conv.1: No weight is left for this rule.",
        ),
        (
            {"head": [{"block": "exact", "share": 0.1}, {"block": "exact"}]},
            "blocks.layers.head.0.share: This share of 3 filters is none. Give at least 0.167,",
        ),
    ],
)
def test_refused(layers: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError) as caught:
        assign(graph(), BlocksConfig.model_validate({"layers": layers}))
    assert message in str(caught.value)


def test_a_block_that_is_gone() -> None:
    rules = BlocksConfig.model_construct(default="drumm", layers={})
    with pytest.raises(UserError, match=r"blocks\.default: Unknown block 'drumm'"):
        assign(graph(), rules)
