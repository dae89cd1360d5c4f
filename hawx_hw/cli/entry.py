"""The start of the ``hawx`` command: what must hold before its libraries are imported.

Few modules are imported here, so that the time in which Python answers a signal with a traceback is
short.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from types import FrameType
from typing import NoReturn

from hawx_hw.cli.streams import protect_streams

__all__ = ["SIGNALS", "end_now", "handle_signals", "main"]

#: Signals that ask this process to end: Ctrl-C, a request, a closed terminal.
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# The user's blocks run with another.
_exit = os._exit


def main() -> NoReturn:
    """Run the command line and end the process; see :func:`hawx_hw.cli.main.main`."""
    handle_signals(end_now)
    protect_streams()
    # For what libraries start, and for the scripts of tools: Python does not import from the
    # current folder.
    os.environ["PYTHONSAFEPATH"] = "1"
    from hawx_hw.cli.main import main as run

    run(sys.argv[1:])


def handle_signals(handler: signal._HANDLER) -> None:
    """Call ``handler`` for each signal that asks this process to end and is not ignored."""
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handler)


def end_now(number: int, frame: FrameType | None) -> NoReturn:
    """Answer a signal while there is nothing to tidy up: one line, and the end."""
    with suppress(OSError):
        os.write(2, b"hawx: interrupted\n")
    _exit(128 + number)
