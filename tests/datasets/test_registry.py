import pytest

from hawx_hw import datasets
from hawx_hw.errors import UserError


def test_names():
    assert datasets.NAMES == ("cifar10", "digits", "mnist")


def test_unknown_name():
    with pytest.raises(UserError) as caught:
        datasets.load("digit")
    assert str(caught.value) == (
        "Unknown dataset 'digit'. Use one of cifar10, digits, mnist, or the path of an .npz file "
        "with x and y."
    )
