import io

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from hawx_hw.util.damage import DAMAGED, first_line


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ValueError("one\ntwo"), "one"),
        (KeyError("x"), "'x'"),
        (EOFError(), "EOFError"),
        (MemoryError("a" * 999), "a" * 300),
    ],
)
def test_first_line(error: Exception, text: str) -> None:
    assert first_line(error) == text


def test_first_line_of_a_wrong_type() -> None:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(dict[str, int]).validate_python({"a": "b"}, strict=True)
    assert first_line(caught.value) == "a: Input should be a valid integer"
    assert isinstance(caught.value, DAMAGED)


def test_damaged_archives_raise_nothing_else() -> None:
    stream = io.BytesIO()
    np.savez_compressed(stream, x=np.arange(99))
    whole = stream.getvalue()
    rng = np.random.default_rng(1)
    refused = 0
    for _ in range(300):
        content = bytearray(whole)
        content[int(rng.integers(len(whole)))] ^= 1 << int(rng.integers(8))
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as file:
                file["x"].sum()
        except DAMAGED:
            refused += 1
    assert refused > 100
