"""The checker of words finds what it lists, where it lists it, and nothing else."""

from __future__ import annotations

import pytest

from tests.lint.check_words import ALLOWED, PROSE, ROOT, Problem, check, tracked_files


def words(path: str, text: str) -> list[tuple[int, str]]:
    return [(problem.line, problem.word) for problem in check(path, text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("found = 3\n", [(1, "found")]),
        ("x.found()\n", [(1, "found")]),
        ("not_found = founder = 3\n", []),
        ("screened_points = 1\n", [(1, "screened_points")]),
        ("class Foresight:\n    pass\n", [(1, "Foresight")]),
        ("touchscreen = 1\n", []),
        ("x = 1  # the page tells more\n", [(1, "tells")]),
        ('"""A scheme that\n\nmakes\nup for errors."""\n', [(3, "makes up for")]),
        ("# weights make\n# up for it\n", []),
        ('print("5 points lost")\n', [(1, "points lost")]),
        ('"""The exhaustive ground truth and ``truth``."""\n', []),
        ('"""The truth."""\n', [(1, "truth")]),
        ('def f():\n    """Of a block."""\n', [(2, "Of")]),
        ("rows = 1\n", [(1, "rows")]),
        ("weight_rows = 1\n", []),
    ],
)
def test_python(text: str, expected: list[tuple[int, str]]) -> None:
    assert words("hawx_hw/blocks/example.py", text) == expected


def test_the_architecture_has_its_words() -> None:
    assert words("hawx_hw/architectures/systolic/shape.py", "rows = columns = 1\n") == []
    assert words("tests/graph/test_graph.py", "rows = columns = 1\n") == []
    assert words("sim/hawx_sim/testbench.py", "systolic = 1\n") == [(1, "systolic")]


def test_c() -> None:
    text = "/* The table\n * tells it. */\nint found = 1; // no truth\nint truths;\n"
    assert words("hawx_hw/x/kernel.c", text) == [(2, "tells"), (3, "found"), (3, "truth")]


def test_markdown() -> None:
    code = "```\nthe file tells\n" + "x" * 130 + "\n```\n\n    it tells\n\n"
    assert words("docs/page.md", code + "`tells` is code\n") == []
    assert words("docs/page.md", "The page tells\nmore.\n") == [(1, "tells")]
    assert words("docs/page.md", f"{'x' * 120}\n| {'x' * 120} |\n") == []
    assert words("docs/page.md", f"\n{'x' * 121}\n") == [(2, "121 characters")]


def test_allowed_words_are_in_their_files() -> None:
    for path, word in ALLOWED:
        text = (ROOT / path).read_text(encoding="utf-8")
        assert word in text.lower(), f"{path} does not contain {word!r}: remove it from ALLOWED"


def test_message() -> None:
    problem = Problem("a.py", 3, "told", PROSE[r"tells?|told"])
    assert str(problem) == "a.py:3: 'told'; write: report, show, state"


def test_every_room_is_checked() -> None:
    files = tracked_files()
    assert {"README.md", "docs/glossary.md", "hawx_hw/blocks/block.py"} <= set(files)
    rooms = {path.parent.name for path in (ROOT / "hawx_hw").glob("*/__init__.py")}
    assert rooms <= {name.split("/")[1] for name in files if name.startswith("hawx_hw/")}
