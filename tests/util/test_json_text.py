from __future__ import annotations

import pytest

from hawx_hw.util.json_text import JsonError, read_json


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("[1, 2.5, true, null]", [1, 2.5, True, None]),
        (b'{"\xc3\xa4": {}}', {"ä": {}}),
        ("[" * 99 + "]" * 99, None),
        ("3", 3),
    ],
)
def test_json(text: str | bytes, value: object) -> None:
    content = read_json(text)
    assert value is None or content == value


@pytest.mark.parametrize("depth", [101, 900, 5_000, 100_000])
@pytest.mark.parametrize(("left", "right"), [("[", "]"), ('{"a":', "}")])
def test_what_is_nested_too_deeply(depth: int, left: str, right: str) -> None:
    text = left * depth + "1" + right * depth
    with pytest.raises(JsonError, match="nested too deeply"):
        read_json(text)


@pytest.mark.parametrize("text", ['{"a": 1, "b": 2, "b": 2}', '[{"a": {"b": 1, "b": 2}}]'])
def test_a_key_that_stands_twice(text: str) -> None:
    with pytest.raises(JsonError, match="the key 'b' stands twice in one object"):
        read_json(text)


@pytest.mark.parametrize("text", ['"\\ud800"', b'{"\\uDC00": 1}'])
def test_half_of_a_character(text: str | bytes) -> None:
    with pytest.raises(JsonError, match="surrogates not allowed"):
        read_json(text)
    assert read_json('"\\ud83d\\ude00"') == "\U0001f600"


@pytest.mark.parametrize("text", ["", "{", "[1,]", b"\xff\xfe", '"\\ud8', "9" * 5_000, "\x00"])
def test_what_is_no_json(text: str | bytes) -> None:
    with pytest.raises(JsonError):
        read_json(text)
