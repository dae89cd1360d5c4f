"""One operation of a traced network, and its arguments."""

import pytest

from hawx_hw.errors import UserError
from hawx_hw.importing.modules.site import Site, TensorArgument

X = TensorArgument("x", (3, 4, 4))


def site(*arguments, **keywords):
    return Site(
        name="op_1", label="op.1", kind="call_function", target=max, arguments=arguments,
        keywords=keywords, shape=(3, 2, 2), shared=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    "given",
    [
        site(X, 2, 3),
        site(X, 2, stride=3),
        site(input=X, size=2, stride=3),
    ],
)
def test_arguments_are_bound_by_position_and_name(given):
    assert given.bind("input", "size", "stride", stride=1) == {"input": X, "size": 2, "stride": 3}


def test_defaults_stand_for_what_is_left_out():
    assert site(X).bind("input", "size", size=7) == {"input": X, "size": 7}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (site(X, 1, 2), "The layer 'op.1' has more arguments than input, size."),
        (
            site(X, size=1, other=2),
            "The layer 'op.1' has an argument 'other' without an integer counterpart.",
        ),
        (site(X), "The layer 'op.1' lacks its argument 'size'."),
    ],
)
def test_arguments_that_do_not_fit_are_refused(given, message):
    with pytest.raises(UserError) as caught:
        given.bind("input", "size")
    assert caught.value.what == message
    assert caught.value.where == "network.model"


def test_a_tensor_must_be_computed_by_the_network():
    assert site().tensor(X) is X
    with pytest.raises(UserError, match=r"must read computed tensors only, not 1\.5"):
        site().tensor(1.5)


def test_what_every_layer_has():
    assert site().common(X, TensorArgument("y", (1,))) == {
        "name": "op_1",
        "label": "op.1",
        "inputs": ["x", "y"],
        "shape": (3, 2, 2),
    }
