import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawx_hw.importing.names import Names


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("conv1", "conv1"),
        ("/layer1/0/conv/Conv", "layer1_0_conv_Conv"),
        ("model.features.3", "model_features_3"),
        ("7", "relu_7"),
        ("", "relu"),
        ("//", "relu"),
        ("x" * 99, "x" * 60),
    ],
)
def test_name(label, name):
    assert Names().add(label, "relu") == name


def test_names_differ_in_more_than_case():
    names = Names("input")
    given = [names.add(label) for label in ("Input", "a/b", "a.b", "A_B", "a_b_2")]
    assert given == ["Input_2", "a_b", "a_b_2", "A_B_3", "a_b_2_2"]


@given(st.lists(st.text(max_size=8), max_size=12))
def test_any_labels(labels):
    names = Names("input")
    given = [names.add(label) for label in labels]
    assert len({name.lower() for name in given}) == len(given)
    assert all(name.isidentifier() and name.isascii() and name[0].isalpha() for name in given)
