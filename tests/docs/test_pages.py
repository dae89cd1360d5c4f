"""Every command and every config of every page is one that exists; and the checks see errors."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.pages import (
    ROOT,
    Block,
    Walk,
    blocks,
    check_command,
    check_output,
    check_yaml,
    commands,
)

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands(page: Path) -> None:
    for command in commands(page):
        check_command(command)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_configs(page: Path) -> None:
    for block in blocks(page):
        if block.language == "yaml" and not block.other:
            check_yaml(block)


def page_of(folder: Path, text: str) -> Path:
    page = folder / "page.md"
    page.write_text(text)
    return page


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("hawx runn CONFIG", "no command runn"),
        ("hawx blocks shew exact", "no command shew"),
        ("hawx run CONFIG --untill emit", "No such option: --untill"),
        ("hawx verify CONFIG --images few", "valid integer"),
        ("hawx run", "config is missing"),
        ("hawx emit CONFIG twice", "no argument twice"),
        ("hawx doctor | hawx emit", "config is missing"),
        ("X=1 hawx emit", "config is missing"),
        ("hawx flow ecp5 CONFIG --option bord=ulx3s-85f", "no option 'bord'"),
        ("hawx flow ecp5 CONFIG --option board=ulx", "not 'ulx'"),
        ("make accell CONFIG=lenet5.yaml", "no target accell"),
        ("make accel CONFIG=lenet6.yaml", "has no lenet6.yaml"),
        ("python benchmarks/cycles.py --fast", "no option --fast"),
        ('hawx blocks show "drum(k=4)', "No closing quotation"),
    ],
)
@pytest.mark.parametrize("fence", ["```sh\n{}\n```", "```console\n$ {}\nprinted\n```", "    {}"])
def test_wrong_commands_are_seen(tmp_path: Path, fence: str, line: str, message: str) -> None:
    page = page_of(tmp_path, f"Text:\n\n{fence.format(line)}\n")
    with pytest.raises(ValueError, match=rf"page.md:\d.*{message}"):
        for command in commands(page):
            check_command(command)


@pytest.mark.parametrize(
    "line",
    [
        "hawx run CONFIG --index N  # a comment with 'one quote",
        "hawx import FILE [--shape CxHxW] [--mean N[,N...]] [--json]",
        "hawx flow list && make help > list.txt",
        "hawx verify CONFIG --debug \\\n  --images 3",
    ],
)
def test_right_commands_pass(tmp_path: Path, line: str) -> None:
    checked = commands(page_of(tmp_path, f"```sh\n{line}\n```\n"))
    assert checked
    for command in checked:
        check_command(command)


def test_commands_of_running_text(tmp_path: Path) -> None:
    page = page_of(tmp_path, "`hawx emit` needs a config, and `hawx emit --fast` does not exist.\n")
    whole, wrong = commands(page)
    check_command(whole)
    with pytest.raises(ValueError, match="--fast"):
        check_command(wrong)


@pytest.mark.parametrize(
    ("text", "message"),
    [("search: {budgett: 3}", "budgett"), ("- 1", "dictionary"), ("a: 1\na: 2", "second time")],
)
def test_wrong_configs_are_seen(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=rf"page.md:3.*\n?.*{message}"):
        check_yaml(Block(Path("page.md"), 3, "yaml", text))


@pytest.mark.parametrize("mark", ["<!-- runn -->", "<!-- run: x -->", "<!-- file: -->"])
def test_wrong_marks_are_seen(tmp_path: Path, mark: str) -> None:
    with pytest.raises(ValueError, match="no such mark"):
        blocks(page_of(tmp_path, f"{mark}\n```sh\nls\n```\n"))


def test_a_mark_needs_its_block(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no block follows"):
        blocks(page_of(tmp_path, "<!-- run -->\nText.\n\n```sh\nls\n```\n"))


def test_a_walk(tmp_path: Path) -> None:
    text = """
<!-- file: a/b.txt -->
```
one 1
two
three
```

<!-- run: 3 -->
```sh
cat a/b.txt
exit 3
```

<!-- output -->
```
one ...
...
three
```
"""
    page = page_of(tmp_path, text)
    (tmp_path / "walk").mkdir()
    assert Walk(tmp_path / "walk").follow(blocks(page)) == 3
    (tmp_path / "again").mkdir()
    with pytest.raises(AssertionError, match=r"page.md:11: status 3"):
        Walk(tmp_path / "again").follow(blocks(page_of(tmp_path, text.replace(": 3", ""))))


@pytest.mark.parametrize("lines", ["one\nthree", "two\none", "four", "one\n...\nfour", "on"])
def test_missing_output_is_seen(lines: str) -> None:
    with pytest.raises(AssertionError, match="not printed"):
        check_output(Block(Path("page.md"), 1, "", lines), "one\ntwo\nthree\n")
