"""Code that ends Python inside a command ends the program with an error."""

from __future__ import annotations

import pytest
import typer

from hawx_hw.cli.commands import Commands
from hawx_hw.cli.main import app
from hawx_hw.errors import UserError


def run(*arguments: str, error: BaseException | None = None) -> None:
    commands = typer.Typer(cls=Commands, pretty_exceptions_enable=False)
    inner = typer.Typer()
    commands.add_typer(inner, name="inner")

    @commands.command()
    @inner.command()
    def work() -> None:
        if error is not None:
            raise error

    @inner.command()
    def other() -> None:
        pass

    commands(list(arguments))


@pytest.mark.parametrize("arguments", [("work",), ("inner", "work")])
@pytest.mark.parametrize(
    ("error", "message"),
    [
        (SystemExit(), r"SystemExit \(test_commands\.py:\d+\)\. If it is a block of yours"),
        (SystemExit(0), "SystemExit: 0 "),
        (EOFError("no input"), "EOFError: no input"),
        (KeyboardInterrupt(), "KeyboardInterrupt"),
    ],
)
def test_what_ends_python(arguments: tuple[str, ...], error: BaseException, message: str) -> None:
    with pytest.raises(UserError, match=f"Something ended Python .* {message}"):
        run(*arguments, error=error)


@pytest.mark.parametrize(
    ("arguments", "status"), [(("work",), 0), (("--help",), 0), (("none",), 2), (("inner", "x"), 2)]
)
def test_the_ends_of_the_command_line_itself(arguments: tuple[str, ...], status: int) -> None:
    with pytest.raises(SystemExit) as end:
        run(*arguments)
    assert end.value.code == status


def test_the_command_line_uses_it() -> None:
    assert app.info.cls is Commands
