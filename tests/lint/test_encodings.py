"""Text files are UTF-8 in every locale: no call leaves the encoding to the system.

Ruff's PLW1514 knows this only of names of which it sees the type; this test knows the methods.
"""

from __future__ import annotations

import ast

import pytest

from tests.lint.check_words import ROOT, tracked_files

#: Methods of a path, with the position of the encoding among their arguments.
METHODS = {"read_text": 0, "write_text": 1}


def unspecified(source: str) -> list[int]:
    """The lines with calls that read or write text without an encoding."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in METHODS
        and len(node.args) <= METHODS[node.func.attr]
        and all(keyword.arg != "encoding" for keyword in node.keywords)
    ]


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("path.read_text()", [1]),
        ("a.b(c).read_text(errors='replace')", [1]),
        ("path.write_text(text)", [1]),
        ("path.read_text('utf-8')", []),
        ("path.write_text(text, encoding='utf-8')", []),
        ("write_text(path, text)", []),
    ],
)
def test_the_rule(call: str, expected: list[int]) -> None:
    assert unspecified(call) == expected


def test_every_text_file_has_an_encoding() -> None:
    files = [path for path in tracked_files() if path.endswith(".py")]
    assert len(files) > 300
    calls = [
        f"{path}:{line}"
        for path in files
        if not path.startswith("tests/")
        for line in unspecified((ROOT / path).read_text("utf-8"))
    ]
    assert calls == []
