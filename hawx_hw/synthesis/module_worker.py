"""Runs Yosys on many modules: ``python -m hawx_hw.synthesis.module_worker JOBS.json``.

Yosys is loaded once, and each module is mapped in a fork of that process. So its start is paid
once, every module meets Yosys in the same state whatever was mapped before it, and an error of
Yosys, which ends a process, ends one fork.

The file holds ``jobs``, how many forks work at a time, and ``folders``. Each folder holds
``script.json``, a list of Yosys commands that are run there; ``log`` gets Yosys' messages. On
standard output comes a line for each folder that is done: its number and its exit status.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from hawx_hw.util.files import read_text
from hawx_hw.util.yosys_library import load_yosys

__all__ = ["main"]

_PR_SET_PDEATHSIG = 1


def main(path: str) -> None:
    """Run the jobs in the file ``path``."""
    libyosys = load_yosys(Path(path).parent)

    _die_with_parent()
    content = json.loads(read_text(Path(path)))
    waiting = list(reversed(list(enumerate(content["folders"]))))
    running: dict[int, int] = {}
    while waiting or running:
        while waiting and len(running) < content["jobs"]:
            number, folder = waiting.pop()
            child = os.fork()  # noqa: TID251 (in the group of this process)
            if child == 0:
                _map(libyosys, Path(folder))
            running[child] = number
        child, status = os.wait()
        if child in running:
            code = os.waitstatus_to_exitcode(status)
            sys.stdout.write(f"{running.pop(child)} {code}\n")
            sys.stdout.flush()


def _map(libyosys: Any, folder: Path) -> None:
    """Run one script and end the process."""
    _die_with_parent()
    os.chdir(folder)
    log = os.open("log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(log, 1)
    os.dup2(log, 2)
    try:
        design = libyosys.Design()
        # Never cut from a text: what divides lines may stand in a name, and a command that begins
        # with "!" goes to a shell.
        for command in json.loads(read_text(Path("script.json"))):
            design.run_pass(command)
    except BaseException as error:
        os.write(log, f"{type(error).__name__}: {error}\n".encode())
        os._exit(1)
    # Nothing of the parent's is to be flushed or closed here.
    os._exit(0)


def _die_with_parent() -> None:
    """Where the system can: end when the process that started this one is killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    main(sys.argv[1])
