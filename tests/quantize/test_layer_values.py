import numpy as np

from hawx_hw.graph.graph import CODE_MIN
from hawx_hw.importing.encoding import Encoding
from hawx_hw.importing.float_graph import INPUT, FloatClamp, FloatFlatten, FloatGraph
from hawx_hw.importing.network import ImportedNetwork
from hawx_hw.quantize.layer_values import differences

IMAGE = np.arange(12, dtype=np.uint8).reshape(1, 3, 4)


def network(encodings):
    clamp = FloatClamp(name="clamp", label="c", inputs=[INPUT], shape=(1, 3, 4), high=8 / 255)
    flat = FloatFlatten(name="flat", label="f", inputs=["clamp"], shape=(12,))
    return ImportedNetwork(FloatGraph((1, 3, 4), [clamp, flat], encodings=encodings))


def test_floating_point():
    expected = np.minimum(IMAGE, 8) / 255
    wrong = expected.copy()
    wrong[0, 0, :2] += 4 / 255
    source = {"clamp": expected, "flat": wrong.ravel()}
    clamp, flat = differences(network({}), IMAGE, source)
    assert (clamp.layer, flat.layer) == ("clamp", "flat")
    assert clamp.largest < 1e-6
    assert clamp.share == 0
    assert abs(flat.largest - 0.5) < 1e-6  # of the largest value
    assert abs(flat.share - 2 / 12) < 1e-9


def test_integers():
    encodings = {INPUT: Encoding(1 / 255, CODE_MIN), "clamp": Encoding(2 / 255, CODE_MIN)}
    codes = np.floor(np.minimum(IMAGE, 8) / 2 + 0.5)
    wrong = codes.copy()
    wrong[0, 2, 3] -= 3
    (clamp,) = differences(network(encodings), IMAGE, {"clamp": wrong * 2 / 255})
    assert abs(clamp.largest - 3) < 1e-9
    assert abs(clamp.share - 1 / 12) < 1e-9
    (clamp,) = differences(network(encodings), IMAGE, {"clamp": codes * 2 / 255})
    assert clamp.share == 0
