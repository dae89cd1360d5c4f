"""Runs the command in this process, and checks that it ended as a command must."""

from __future__ import annotations

import contextlib
import io
import signal
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from hawx_hw.cli import main as cli
from hawx_hw.errors import HawxError

__all__ = ["Ending", "run_hawx"]

_STATUSES = (0, 1, 2, 130)


@dataclass(frozen=True)
class Ending:
    """How a command ended.

    Parameters
    ----------
    status : int
    errors : str
        What it wrote to standard error; after an internal error, the traceback.
    """

    status: int | str
    errors: str

    @property
    def fault(self) -> str | None:
        """What is wrong with it; None where it ended as a command must."""
        if self.status not in _STATUSES:
            return f"exit status {self.status}"
        if "Traceback" in self.errors:
            return "a traceback"
        if self.status == 2 and not self.errors.strip():
            return "exit status 2 without a message"
        return None

    @property
    def key(self) -> str:
        """The same for faults of one cause: the last place in the package, and the error."""
        lines = self.errors.strip().splitlines() or [""]
        places = [line.strip() for line in lines if "/hawx_hw/" in line and "File " in line]
        place = places[-1].split("/hawx_hw/")[-1] if places else ""
        return f"{self.status} {place} {lines[-1][:100]}"


def run_hawx(arguments: Sequence[str], folder: Path) -> Ending:
    """Run ``hawx`` with ``folder`` as the current folder."""
    out, err = io.StringIO(), io.StringIO()
    app, internal = cli.app, []

    def watched(*words: Any, **options: Any) -> None:
        try:
            app(*words, **options)
        except HawxError:
            raise
        except Exception:
            internal.append(traceback.format_exc())
            raise

    with (
        mock.patch.object(cli, "app", watched),
        contextlib.chdir(folder),
        _handlers(),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            cli.main(arguments)
        except SystemExit as end:
            status = end.code if isinstance(end.code, int | str) else 0
        except BaseException:
            return Ending("none: an exception", err.getvalue() + traceback.format_exc())
    known = status in _STATUSES
    return Ending(status, err.getvalue() + ("" if known else "".join(internal)))


@contextlib.contextmanager
def _handlers() -> Iterator[None]:
    """The command installs handlers of signals; the caller's come back."""
    before = [(number, signal.getsignal(number)) for number in (signal.SIGINT, signal.SIGTERM)]
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)
