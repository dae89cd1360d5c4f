"""What child processes get from this one: environment variables, and how Python is started."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import hawx_hw

__all__ = ["environment", "python_command", "python_path"]

#: Variables that would change what a child does: options of a make around this process, a shell's
#: and Python's start-up files, the language of messages.
_DROPPED = (
    *("MAKEFLAGS", "MFLAGS", "GNUMAKEFLAGS", "MAKELEVEL", "MAKEFILES", "MAKEOVERRIDES"),
    *("BASH_ENV", "ENV", "CDPATH", "PYTHONSTARTUP", "PYTHONINSPECT", "PYTHONIOENCODING"),
    "LANGUAGE",
)
_SET = {"LC_ALL": "C.UTF-8", "PYTHONSAFEPATH": "1", "PYTHONUTF8": "1"}


def python_command(module: str, *arguments: str) -> list[str]:
    """The command that runs a module of Python, with :func:`python_path` in the variables.

    ``-P``: not even a module with the name of a standard one is imported from the current folder.
    """
    return [sys.executable, "-P", "-m", module, *arguments]


def python_path() -> dict[str, str]:
    """Variables by which a child imports the modules that this process would, in the same order.

    The current folder is among them only where PYTHONPATH names it.
    """
    paths = [path for path in sys.path if Path(path).is_absolute() and os.pathsep not in path]
    # Found through the current folder, and so not by a child.
    own = str(Path(hawx_hw.__file__).parent.parent)
    return {"PYTHONPATH": os.pathsep.join(paths if own in paths else [*paths, own])}


def environment() -> dict[str, str]:
    """This process's environment as children get it."""
    variables = {name: text for name, text in os.environ.items() if name not in _DROPPED} | _SET
    # An empty part would be the current folder.
    paths = [part for part in variables.pop("PYTHONPATH", "").split(os.pathsep) if part]
    return variables | ({"PYTHONPATH": os.pathsep.join(paths)} if paths else {})
