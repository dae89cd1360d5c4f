"""Ends what a process started when that process is killed: a script, with a pipe as its input.

A process that gets SIGKILL cannot end its children: a simulation or Yosys would run on. This
script is a process of its own. It reads ``+NUMBER`` for each process group that begins and
``-NUMBER`` for each that has ended. The pipe's end is the end of the process that writes to it,
whatever that died of: then the groups that are left are killed.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterable

__all__ = ["main"]


def main(lines: Iterable[bytes]) -> None:
    """Read which process groups there are, and kill those that are left at the end."""
    groups: set[int] = set()
    for line in lines:
        change = groups.add if line.startswith(b"+") else groups.discard
        change(int(line[1:]))
    for group in groups:
        try:
            os.killpg(group, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            continue


if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    main(sys.stdin.buffer)
