"""The group of all commands: no code that a command runs can end the program as if it succeeded."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Any

from typer.core import TyperGroup

from hawx_hw.errors import UserError

__all__ = ["Commands"]


class Commands(TyperGroup):
    """Commands in which ``SystemExit`` is an error.

    The user's blocks and libraries may raise it anywhere, and click would end with its status,
    often 0, though nothing is done. For ``EOFError`` and ``KeyboardInterrupt`` it would end with 1,
    the status of a failed verification, as for a pipe whose reader has gone. Signals raise neither;
    see :func:`hawx_hw.cli.main.main`.
    """

    def invoke(self, ctx: Any) -> Any:
        """Run the command that the arguments name."""
        try:
            return super().invoke(ctx)
        except (SystemExit, EOFError, KeyboardInterrupt) as error:
            last = traceback.extract_tb(error.__traceback__)[-1]
            text = f": {error}" if str(error) else ""
            raise UserError(
                f"Something ended Python before the command was done: {type(error).__name__}{text} "
                f"({Path(last.filename).name}:{last.lineno})",
                hint="If it is a block of yours, correct that; --debug shows where it is.",
            ) from error
        except BrokenPipeError as error:
            # Not of standard output, which has errors of its own; click would end with 1.
            raise ConnectionError(str(error)) from error
