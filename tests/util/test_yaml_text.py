"""YAML 1.2: scalars of its core schema, lines of keys, and what is refused."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from hawx_hw.technology import technology
from hawx_hw.util.resources import configs
from hawx_hw.util.yaml_text import YamlError, line_of, read_yaml, spelling_hint, write_yaml

SHIPPED = [*configs().glob("*.yaml"), *Path(technology.__file__).parent.glob("libraries/*.yaml")]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        # Other values in YAML 1.1: octal, sexagesimal, binary, dates, yes and no.
        ("010", 10),
        ("08", 8),
        ("0o10", 8),
        ("1:3", "1:3"),
        ("1:30.5", "1:30.5"),
        ("0b101", "0b101"),
        ("1_000", "1_000"),
        ("2026-01-01", "2026-01-01"),
        ("2026-13-41", "2026-13-41"),
        ("1e3", 1000.0),
        ("-6.5e-1", -0.65),
        *((word, word) for word in ("yes", "Yes", "no", "on", "off", "y", "n", "=")),
        ("true", True),
        ("False", False),
        ("tRue", "tRue"),
        ("0x1F", 31),
        ("+12", 12),
        ("-3", -3),
        (".5", 0.5),
        ("5.", 5.0),
        ("-.inf", -math.inf),
        ("~", None),
        ("null", None),
        ("", None),
        ("'010'", "010"),
        ('"null"', "null"),
        ("0x", "0x"),
        ("-_", "-_"),
        ("[1, 2]", [1, 2]),
        ("%YAML 1.1\n---\n[010, yes]", [10, "yes"]),
    ],
)
def test_scalars(text: str, value: object) -> None:
    content = read_yaml(text)
    assert (content, type(content)) == (value, type(value))


def test_not_a_number() -> None:
    assert math.isnan(read_yaml(".nan"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_shipped_files_are_plain_and_survive_a_round_trip(path: Path, tmp_path: Path) -> None:
    content = read_yaml(path.read_text(encoding="utf-8"))
    assert content == json.loads(json.dumps(content))
    copy = tmp_path / path.name
    YAML().dump(YAML().load(path), copy)
    assert read_yaml(copy.read_text()) == content


@pytest.mark.parametrize(
    ("text", "problem", "line"),
    [
        ("a: 1\nb: [\n", "This is not YAML: ", 3),
        ("a: 1\n---\nb: 2\n", "This is not YAML: but found another document", 2),
        ("a: *b\n", "This is not YAML: found undefined alias 'b'", 1),
        ("a:\n  b: !!int x\n", "This is not YAML: 'x' cannot be read as a whole number", 2),
        ("a: !!bool ''\n", "This is not YAML: '' cannot be read as bool", 1),
        (f"a: {'1' * 5000}\n", f"This is not YAML: '{'1' * 40}...' cannot be read as a", 1),
        ("a: !!python/name:os.system\n", "This is not YAML: could not determine a const", 1),
        ("a: !!python/object/apply:os.system [id]\n", "This is not YAML: could not determine", 1),
        ("a: 1\n? [b]\n: c\n", "A key must be a text, not a list or a mapping", 2),
        ("a: 1\n? {b: c}\n: c\n", "A key must be a text, not a list or a mapping", 2),
        ("[" * 5000, "This is nested too deeply", None),
    ],
)
def test_what_is_refused(text: str, problem: str, line: int | None) -> None:
    with pytest.raises(YamlError) as caught:
        read_yaml(text)
    assert caught.value.problem.startswith(problem)
    assert "\n" not in caught.value.problem
    assert caught.value.line == line


@pytest.mark.parametrize(
    "text",
    [
        "a:\n  b: 1\n  c: 2\n  b: 3\n",
        "a:\n  b: 1\n  'c': 2\n  'b': 1\n",
        "a:\n  b: 1\n  <<: {c: 3}\n  b: 3\n",
        "- x: &a\n    b: 1\n    c: 2\n    b: 2\n- <<: *a\n",
    ],
)
def test_a_key_that_stands_twice(text: str) -> None:
    with pytest.raises(YamlError, match=r"^b stands here a second time$") as caught:
        read_yaml(text)
    assert (caught.value.line, caught.value.hint) == (4, "Remove it, or the one in line 2.")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (f"0x{'f' * 5000}", "A number of some 6,021 digits is larger than any key takes"),
        (f"-{'9' * 4000}", "A number of some 4,000 digits is larger than any key takes"),
        (str(2**63), "A number of some 19 digits is larger than any key takes"),
        ('"a\\0b"', "A text holds the character U+0000"),
        ('"a\\e[31m"', "A text holds the character U+001B"),
        ('"\\ud800.npz"', "A text holds the character U+D800"),
    ],
    ids=lambda text: text[:12],
)
def test_values_that_nothing_can_use(text: str, problem: str) -> None:
    contents = [f"a: 1\nb: {text}\n", f"a: 1\nc: [{text}]\n"]
    # A plain key may have a thousand characters.
    for content in contents if len(text) > 1000 else [*contents, f"a: 1\n{text}: b\n"]:
        with pytest.raises(YamlError) as caught:
            read_yaml(content)
        assert (caught.value.problem, caught.value.line) == (problem, 2)
    assert read_yaml(f"[{2**63 - 1}, -1, 'a\tb', 'é']") == [2**63 - 1, -1, "a\tb", "é"]


def test_a_text_of_megabytes_is_refused_at_once() -> None:
    with pytest.raises(YamlError, match="This has 10,000,000 characters, and at most 1,000,000"):
        read_yaml("a: 1\n" * 2_000_000)


@pytest.mark.parametrize(
    ("value", "expected", "hint"),
    [
        ("1_6", "int", "Write 16."),
        ("0b1000", "int", "Write 8."),
        ("0O17", "int", "Write 15."),
        (" 8", "int", "Write 8."),
        (1000.0, "int", "Write 1000."),
        ("1e3", "int", "Write 1000."),
        ("1_000.5", "float", "Write 1000.5."),
        ("1.8", "float", "Write 1.8."),
        ("1:30", "int", "Write it without a colon."),
        ("1:30.0", "float", "Write it without a colon."),
        ("yes", "bool", "Write true."),
        ("Off", "bool", "Write false."),
        (1, "bool", "Write true."),
        (123, "string", "Put it into quotes."),
        (True, "string", "Put it into quotes."),
        *((value, "int", None) for value in (8.5, "eight", "", math.inf, "1e999", True, None, [1])),
        *((value, "bool", None) for value in ("perhaps", 2, None, [1])),
        ("1_6", "literal", None),
        *((value, "string", None) for value in ([1], None, {})),
    ],
)
def test_how_to_write_it(value: object, expected: str, hint: str | None) -> None:
    assert spelling_hint(value, expected) == hint


def test_merges() -> None:
    text = "a: &a {x: 1, y: 2}\nb: &b\n  <<: *a\n  y: 3\nc: {<<: [*a, *b]}\nd: {<<: *b, z: 4}\n"
    content = read_yaml(text)
    assert content["b"] == {"x": 1, "y": 3}
    assert content["c"] == {"x": 1, "y": 2}, "the first one counts"
    assert content["d"] == {"x": 1, "y": 3, "z": 4}


def test_an_alias_may_lead_to_what_is_around_it() -> None:
    content = read_yaml("a: &a\n  b: *a\n")
    assert content["a"]["b"] is content["a"]


@pytest.mark.parametrize("element", ["[{}]", "{{<<: [{}]}}"], ids=["lists", "merges"])
def test_aliases_that_unfold_without_end(element: str) -> None:
    """A short text that stands for 9 ** 39 elements is read at once."""
    text = "a0: &a0 {x: 1}\n" + "".join(
        f"a{i}: &a{i} {element.format(', '.join([f'*a{i - 1}'] * 9))}\n" for i in range(1, 40)
    )
    content = read_yaml(text)
    assert len(content) == 40
    assert line_of(text, ["a39", "x"]) == 40


LINES = """\
a: 1
b:
  c:
    - x
    - y: 2
      z: 3
  <<: {d: 4}
5: six
"""


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("a", 1),
        ("b", 2),
        ("b c", 3),
        ("b c 0", 4),
        ("b c 1", 5),
        ("b c 1 z", 6),
        ("5", 8),
        # Nearest around it.
        ("b c 1 other", 5),
        ("b c 7", 3),
        ("b c other", 3),
        ("b d", 2),
        ("a b c", 1),
        ("other", None),
        ("", None),
    ],
)
def test_lines_of_keys(key: str, line: int | None) -> None:
    parts = [int(part) if part.isdigit() else part for part in key.split()]
    assert line_of(LINES, parts) == line
    assert line_of(LINES, map(str, parts)) == line


def test_an_empty_text_has_no_lines() -> None:
    assert line_of("", ["a"]) is None


def test_what_is_written_is_read_as_it_was() -> None:
    content = {"b": {"x": [1, 2.5, "010", "yes", None, True]}, "a": {}, "text": "a: b #c"}
    text = write_yaml(content)
    assert read_yaml(text) == content
    assert list(read_yaml(text)) == ["b", "a", "text"]
