"""Python environments of flows whose packages must not meet those of hawx.

Each is a folder in the cache, named by a hash of its packages; one that was not finished is made
anew.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
from pathlib import Path

from filelock import FileLock

from hawx_hw.config.flows import FlowDescription, FlowEnvironment
from hawx_hw.errors import UserError
from hawx_hw.flows.base import FlowError
from hawx_hw.flows.runner import last_lines
from hawx_hw.util.files import write_text
from hawx_hw.util.locations import required_cache_folder
from hawx_hw.util.processes import run

__all__ = [
    "check_python",
    "environment_folder",
    "environment_program",
    "environment_python",
    "install",
]

#: In a finished environment.
_COMPLETE = "hawx-complete"
_LIMIT_SECONDS = 1800.0


def check_python(flow: FlowDescription, version: tuple[int, ...] = sys.version_info[:2]) -> None:
    """Refuse a Python that the packages of a flow's environment are not published for.

    Parameters
    ----------
    flow : FlowDescription
    version : tuple of int
        That of Python; the one that runs, where it is left out.

    Raises
    ------
    UserError
        It is newer.
    """
    newest = flow.environment.newest_python if flow.environment is not None else None
    if newest is not None and version > tuple(int(number) for number in newest.split(".")):
        raise UserError(
            f"Packages of {flow.name} are not published for Python {version[0]}.{version[1]}.",
            hint=f"Run this flow with Python {newest}.",
        )


def environment_folder(environment: FlowEnvironment) -> Path:
    """The folder of an environment; it need not exist.

    Raises
    ------
    UserError
        There is no folder for the cache.
    """
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    text = "\n".join((version, *environment.packages))
    key = hashlib.sha256(text.encode()).hexdigest()[:16]
    return required_cache_folder("environments") / key


def environment_python(flow: FlowDescription) -> Path:
    """The Python of a flow's environment.

    Raises
    ------
    UserError
        It was not made yet, or not for this Python.
    """
    return environment_program(flow, "python")


def environment_program(flow: FlowDescription, program: str) -> Path:
    """A program of a flow's environment.

    Raises
    ------
    UserError
        The environment was not made yet, or has no such program.
    """
    assert flow.environment is not None, flow.name
    check_python(flow)
    folder = environment_folder(flow.environment)
    path = folder / "bin" / program
    if not (folder / _COMPLETE).is_file() or not path.exists():
        raise UserError(
            f"The environment of {flow.name} ({', '.join(flow.environment.packages)}) is not "
            "installed.",
            hint=f"Install it, with: hawx flow install {flow.name}",
        )
    return path


def is_installed(flow: FlowDescription) -> bool:
    """Whether a flow has no environment, or one that is finished."""
    if flow.environment is None:
        return True
    return (environment_folder(flow.environment) / _COMPLETE).is_file()


def install(flow: FlowDescription) -> Path | None:
    """Make the environment of a flow, unless it is there.

    Returns
    -------
    Path or None
        Its folder; None where the flow needs none.

    Raises
    ------
    UserError
        Its packages are not published for this Python.
    FlowError
        pip failed.
    """
    if flow.environment is None:
        return None
    check_python(flow)
    folder = environment_folder(flow.environment)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.with_name(f"{folder.name}.lock")):
        if not (folder / _COMPLETE).is_file():
            shutil.rmtree(folder, ignore_errors=True)
            _python(sys.executable, "-m", "venv", str(folder))
            pip = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check")
            _python(str(folder / "bin" / "python"), *pip, *flow.environment.packages)
            write_text(folder / _COMPLETE, "\n".join((*flow.environment.packages, "")))
    return folder


def _python(*command: str) -> None:
    # PYTHONPATH would bring packages of another environment.
    done = run(command, tool="pip", limit=_LIMIT_SECONDS, variables={"PYTHONPATH": ""})
    if done.status:
        raise FlowError(f"pip {done.ending}: {last_lines(done.output)}")
