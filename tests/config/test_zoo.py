import re

import pytest

from hawx_hw.config.zoo import ZOO, Choice, Number, complete


def test_defaults_are_values_that_options_may_have():
    for options in ZOO.values():
        for option in options.values():
            assert option.accepts(option.default)


def test_what_is_left_out_has_its_default():
    assert complete("resnet20", {"width": 8}) == {"width": 8, "shortcut": "pad"}
    assert complete("lenet5", {}) == {}


@pytest.mark.parametrize(
    ("model", "options", "message"),
    [
        ("lenet5", {"width": 8}, "lenet5 has no option 'width': it has no options."),
        ("resnet8", {"depth": 8}, "resnet8 has no option 'depth': it has width, shortcut."),
        (
            "resnet8",
            {"width": 0},
            "width of resnet8 must be a whole number from 1 to 512, not 0.",
        ),
        (
            "resnet8",
            {"width": "16"},
            "width of resnet8 must be a whole number from 1 to 512, not '16'.",
        ),
        (
            "resnet20",
            {"shortcut": "A"},
            "shortcut of resnet20 must be one of pad, conv, not 'A'.",
        ),
    ],
)
def test_refused(model, options, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        complete(model, options)


@pytest.mark.parametrize("value", [True, 1.0, None, [], "1"])
def test_a_number_is_a_whole_number(value):
    assert not Number("", 1, 1, 5).accepts(value)


@pytest.mark.parametrize("value", [1, None, ["a"], "c"])
def test_a_choice_is_one_of_its_words(value):
    assert not Choice("", "a", ("a", "b")).accepts(value)
