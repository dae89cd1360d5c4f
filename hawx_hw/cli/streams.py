"""Standard output and standard error: closed, full, or with a reader that has gone."""

from __future__ import annotations

import io
import os
import sys
from typing import BinaryIO, TextIO, cast

from hawx_hw.errors import HawxError, UserError

__all__ = ["OutputError", "ReaderGoneError", "protect_streams"]


class OutputError(UserError):
    """Standard output cannot be written."""


class ReaderGoneError(HawxError):
    """The reader of standard output has gone, as ``head`` does: no error, but the end."""

    #: That of a program which SIGPIPE ends.
    exit_status = 128 + 13


class _Output(io.TextIOWrapper):
    """Standard output whose errors are not those of other files."""

    def write(self, text: str) -> int:
        try:
            return super().write(text)
        except OSError as error:
            raise _explained(error) from error

    def flush(self) -> None:
        try:
            super().flush()
        except OSError as error:
            # What is still buffered goes nowhere; Python would try once more at its end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.fileno())
            raise _explained(error) from error


class _Messages(io.TextIOWrapper):
    """Standard error; where it cannot be written, the work goes on all the same."""

    def write(self, text: str) -> int:
        try:
            return super().write(text)
        except OSError:
            return len(text)

    def flush(self) -> None:
        try:
            super().flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.fileno())


def protect_streams() -> None:
    """Make errors of standard output :class:`OutputError` or :class:`ReaderGoneError`.

    A standard stream that is closed is opened, so that no other file gets its number, but cannot be
    written. What the encoding of a stream lacks is written as an escape.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDONLY)  # the lowest number that is free
    sys.stdout = _replaced(sys.stdout, 1, _Output)
    sys.stderr = _replaced(sys.stderr, 2, _Messages)


def _replaced(stream: TextIO | None, number: int, kind: type[io.TextIOWrapper]) -> TextIO:
    if stream is None:
        file = cast(BinaryIO, open(number, "wb", closefd=False))  # noqa: SIM115
        return kind(file, "utf-8", "backslashreplace")
    assert isinstance(stream, io.TextIOWrapper)
    encoding, line_buffering = stream.encoding, stream.line_buffering
    return kind(stream.detach(), encoding, "backslashreplace", line_buffering=line_buffering)


def _explained(error: OSError) -> HawxError:
    if isinstance(error, BrokenPipeError):
        return ReaderGoneError("The reader of standard output has gone.")
    return OutputError(f"Standard output cannot be written: {error.strerror}.")
