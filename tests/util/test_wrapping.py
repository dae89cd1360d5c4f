"""Where lines of text break."""

from __future__ import annotations

import io
import os

import pytest

from hawx_hw.util.wrapping import text_width, wrapped

TEXT = "It takes 43.2 % less energy in 8 x 8 PEs at 500 MHz: at most 0.5 of about 1,200 images."


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("width", range(20, 90))
def test_numbers_stay_beside_their_units(width: int) -> None:
    lines = wrapped(TEXT, width)
    assert " ".join(lines) == TEXT
    assert all(len(line) <= width for line in lines)
    for together in ("43.2 %", "8 x 8", "500 MHz", "most 0.5", "about 1,200 images"):
        # Where there is room for it at all.
        assert len(together) + 1 > width or any(together in line for line in lines), together


def test_what_is_longer_than_a_line_is_not_broken() -> None:
    path = "build/" + "x" * 50 + "-y/report.html"
    assert wrapped(f"files {path}, b", 20) == ["files", f"{path},", "b"]


def test_indentation_counts() -> None:
    lines = wrapped("one two three four", 12, indent=4)
    assert lines == ["    one two", "    three", "    four"]
    assert wrapped("", 12) == [""]


@pytest.mark.parametrize(("columns", "width"), [(20, 40), (64, 64), (300, 100)])
def test_a_line_is_as_wide_as_the_terminal_within_reason(
    columns: int, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.get_terminal_size", lambda fallback: os.terminal_size((columns, 9)))
    assert text_width(Terminal()) == width
    assert text_width(io.StringIO()) == 80
