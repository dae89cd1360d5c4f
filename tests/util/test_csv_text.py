"""CSV files: records by name, and what is no table."""

from __future__ import annotations

import pytest

from hawx_hw.util.csv_text import read_records


def test_records() -> None:
    text = 'a,b\n1,"x, ""y"""\n\n2,é\n'
    assert read_records(text) == [{"a": "1", "b": 'x, "y"'}, {"a": "2", "b": "é"}]
    assert read_records("") == read_records("a,b\n") == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n3\n", r"^record 1 has not 2 fields, as there are names$"),
        ("a,b\n1,2,3\n", r"record 0 has not 2 fields"),
        ("a,b,a\n1,2,3\n", r"the name 'a' stands twice"),
        ('a,b\n1,"2\n', r"line 2: unexpected end of data"),
        ('a,b\n"1"x,2\n', r"line 2: ',' expected after '\"'"),
        pytest.param(f"a,b\n1,{'2' * 200_000}\n", r"line 2: field larger", id="large"),
    ],
)
def test_what_is_no_table(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_records(text)
