"""docs/reference/commands.md: every command with its arguments and options, from the CLI."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import typer

from docs.generate.tables import cell, filled, table
from hawx_hw.cli.main import app

__all__ = ["document"]

_INTRODUCTION = """\
# Commands

Every command with its arguments and options; written by
`python -m docs.generate reference/commands.md` from the command line itself. `hawx COMMAND --help`
prints the same. `CONFIG` is the path of a YAML file, or the name of one in `configs/`.

Exit status: 0 done; 1 a verification or a flow failed; 2 what you can correct, such as a config or
a missing tool, with one message that states where and how to go on. The
[page of runs](runs.md#exit-status-and-other-programs) lists all.

"""


def document() -> str:
    """The page."""
    root = typer.main.get_command(app)
    commands = list(_commands(root, "hawx"))
    overview = table(
        ("command", "does"),
        [(f"[`{path}`](#{_anchor(path)})", cell(_first(command))) for path, command in commands],
    )
    return _INTRODUCTION + overview + "".join(_section(*each) for each in commands)


def _commands(group: Any, path: str) -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if command.hidden:
            continue
        if hasattr(command, "commands"):
            yield from _commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


def _anchor(path: str) -> str:
    return path.replace(" ", "-")


def _first(command: Any) -> str:
    """The first sentence of a command's help."""
    return re.split(r"(?<=\.)\s", " ".join((command.help or "").split()), maxsplit=1)[0]


def _section(path: str, command: Any) -> str:
    context = command.make_context(path, [], resilient_parsing=True)
    usage = " ".join(command.get_usage(context).removeprefix("Usage: ").split())
    records = [parameter.get_help_record(context) for parameter in command.get_params(context)]
    lines = [
        (f"`{_code(record[0])}`", cell(record[1]).replace("[", "\\["))
        for record in records
        if record is not None and not record[0].startswith("--help")
    ]
    text = f"\n## `{path}`\n\n```text\n{usage}\n```\n\n{_help(command)}\n"
    return text + ("\n" + table(("argument or option", "meaning"), lines) if lines else "")


def _help(command: Any) -> str:
    parts = (command.help or "").replace("\b", "").split("\n\n")
    return "\n\n".join(filled(cell(part)) for part in parts)


def _code(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
