import numpy as np

from hawx_hw.importing.float_graph import (
    FloatActivation,
    FloatConv,
    FloatFlatten,
    FloatGraph,
    FloatLinear,
)
from hawx_hw.importing.summary import LayerSummary, summarize


def conv(name, source, weight, groups=1):
    return FloatConv(
        name=name, label=f"net/{name}", inputs=[source], shape=(len(weight), 4, 5), weight=weight,
        bias=np.zeros(len(weight)), stride=(1, 1), padding=(0, 0, 0, 0), groups=groups, low=0.0,
    )  # fmt: skip


def test_layers():
    graph = FloatGraph(
        (4, 6, 7),
        [
            conv("a", "input", np.ones((6, 4, 3, 3))),
            conv("b", "a", np.ones((6, 1, 3, 3)), groups=6),
            conv("c", "b", np.ones((6, 3, 1, 1)), groups=2),
            FloatActivation(
                name="d", label="d", inputs=["c"], shape=(6, 4, 5), function="tanh", high=0.5
            ),
            FloatFlatten(name="e", label="e", inputs=["d"], shape=(120,)),
            FloatLinear(
                name="f", label="f", inputs=["e"], shape=(7,), weight=np.ones((7, 120)),
                bias=np.zeros(7),
            ),
        ],
    )  # fmt: skip
    layers = list(summarize(graph))
    assert layers[0] == LayerSummary(
        "a", "conv", "net/a", ("input",), (6, 4, 5), 6 * 4 * 9 * 20, 6 * 4 * 9 + 6, 0.0, None
    )
    assert [layer.kind for layer in layers] == [
        "conv", "depthwise conv", "conv, 2 groups", "tanh", "flatten", "linear",
    ]  # fmt: skip
    assert [layer.macs for layer in layers[1:]] == [6 * 9 * 20, 6 * 3 * 20, 0, 0, 840]
    assert (layers[3].low, layers[3].high) == (None, 0.5)
    assert layers[5].as_dict()["parameters"] == 847
