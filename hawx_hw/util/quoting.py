"""Words as each tool takes them: the one place where text of a file gets into a command or script.

Names of modules, ports, cells and pins, and paths, come from files that others wrote. Each function
gives a word in the form that its tool reads back as that word, and refuses what the tool has no
form for. Paths that Make, Verilator and Icarus see are plain (:mod:`hawx_hw.util.plain_paths`), and
arguments of a program go to it one by one, without a shell.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from hawx_hw.errors import UserError, shown

__all__ = ["abc_word", "opensta_name", "opensta_path", "verilog_name", "yosys_word"]

#: What Yosys reads as a word without quotes.
_PLAIN = re.compile(r"[A-Za-z0-9_@%+=:,./-]+")
#: What has a meaning within Yosys' quotes.
_YOSYS = '"\\'
#: Yosys writes a word into commands of ABC and of the shell that starts it.
_SHELL = f"{_YOSYS}'`$;&|<>*?[](){{}}!#~"
#: What OpenSTA takes as the name of one thing: it reads ``*``, ``?`` and ``[`` as patterns.
_OPENSTA = re.compile(r"[A-Za-z_][A-Za-z0-9_.$]*")
#: What Tcl takes as it stands within braces.
_BRACED = re.compile(r"[!-\[\]-z|~]+")
_VERILOG = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*")
_ESCAPED = re.compile(r"[!-~]+")


def yosys_word(text: str) -> str:
    """A word of a command of Yosys: a name or a path.

    Raises
    ------
    UserError
        It is empty or an option, or a character has no form: quotes, backslashes, and all that is
        not printable ASCII.
    """
    return _of_yosys(text, _YOSYS)


def abc_word(text: str) -> str:
    """A word of a command of Yosys that goes on to ABC and to the shell that starts it.

    Raises
    ------
    UserError
        As :func:`yosys_word`, and for all that a shell reads as something else than a letter, but
        blanks.
    """
    return _of_yosys(text, _SHELL)


def _of_yosys(text: str, refused: Iterable[str]) -> str:
    printable = text.isascii() and text.isprintable()
    # What begins with - is an option, in quotes too.
    if not text or text[0] == "-" or not printable or any(c in text for c in refused):
        raise UserError(
            f"The name {shown(text)} cannot be part of a command of Yosys.",
            hint="Rename the module, cell or file: letters, digits, _ and . are safe.",
        )
    return text if _PLAIN.fullmatch(text) else f'"{text}"'


def opensta_name(text: str) -> str:
    """A word of a script of OpenSTA, in Tcl, that is the name of one thing.

    Raises
    ------
    UserError
        It is no name, or a pattern.
    """
    return _of_opensta(text, _OPENSTA)


def opensta_path(text: str) -> str:
    """A word of a script of OpenSTA that is no pattern there: a pin with its instance.

    Raises
    ------
    UserError
        It has braces, backslashes, blanks, or other than printable ASCII.
    """
    return _of_opensta(text, _BRACED)


def _of_opensta(text: str, accepted: re.Pattern[str]) -> str:
    if not accepted.fullmatch(text):
        raise UserError(
            f"OpenSTA cannot be given the name {shown(text)}.",
            hint="Rename it, with letters, digits and _ only.",
        )
    return f"{{{text}}}"


def verilog_name(text: str) -> str:
    """An identifier of Verilog, escaped where it has to be; a blank ends it then.

    Raises
    ------
    UserError
        It is empty, or holds blanks or other than printable ASCII.
    """
    if not _ESCAPED.fullmatch(text):
        raise UserError(
            f"The name {shown(text)} cannot be one in Verilog.",
            hint="Rename it, with letters, digits and _ only.",
        )
    return text if _VERILOG.fullmatch(text) else f"\\{text} "
