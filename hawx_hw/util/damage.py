"""What reading a damaged or forged file may raise, and one line for each."""

from __future__ import annotations

import zipfile
import zlib

from pydantic import ValidationError

__all__ = ["DAMAGED", "first_line"]

#: What numpy, zipfile, the decoders and our own classes raise on contents that they do not expect.
#: A checksum keeps chance away, not intent: who can forge a file can forge its checksum.
DAMAGED: tuple[type[Exception], ...] = (
    ValueError,  # also JsonError, UnicodeDecodeError and pydantic's
    KeyError,
    IndexError,
    TypeError,
    AttributeError,
    ArithmeticError,
    MemoryError,
    RuntimeError,
    OSError,
    EOFError,
    zipfile.BadZipFile,
    zlib.error,
)
_LONGEST = 300


def first_line(error: BaseException) -> str:
    """The first line of an error's text, at most 300 characters."""
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        text = f"{place}: {first['msg']}" if place else first["msg"]
    else:
        text = next(iter(str(error).splitlines()), "") or type(error).__name__
    return text[:_LONGEST]
