import re

import pytest
import torch
from torch import nn

from hawx_hw.networks.matching import matched, without_prefix


@pytest.fixture
def expected():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Linear(3, 4)).state_dict()


@pytest.mark.parametrize(
    ("names", "expected", "length"),
    [
        (["a.b", "c"], ["a.b", "c"], 0),
        (["module.a.b", "module.c"], ["a.b", "c"], 7),
        (["model.module.a", "model.module.b"], ["a", "b"], 13),
        # The network's own first name is not taken for a wrapper's.
        (["conv.weight", "conv.bias"], ["conv.weight", "conv.bias", "fc.weight"], 0),
        (["module.a", "b"], ["a", "b"], 0),
        (["x.a", "y.b"], ["a", "b"], 0),
        (["module.c"], ["a"], 0),
        ([], ["a"], 0),
    ],
)
def test_prefixes(names, expected, length):
    assert without_prefix(names, expected) == length


@pytest.mark.parametrize("prefix", ["", "module.", "_orig_mod.module."])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_wrapped_and_half_precision_weights(expected, prefix, dtype):
    stored = {
        prefix + name: value.to(dtype) if value.is_floating_point() else value
        for name, value in expected.items()
    }
    result = matched(expected, stored)
    assert result.keys() == expected.keys()
    for name, value in expected.items():
        assert result[name].dtype == value.dtype
        assert torch.equal(result[name], stored[prefix + name].to(value.dtype))


def test_counts_of_batches_may_be_missing(expected):
    stored = {name: value for name, value in expected.items() if "num_batches" not in name}
    assert matched(expected, stored)["1.num_batches_tracked"] == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: s.pop("0.weight"), "it lacks 0.weight"),
        (lambda s: s.update(extra=torch.ones(1)), "it has extra too"),
        (
            lambda s: [s.update({f"x{i}": s.pop(name)}) for i, name in enumerate(list(s))],
            "it lacks 0.weight, 0.bias, 1.weight and 5 more and it has x0, x1, x2 and 6 more too",
        ),
        (
            lambda s: s.update({"0.weight": torch.ones(2, 2, 3, 3), "2.bias": torch.ones(5)}),
            "0.weight is of shape (2, 2, 3, 3), not (2, 1, 3, 3); 2.bias is of shape (5,), not "
            "(4,)",
        ),
        (lambda s: s.update({"2.bias": torch.ones(4).double()}), "2.bias is torch.float64, not"),
        (lambda s: s.update({"2.bias": torch.ones(4).long()}), "2.bias is torch.int64, not"),
        (
            lambda s: s.update({"2.bias": torch.full((4,), torch.nan)}),
            "2.bias holds numbers that are not finite",
        ),
    ],
)
def test_what_does_not_fit(expected, change, message):
    stored = dict(expected)
    change(stored)
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        matched(expected, stored)


def test_shapes_are_compared_before_numbers_are_read(expected):
    """A tensor of a few bytes can have the shape of terabytes."""
    stored = dict(expected) | {"2.bias": torch.ones(1).expand(10**13)}
    with pytest.raises(ValueError, match=r"2\.bias is of shape"):
        matched(expected, stored)
