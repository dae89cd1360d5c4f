import numpy as np

from hawx_hw.importing.correspondence import Correspondence
from hawx_hw.importing.float_graph import (
    FloatClamp,
    FloatConv,
    FloatGraph,
    FloatMaxPool,
    FloatNorm,
)
from hawx_hw.importing.fusion import fuse

WINDOW = {"kernel": (2, 2), "stride": (2, 2), "padding": (0, 0, 0, 0)}


def conv(name, source):
    return FloatConv(
        name=name, label=name, inputs=[source], shape=(2, 4, 4), weight=np.ones((2, 2, 1, 1)),
        bias=np.zeros(2), stride=(1, 1), padding=(0, 0, 0, 0),
    )  # fmt: skip


def after(*layers):
    """Correspondence where each layer's tensor in the file is called as the layer in capitals."""
    graph = FloatGraph((2, 4, 4), list(layers))
    before = Correspondence(graph)
    tensors = [(layer.name, layer.name.upper()) for layer in layers]
    fuse(graph)
    return before.after(graph, tensors)


def test_unchanged():
    assert after(conv("a", "input"), conv("b", "a")) == {"a": "A", "b": "B"}


def test_folded_layers_give_their_tensor_to_the_layer_before():
    norm = FloatNorm(
        name="norm", label="norm", inputs=["a"], shape=(2, 4, 4), gain=np.ones(2), offset=np.ones(2)
    )
    relu = FloatClamp(name="relu", label="relu", inputs=["norm"], shape=(2, 4, 4), low=0.0)
    assert after(conv("a", "input"), norm, relu, conv("b", "relu")) == {"a": "RELU", "b": "B"}


def test_clamp_that_passes_a_pooling():
    """The convolution clamps now, as no tensor of the file is clamped before the pooling."""
    pool = FloatMaxPool(name="pool", label="pool", inputs=["a"], shape=(2, 2, 2), **WINDOW)
    relu = FloatClamp(name="relu", label="relu", inputs=["pool"], shape=(2, 2, 2), low=0.0)
    assert after(conv("a", "input"), pool, relu) == {"pool": "RELU"}
