"""Pages that are written from the code's definitions are current, and leave nothing out."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import typer

from docs.generate import commands, config_keys, prediction, results
from docs.generate.pages import DOCS, PAGES, SLOW
from docs.generate.tables import cell, table
from hawx_hw.cli.main import app
from hawx_hw.config.models import Config
from hawx_hw.util.results import Record


def text_of(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


def lines_of(page: str) -> list[list[str]]:
    """The cells of every line of a table, without headings."""
    lines = re.findall(r"^\| (`.*) \|$", text_of(page), re.MULTILINE)
    return [re.split(r" (?<!\\)\| ", line) for line in lines]


@pytest.mark.parametrize("page", sorted(set(PAGES) - set(SLOW)))
def test_the_page_is_current(page: str) -> None:
    assert text_of(page) == PAGES[page](), f"run: python -m docs.generate {page}"


@pytest.mark.parametrize("page", PAGES)
def test_the_page_names_what_writes_it(page: str) -> None:
    assert f"python -m docs.generate {page}" in " ".join(text_of(page).split())


def test_every_key_of_the_config_has_its_line() -> None:
    schema = Config.model_json_schema()
    models = [schema, *(m for n, m in schema["$defs"].items() if not n.endswith("_options"))]
    flows = set(schema["$defs"]["FlowsConfig"]["properties"])
    keys = {key for model in models for key in model["properties"]} - flows
    lines = lines_of("reference/config.md")
    assert {line[0].strip("`") for line in lines} == keys
    assert all(len(line) == 4 and line[3].strip() for line in lines)


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "integer", "minimum": 1, "maximum": 64}, "whole number, 1 to 64"),
        ({"type": "number", "exclusiveMinimum": 0}, "number, above 0"),
        ({"type": "number", "exclusiveMinimum": 0, "maximum": 1}, "number, above 0, at most 1"),
        ({"type": "integer", "minimum": 0, "exclusiveMaximum": 8}, "whole number, 0 to below 8"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "text"),
        ({"type": "array", "items": {"type": "number"}}, "list of numbers"),
        ({"enum": ["a", "b"]}, "`a`, `b`"),
    ],
)
def test_types_in_words(schema: dict, words: str) -> None:
    assert config_keys._kind(schema, {}) == words


def test_a_type_without_words_is_refused() -> None:
    with pytest.raises(ValueError, match="no words"):
        config_keys._kind({"type": "color"}, {})


def test_every_command_and_option_is_listed() -> None:
    page = text_of("reference/commands.md")
    root = typer.main.get_command(app)
    listed = dict(commands._commands(root, "hawx"))
    assert len(listed) > 30
    for path, command in listed.items():
        section = page.partition(f"\n## `{path}`\n")[2].partition("\n## ")[0]
        for parameter in command.params:
            names = [name for name in parameter.opts if name.startswith("--")]
            assert all(f"{name}" in section for name in names), path
            assert getattr(parameter, "hidden", False) or parameter.help, (path, parameter.name)


def test_every_key_of_a_result_has_a_type_and_a_meaning() -> None:
    lines = lines_of("reference/json.md")
    assert len(lines) > 250
    assert [line[0] for line in lines if not line[-1].strip(" |")] == []


def test_files_that_a_run_writes_are_described(tmp_path: Path) -> None:
    page = text_of("reference/json.md")
    for kind in results._results():
        assert f"## `{kind.FILE}`" in page
        assert f"[`{kind.FILE}`](#{results._anchor(kind.FILE)}) | `{kind.STAGE}` |" in page


class Example(Record):
    """An example.

    Parameters
    ----------
    one, other : int
        A number, with
        two lines.
    third : str
        See :class:`~a.b.Text` and ``code``.
    """

    one: int
    other: int
    third: str


def test_meanings_come_from_docstrings() -> None:
    assert results.meanings_of(Example) == {
        "one": "A number, with two lines.",
        "other": "A number, with two lines.",
        "third": "See `Text` and `code`.",
    }


def test_tables() -> None:
    assert table(("a", "b"), [("1", "2")]) == "| a | b |\n| --- | --- |\n| 1 | 2 |\n"
    assert cell("a|b\n <name> `<code>` 2*3") == "a\\|b &lt;name> `<code>` 2\\*3"


def test_the_schema_of_editors_is_the_page_s() -> None:
    stored = json.loads((DOCS.parent / "configs" / "schema.json").read_text(encoding="utf-8"))
    assert stored == Config.model_json_schema()


def test_the_text_of_the_slow_page_is_current() -> None:
    """Its tables take minutes; all else of it is compared."""
    texts = re.split(r"\{\w+\}", prediction._PAGE)
    pattern = r"(?:.|\n)*?".join(re.escape(text) for text in texts)
    assert re.fullmatch(pattern, text_of("prediction.md")), (
        "run: python -m docs.generate prediction.md"
    )
