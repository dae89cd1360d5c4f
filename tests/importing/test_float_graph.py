"""Float layers, evaluated one by one and compared with sums written out."""

import weakref

import numpy as np
import pytest
import torch

from hawx_hw.importing.float_graph import (
    INPUT,
    FloatAdd,
    FloatAveragePool,
    FloatClamp,
    FloatConv,
    FloatFlatten,
    FloatGraph,
    FloatLayer,
    FloatLinear,
    FloatMaxPool,
    FloatNorm,
)

IMAGE = np.array([[1.0, -2.0, 3.0], [4.0, 5.0, -6.0], [7.0, 8.0, 9.0]])


def run(*layers):
    """The last output for the image above, as one channel; float64 numpy without the batch."""
    graph = FloatGraph((1, 3, 3), list(layers))
    *_, (name, value) = graph.evaluate(torch.from_numpy(IMAGE[None, None]))
    assert name == layers[-1].name
    assert value.dtype == torch.float64
    return value[0].numpy()


def common(name="layer", *inputs, **settings):
    return {
        "name": name,
        "label": name,
        "inputs": list(inputs or (INPUT,)),
        "shape": (),
        **settings,
    }


def test_a_convolution_with_padding_of_zeros_on_two_sides():
    layer = FloatConv(
        **common(), weight=np.array([[[[1.0, 10.0], [100.0, 1000.0]]]]), bias=np.array([0.5]),
        stride=(2, 1), padding=(1, 1, 0, 0),
    )  # fmt: skip
    # Rows -1 and 1 on top; columns -1, 0 and 1 to the left.
    assert run(layer).tolist() == [
        [
            [0.5 + 1000 * 1, 0.5 + 100 * 1 + 1000 * -2, 0.5 + 100 * -2 + 1000 * 3],
            [
                0.5 + 10 * 4 + 1000 * 7,
                0.5 + 4 + 10 * 5 + 100 * 7 + 1000 * 8,
                0.5 + 5 - 10 * 6 + 100 * 8 + 1000 * 9,
            ],
        ]
    ]


def test_a_linear_layer_of_a_flattened_map():
    flat = FloatFlatten(**common("flat"))
    layer = FloatLinear(
        **common("linear", "flat"), weight=np.eye(9)[[8, 1]] * 2, bias=np.array([1.0, -1.0])
    )
    assert run(flat, layer).tolist() == [2 * 9 + 1, 2 * -2 - 1]


def test_a_normalization_scales_each_channel():
    norm = FloatNorm(**common(), gain=np.array([2.0]), offset=np.array([-1.0]))
    np.testing.assert_array_equal(run(norm)[0], 2 * IMAGE - 1)


def test_padding_never_wins_the_maximum():
    image_of_negatives = FloatNorm(
        **common("negative"), gain=np.array([-1.0]), offset=np.array([-100.0])
    )
    layer = FloatMaxPool(
        **common("pool", "negative"), kernel=(2, 2), stride=(2, 2), padding=(1, 1, 0, 0)
    )
    assert run(image_of_negatives, layer)[0].tolist() == [[-101, -98], [-104, -94]]


def test_padding_counts_as_zero_in_an_average_over_its_divisor():
    layer = FloatAveragePool(
        **common(), kernel=(2, 2), stride=(2, 2), padding=(1, 1, 0, 0), divisor=8.0
    )
    assert run(layer)[0].tolist() == [[1 / 8, (-2 + 3) / 8], [(4 + 7) / 8, (5 - 6 + 8 + 9) / 8]]


def test_an_addition_of_a_tensor_to_itself_and_its_clamp():
    clamp = FloatClamp(**common("clamp", low=0.0))
    layer = FloatAdd(**common("sum", INPUT, "clamp", high=9.0))
    expected = np.minimum(IMAGE + np.maximum(IMAGE, 0), 9)
    np.testing.assert_array_equal(run(clamp, layer)[0], expected)


def test_an_unknown_layer_is_refused():
    class Strange(FloatLayer):
        pass

    with pytest.raises(TypeError, match="Float layers of type Strange cannot be evaluated"):
        run(Strange(**common()))


def test_outputs_are_dropped_after_their_last_reader():
    """Two short branches from one layer: it lives until the second has read it, and no longer."""
    graph = FloatGraph(
        (1, 3, 3),
        [
            FloatNorm(**common("a"), gain=np.array([2.0]), offset=np.array([0.0])),
            FloatNorm(**common("b", "a"), gain=np.array([2.0]), offset=np.array([0.0])),
            FloatNorm(**common("c", "a"), gain=np.array([3.0]), offset=np.array([0.0])),
            FloatAdd(**common("d", "b", "c")),
            FloatNorm(**common("e", "d"), gain=np.array([1.0]), offset=np.array([0.0])),
        ],
    )
    alive: dict[str, weakref.ref] = {}
    living = []
    for name, value in graph.evaluate(torch.from_numpy(IMAGE[None, None])):
        alive[name] = weakref.ref(value)
        del value
        living.append("".join(key for key, reference in alive.items() if reference() is not None))
    # When a layer is shown, what it has read is not dropped yet.
    assert living == ["a", "ab", "abc", "bcd", "de"]


def test_readers_and_layers_by_name():
    layers = [FloatClamp(**common("a")), FloatAdd(**common("b", "a", "a")), FloatAdd(**common("c"))]
    graph = FloatGraph((1, 3, 3), layers)
    assert graph.users("a") == [layers[1]]
    assert graph.users(INPUT) == [layers[0], layers[2]]
    assert graph.layer("b") is layers[1]
    assert graph.layer(INPUT) is None
