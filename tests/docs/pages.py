"""Checks what the pages show, and does what they mark: shared by all tests of pages.

Comments in HTML right before a fenced block mark what the block is; readers do not see it::

    <!-- file: net.yaml -->     the block is the file of that name; later blocks find it
    <!-- run -->                a block of sh or python runs, in the page's folder, with status 0
    <!-- run: 2 -->             it ends with this exit status
    <!-- output -->             the block's lines are printed by the run before, in this order;
                                a line `...`, and `...` in a line, stand for anything
    <!-- technology -->         YAML that describes a technology, or sections of that
    <!-- other -->              YAML that is neither a config nor a technology

Every other fenced block of YAML is a config, or some sections of one. Every ``hawx``,
``make`` and ``python benchmarks/...`` of a block, or between single backquotes, names commands,
options, values, targets and files that exist; words in CAPITALS stand for something.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import typer
from markdown_it import MarkdownIt

from hawx_hw.cli.main import app
from hawx_hw.config.flows import FlowsConfig, flow_descriptions, with_options
from hawx_hw.config.models import Config
from hawx_hw.technology.description import TechnologyDescription
from hawx_hw.util.yaml_text import read_yaml

__all__ = ["ROOT", "Block", "Command", "Walk", "blocks", "check_command", "check_yaml", "commands"]

ROOT = Path(__file__).parents[2]
_BIN = str(Path(sys.executable).parent)
_MARKS = re.compile(r"<!-- (file: [\w./-]+|run(?:: \d+)?|output|technology|other) -->")
_LIKE_A_MARK = re.compile(r"<!-- ?(file|run|output|technology|other)")
_SHELL = ("sh", "console")
_PLACEHOLDER = re.compile(r"[A-Z][A-Z0-9_]*(?:[.:/].*)?|.*\.\.\.")
_ENDS = ("|", "||", "&&", ";", ">", ">>", "2>", "<", "(", ")")
#: What a part of a config is completed with.
_REST = {"name": "page", "network": {"model": "lenet5", "dataset": "digits"}}


@dataclass(frozen=True)
class Block:
    """A block of code of a page.

    Parameters
    ----------
    page : Path
    line : int
        Of the block's first line, counted from 1.
    language : str
        As after the fence; empty for a block that is indented.
    text : str
    file : str or None
        The name of the file that it is.
    run : int or None
        The exit status with which it ends when it is run; None: it is not.
    output : bool
        Whether its lines are those of the run before.
    technology, other : bool
        Whether it is YAML of a technology, or of something else that is no config.
    """

    page: Path
    line: int
    language: str
    text: str
    file: str | None = None
    run: int | None = None
    output: bool = False
    technology: bool = False
    other: bool = False

    def __str__(self) -> str:
        return f"{self.page.name}:{self.line}"


@dataclass(frozen=True)
class Command:
    """A command that a page shows.

    Parameters
    ----------
    where : str
        Page and line.
    words : tuple of str
        Program and arguments, as a shell passes them on.
    whole : bool
        Whether arguments that the program needs must be there: not in running text.
    """

    where: str
    words: tuple[str, ...]
    whole: bool


def blocks(page: Path) -> list[Block]:
    """The blocks of a page, with their marks, in order.

    Raises
    ------
    ValueError
        A comment that looks like a mark is none, or has no block after it.
    """
    result, marks = [], list[str]()
    for token in MarkdownIt("commonmark").enable("table").parse(page.read_text(encoding="utf-8")):
        line = (token.map or [0])[0] + 1
        if token.type in ("fence", "code_block"):
            where = line + (token.type == "fence")
            words = token.info.split() or [""]
            result.append(Block(page, where, words[0], token.content, **_marked(marks)))
            marks = []
        elif token.type == "html_block":
            added = _MARKS.findall(token.content)
            if not added and _LIKE_A_MARK.search(token.content):
                raise ValueError(f"{page.name}:{line}: no such mark: {token.content.strip()}")
            marks += added
        elif marks:
            raise ValueError(f"{page.name}:{line}: no block follows {marks[-1]!r}")
    if marks:
        raise ValueError(f"{page.name}: no block follows {marks[-1]!r}")
    return result


def _marked(marks: Sequence[str]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for mark in marks:
        name, _, value = mark.partition(": ")
        result[name] = {"file": value, "run": int(value or 0) if name == "run" else 0}.get(
            name, True
        )
    return result


def commands(page: Path) -> list[Command]:
    """The commands of the blocks and of the running text of a page, without pipes and files."""
    result = [
        Command(f"{block}", words, whole=True)
        for block in blocks(page)
        if block.language in _SHELL or not block.language
        for line in _lines(block)
        for words in _split(line, f"{block}: {line}")
    ]
    for token in MarkdownIt("commonmark").enable("table").parse(page.read_text(encoding="utf-8")):
        for child in token.children or ():
            if child.type == "code_inline" and re.match(r"(hawx|make|python) \S", child.content):
                where = f"{page.name}:{(token.map or [0])[0] + 1}"
                result += [Command(where, w, whole=False) for w in _split(child.content, where)]
    return result


def _lines(block: Block) -> Iterator[str]:
    """The lines of a block that are commands; a block without a language has no other lines."""
    lines = block.text.replace("\\\n", " ").splitlines()
    if block.language == "console":
        lines = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
    names = r"(\w+=\S+ )*(hawx|make|python) \S"
    fitting = [line for line in lines if re.match(names, line)]
    if block.language or len(fitting) == len([line for line in lines if line.strip()]):
        yield from fitting


def _split(line: str, where: str) -> Iterator[tuple[str, ...]]:
    """The commands of a line; ``[--option X]`` counts as given, and ``...`` as nothing."""
    line = re.sub(r"\[(?=-)|(?<=[\w. ])\](?=\s|$)|\[(,N)?\.\.\.\]| \.\.\.", "", line)
    lexer = shlex.shlex(line, posix=True, punctuation_chars="();<>|&")
    lexer.commenters = "#"
    lexer.whitespace_split = True
    words: list[str] = []
    try:
        tokens = [*lexer, ";"]
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from error
    for token in tokens:
        if token in _ENDS:
            while words and re.fullmatch(r"\w+=.*", words[0]):
                words.pop(0)
            if words and words[0] in ("hawx", "make", "python"):
                yield tuple(words)
            words = []
        else:
            words.append(token)


def check_command(command: Command) -> None:
    """Check that a command's names exist.

    Raises
    ------
    ValueError
        Something does not; the message names page, line and word.
    """
    program, *words = command.words
    try:
        if program == "hawx":
            _check_hawx(words, whole=command.whole)
        elif program == "make":
            _check_make(words)
        else:
            _check_python(words)
    except Exception as error:
        # The messages of click, of pydantic and of the package.
        raise ValueError(f"{command.where}: {shlex.join(command.words)}: {error}") from error


@cache
def _program() -> Any:
    return typer.main.get_command(app)


def _check_hawx(words: Sequence[str], *, whole: bool) -> None:
    command, words = _program(), [word for word in words if word != "--debug"]
    while hasattr(command, "commands"):
        if not words or words[0] in ("--help", "--version"):
            return
        name, *words = words
        if _PLACEHOLDER.fullmatch(name):
            return
        if name not in command.commands:
            raise ValueError(f"there is no command {name}")
        command = command.commands[name]
    context = command.context_class(command)
    values, left, _ = command.make_parser(context).parse_args(list(words))
    if left:
        raise ValueError(f"it takes no argument {left[0]}")
    for parameter in command.params:
        value = values.get(parameter.name)
        given = (
            [value] if isinstance(value, str) else value if isinstance(value, (list, tuple)) else []
        )
        if whole and parameter.required and not given:
            raise ValueError(f"{parameter.name} is missing")
        real = [each for each in given if not _PLACEHOLDER.fullmatch(each)]
        if real and parameter.callback is None and not parameter.type_descriptor.is_path:
            parameter.process_value(context, value if isinstance(value, str) else real)
    if command.name == "flow" and values.get("tool") in flow_descriptions():
        _check_flow(values["tool"], values.get("option") or ())


def _check_flow(tool: str, options: Sequence[str]) -> None:
    given = dict(each.split("=", 1) for each in options if not _PLACEHOLDER.fullmatch(each))
    flow, model = flow_descriptions()[tool], getattr(FlowsConfig(), tool)
    with_options(flow, model, {name: read_yaml(text) for name, text in given.items()})


def _check_make(words: Sequence[str]) -> None:
    if words[:1] == ["-C"]:
        return
    targets = re.findall(r"^(\w+):.*## ", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    for word in words:
        name, assigned, value = word.partition("=")
        if not assigned and word not in targets and not _PLACEHOLDER.fullmatch(word):
            raise ValueError(f"there is no target {word}")
        if name == "CONFIG" and not _PLACEHOLDER.fullmatch(value) and "/" not in value:
            _shipped(value)


def _shipped(name: str) -> None:
    if not (ROOT / "configs" / name).with_suffix(".yaml").is_file():
        raise ValueError(f"configs/ has no {name}")


def _check_python(words: Sequence[str]) -> None:
    if not words or not re.match(r"(benchmarks|docs|tests)/", words[0]):
        return
    script = ROOT / words[0]
    text = script.read_text(encoding="utf-8")
    for word in words[1:]:
        name = word.partition("=")[0]
        if name.startswith("--") and name not in text:
            raise ValueError(f"{words[0]} has no option {name}")


def check_yaml(block: Block) -> None:
    """Check that a block is a config, or sections of one; or such of a technology, as marked.

    Raises
    ------
    ValueError
        It is not; the message names page, line and key.
    """
    try:
        value = read_yaml(block.text)
        if block.technology:
            rest = {"name": "page", "liberty": "cells.lib"}
            TechnologyDescription.model_validate({**rest, **value})
            return
        Config.model_validate({**_REST, **value} if isinstance(value, dict) else value)
    except Exception as error:
        raise ValueError(f"{block}: {error}") from error


class Walk:
    """Does what a page describes, block by block, in one folder.

    Parameters
    ----------
    folder : Path
        Where files are written and commands run: empty, or with what the page takes for granted.
    seconds : float
        Limit of each block.
    """

    def __init__(self, folder: Path, seconds: float = 300):
        self.folder = folder
        self.printed = ""
        self._seconds = seconds
        programs = folder / ".programs"
        programs.mkdir()
        for name, arguments in (("hawx", " -P -m hawx_hw"), ("python", "")):
            program = programs / name
            program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)}{arguments} "$@"\n')
            program.chmod(0o755)
        paths = [os.environ.get("PYTHONPATH", ""), str(ROOT)]
        self._environment = {
            **os.environ,
            # As where the environment is activated.
            "PATH": os.pathsep.join([str(programs), _BIN, os.environ["PATH"]]),
            "PYTHONPATH": os.pathsep.join(path for path in paths if path),
            "NO_COLOR": "1",
            "COLUMNS": "200",
        }

    def follow(self, parts: Sequence[Block]) -> int:
        """Do what these blocks are marked for; the number of blocks that had one."""
        return sum(self._follow(block) for block in parts)

    def _follow(self, block: Block) -> bool:
        if block.file is not None:
            path = self.folder / block.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
        if block.run is not None:
            self._run(block)
        if block.output:
            check_output(block, self.printed)
        return block.file is not None or block.run is not None or block.output

    def _run(self, block: Block) -> None:
        programs = {
            "sh": ["bash", "-euo", "pipefail", "-c"],
            "console": ["bash", "-euo", "pipefail", "-c"],
            "python": ["python", "-P", "-c"],
        }
        text = block.text
        if block.language == "console":
            text = re.sub(r"^(?!\$ ).*\n", "", text, flags=re.MULTILINE)
            text = re.sub(r"^\$ ", "", text, flags=re.MULTILINE)
        ended = subprocess.run(
            [*programs[block.language], text],
            cwd=self.folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=self._seconds,
            check=False,
        )
        self.printed = ended.stdout
        if ended.returncode != block.run:
            raise AssertionError(f"{block}: status {ended.returncode}\n{self.printed[-3000:]}")


def check_output(block: Block, printed: str) -> None:
    """Check that the lines of a block are printed, in this order and without lines between.

    Raises
    ------
    AssertionError
        They are not; the message has the line that is missing.
    """
    lines = [line.rstrip() for line in printed.splitlines()]
    position, skipping = 0, True
    for line in block.text.rstrip("\n").splitlines():
        if line.strip() == "...":
            skipping = True
            continue
        pattern = ".*".join(re.escape(part) for part in line.rstrip().split("..."))
        ends = len(lines) if skipping else min(position + 1, len(lines))
        places = [n for n in range(position, ends) if re.fullmatch(pattern, lines[n])]
        if not places:
            raise AssertionError(f"{block}: not printed: {line}\n{printed[-3000:]}")
        position, skipping = places[0] + 1, False
