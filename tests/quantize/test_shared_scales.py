"""Sets of tensors of one scale, for graphs written out."""

from hawx_hw.importing.float_graph import (
    INPUT,
    FloatAdd,
    FloatClamp,
    FloatConcat,
    FloatFlatten,
    FloatGraph,
    FloatMaxPool,
)
from hawx_hw.quantize.shared_scales import SharedScales


def add(name, *inputs):
    return FloatAdd(name=name, label=name, inputs=list(inputs), shape=())


def concat(name, *inputs):
    return FloatConcat(name=name, label=name, inputs=list(inputs), shape=())


def flat(name, source):
    return FloatFlatten(name=name, label=name, inputs=[source], shape=())


def pool(name, source):
    sizes = {"kernel": (1, 1), "stride": (1, 1), "padding": (0, 0, 0, 0)}
    return FloatMaxPool(name=name, label=name, inputs=[source], shape=(), **sizes)


def scales(*layers, prescribed=(INPUT,)):
    return SharedScales(FloatGraph((1, 1, 1), list(layers)), prescribed)


def sets(result):
    """The tensors of each set, whatever it is called."""
    by_set = {}
    for name, each in result.of_tensor.items():
        by_set.setdefault(each, set()).add(name)
    return sorted(map(sorted, by_set.values()))


def test_what_does_not_requantize_has_the_scale_of_its_input():
    clamp = FloatClamp(name="d", label="d", inputs=["c"], shape=())
    result = scales(pool("p", INPUT), add("a", "p", "p"), pool("b", "a"), flat("c", "b"), clamp)
    assert sets(result) == [["a", "b", "c", "d"], [INPUT, "p"]]
    assert result.of_tensor["p"] == INPUT
    assert result.free == ["a"]
    assert result.measured == {"a": "a"}


def test_concatenated_tensors_have_one_scale():
    result = scales(
        add("a", INPUT, INPUT), add("b", "a", "a"), pool("p", "b"), concat("c", "a", "p", "a"),
        add("d", "c", "c"), concat("e", "c", "d"),
    )  # fmt: skip
    assert sets(result) == [["a", "b", "c", "d", "e", "p"], [INPUT]]
    (own,) = result.free
    assert result.measured == {"a": own, "b": own, "d": own}


def test_a_prescribed_tensor_stays_out_of_a_concatenation_of_others():
    result = scales(add("a", INPUT, INPUT), concat("c", INPUT, "a"), concat("d", INPUT, INPUT))
    assert sets(result) == [["a", "c"], ["d", INPUT]]
    # The values of the input must fit the scale of the concatenation, too.
    (own,) = result.free
    assert result.measured == {"a": own, "c": own}


def test_prescribed_tensors_have_their_own():
    result = scales(
        add("a", INPUT, INPUT), pool("p", "a"), concat("c", "a", "p"), flat("f", "c"),
        prescribed=(INPUT, "a", "p", "c"),
    )  # fmt: skip
    assert sets(result) == [["a"], ["c", "f"], [INPUT], ["p"]]
    assert result.of_tensor["f"] == "c"
    assert result.free == []
    assert result.measured == {}


def test_a_concatenation_of_prescribed_tensors_has_a_scale_of_its_own():
    result = scales(
        add("a", INPUT, INPUT), add("b", INPUT, INPUT), concat("c", "a", "b"),
        prescribed=(INPUT, "a", "b"),
    )  # fmt: skip
    assert result.free == ["c"]
    assert result.measured == {"c": "c"}
