"""How long ``hawx`` takes before it does anything, beside what Python itself takes.

    python benchmarks/startup.py [--runs 9]

Each command runs alternately with ``python -c pass``, and the fastest of its runs counts: other
work on the machine only ever adds time.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time

from rich.console import Console
from rich.table import Table

_COMMANDS = {
    "hawx --help": ("--help",),
    "hawx run --help": ("run", "--help"),
    "hawx blocks list": ("blocks", "list"),
    "hawx, config missing": ("run", "no-such-config.yaml"),
}
_PYTHON = (sys.executable, "-c", "pass")


def seconds(command: tuple[str, ...], folder: str) -> float:
    """The time of one run, from outside."""
    begin = time.perf_counter()
    subprocess.run(command, cwd=folder, capture_output=True, check=False)
    return time.perf_counter() - begin


def fastest(arguments: tuple[str, ...], runs: int, folder: str) -> tuple[float, float]:
    """Seconds of ``hawx`` with these arguments, and of Python alone in the same minutes."""
    code = "import sys; from hawx_hw.cli.main import main; main(sys.argv[1:])"
    command = (sys.executable, "-c", code, *arguments)
    times = [(seconds(command, folder), seconds(_PYTHON, folder)) for _ in range(runs)]
    return min(ours for ours, _ in times), min(python for _, python in times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=9)
    runs = parser.parse_args().runs
    table = Table("command", "seconds", "python -c pass", "ratio", title=f"fastest of {runs}")
    with tempfile.TemporaryDirectory() as folder:
        for name, arguments in _COMMANDS.items():
            ours, python = fastest(arguments, runs, folder)
            table.add_row(name, f"{ours:.3f}", f"{python:.3f}", f"{ours / python:.1f}")
    Console().print(table)


if __name__ == "__main__":
    main()
