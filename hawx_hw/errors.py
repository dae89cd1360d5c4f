"""The errors that a user sees: what is wrong, where, and how to correct it."""

import errno
import reprlib

__all__ = ["HawxError", "UserError", "VerificationError", "of_system", "printable", "shown"]

_VALUES = reprlib.Repr()
_VALUES.maxstring = _VALUES.maxother = _VALUES.maxlong = 100
_VALUES.maxlevel = 2
#: Bytes of a file's name that a message repeats.
_NAME = 200
_ROOM = "Make room, or choose other folders with --build, HAWX_CACHE and TMPDIR."


class HawxError(Exception):
    """Base of every error that the command line reports without a traceback."""

    exit_status = 1


class UserError(HawxError):
    """Something that the user can correct: a config, a file, data, a missing tool.

    Parameters
    ----------
    what : str
        What is wrong, in one sentence.
    where : str or None
        The file, line and key concerned, such as ``configs/lenet5.yaml:7: accelerator.clock_mhz``.
    hint : str or None
        What to do about it.
    """

    exit_status = 2

    def __init__(self, what: str, *, where: str | None = None, hint: str | None = None):
        self.what = what
        self.where = where
        self.hint = hint
        super().__init__(what)

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        return f"{text.rstrip('.')}. {self.hint}" if self.hint else text


class VerificationError(HawxError):
    """The generated Verilog and the integer model disagree, or nothing was compared."""

    exit_status = 1


def shown(value: object) -> str:
    """A value that a user gave, for a message: as Python writes it, but never long."""
    return _VALUES.repr(value)


def printable(text: str, longest: int = 200) -> str:
    """A text of a file as a part of a line: without control characters, and cut if it is long."""
    cut = text if len(text) <= longest else f"{text[:longest]}..."
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in cut)


def of_system(error: OSError) -> UserError:
    """What the system answered about a file, as an error of the user's: no room, no permission."""
    what = error.strerror or str(error) or type(error).__name__
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    # Of two files of a copy it is the second that has no room.
    given = (full and error.filename2) or error.filename
    name = "" if given is None else str(given)
    if len(name) > _NAME:
        name = f"{name[: _NAME // 2]}...{name[-_NAME // 2 :]}"
    return UserError(what, where=name or None, hint=_ROOM if full else None)
