"""``hawx step``: a program of the SIMT unit in the simulator, instruction by instruction."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TextIO

import typer

from hawx_hw.cli.options import BUILD, BuildOption
from hawx_hw.cli.simt_sources import ImageOption, ProgramArgument, runnable
from hawx_hw.errors import UserError

__all__ = ["step"]

_PROMPT = "(hawx) "


def step(program: ProgramArgument, image: ImageOption = None, build: BuildOption = BUILD) -> None:
    """Step through a program of the SIMT unit in the simulator.

    Reads commands, one a line; help lists them. From a terminal it asks for them, and goes on after
    one that is wrong; from a file or pipe such a one ends it with status 2.
    """
    from hawx_hw.architectures.simt.stepper import Stepper

    asks = sys.stdin.isatty()
    chosen = runnable(program, image, build, silent=not asks)
    stepper = Stepper(chosen.program, chosen.activations)
    typer.echo(stepper.where())
    for number, line in enumerate(_lines(sys.stdin, asks), 1):
        try:
            for text in stepper.do(_checked(line)):
                typer.echo(text)
        except UserError as error:
            if not asks:
                raise UserError(error.what, where=f"line {number}", hint=error.hint) from error
            typer.echo(str(error))
        if stepper.ended:
            return


def _checked(line: str) -> str:
    """The line, if it is text: in some locales Python decodes other bytes as half characters."""
    try:
        line.encode("utf-8")
    except UnicodeEncodeError as error:
        raise UserError("This is no text", hint="Write commands in UTF-8, one a line.") from error
    return line


def _lines(source: TextIO, asks: bool) -> Iterator[str]:
    while True:
        if asks:
            typer.echo(_PROMPT, nl=False)
        try:
            line = source.readline()
        except UnicodeDecodeError as error:
            raise UserError("The input is no text", where="standard input") from error
        if not line:
            if asks:
                typer.echo()
            return
        yield line
