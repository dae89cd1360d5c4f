"""The section network.reading: its values, and messages with their places."""

from __future__ import annotations

from pathlib import Path

import pytest

from hawx_hw.errors import UserError
from tests.config.texts import HEAD, load


def with_reading(text: str) -> str:
    return f"{HEAD.rstrip()[:-1]}, reading: {text}}}\n"


def test_values(tmp_path: Path) -> None:
    reading = load(
        tmp_path,
        with_reading(
            "{images: a, labels: b, layout: NHWC, shape: [3, 32, 32], range: [-1, 1.5], "
            "numbering: in_order}"
        ),
    ).network.reading
    assert reading is not None
    assert (reading.images, reading.labels, reading.layout) == ("a", "b", "NHWC")
    assert (reading.shape, reading.range, reading.numbering) == ([3, 32, 32], [-1, 1.5], "in_order")
    assert load(tmp_path, HEAD).network.reading is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{layout: HWCN}", "network.reading.layout: must be 'NCHW' or 'NHWC', not 'HWCN'."),
        ("{shape: [9]}", "network.reading.shape: must have at least 2 items"),
        ("{shape: [9, 0]}", "network.reading.shape.1: must be greater than or equal to 1"),
        ("{range: [1, 1]}", "network.reading.range: Both ends of the range are 1. Write the"),
        ("{range: [0, .inf]}", "network.reading.range.1: must be a finite number"),
        ("{numbering: one}", "network.reading.numbering: must be 'from_zero', 'from_one' or "),
        ("{labels: ''}", "network.reading.labels: must have at least 1 character"),
        ("{layot: NCHW}", "network.reading.layot: There is no such key. Did you mean layout?"),
    ],
)
def test_messages(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UserError) as caught:
        load(tmp_path, with_reading(text))
    assert message in str(caught.value)
