"""Yosys in a process of its own: how it is started, and the error when it refuses a design."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from importlib import util
from pathlib import Path
from typing import Any

from hawx_hw.errors import UserError
from hawx_hw.technology import Technology
from hawx_hw.technology.functions import parse
from hawx_hw.util.disk import check_space
from hawx_hw.util.environment import python_command, python_path
from hawx_hw.util.processes import run
from hawx_hw.util.quoting import abc_word

__all__ = ["ENDED", "SLOW", "check_yosys", "constraints", "refusal", "run_yosys", "variables"]

#: The hint where Yosys's process ended without an error of its own.
ENDED = (
    "The system may have ended it for lack of memory: try again with fewer jobs, or with another "
    "version of pyosys."
)
#: The hint where Yosys takes too long.
SLOW = "Or make the accelerator smaller."
_ERROR = re.compile(r"^(?:(?P<where>.*?:\d+)(?:\.[\d.-]*)?: )?ERROR: ?(?P<what>.*)$", re.MULTILINE)
#: ABC refuses libraries with fewer, and then ends for lack of one.
_FEWEST_GATES = 3
#: Of the gates that are counted; ABC maps to none with more.
_MOST_INPUTS = 6
#: A gate of one input, and its truth table.
_BUFFER = (1, (0b10,))
_INVERSION = re.compile(r"[\s()]*(![\s()]*\w+|\w+\s*')[\s()]*")


def check_yosys() -> None:
    """Raise UserError where Yosys is missing."""
    if util.find_spec("pyosys") is None:
        raise UserError("Yosys is missing.", hint="Install it, with: pip install pyosys")


def variables() -> dict[str, str]:
    """Environment variables of a worker.

    Temporary files of Yosys and ABC go to the scratch folder that the worker changes into: they are
    removed with it even where the worker is killed, and none from elsewhere is read.
    """
    return {"TMPDIR": "."} | python_path()


def constraints(technology: Technology) -> str:
    """The constraints file of ABC, for which it puts in buffers and chooses sizes.

    Raises
    ------
    UserError
        The library has no inverter, no buffer, fewer than three kinds of gates, no delays or no
        areas: ABC does not work with it, or ends in a segmentation fault.
    """
    _check_gates(technology)
    return f"set_driving_cell {abc_word(_driver(technology))}\nset_load 0\n"


def _check_gates(technology: Technology) -> None:
    """Refuse a library that ABC does not work with: it then ends in a segmentation fault."""
    cells = technology.library.cells.values()
    tables = _tables(technology)
    for missing, there in (
        ("cell with delays", any(pin.arcs for cell in cells for pin in cell.pins.values())),
        ("cell with an area", any(cell.area for cell in cells if not cell.dont_use)),
        ("buffer for use in logic", _BUFFER in tables),
        (f"{_FEWEST_GATES} kinds of gates for use in logic", len(tables) >= _FEWEST_GATES),
    ):
        if not there:
            raise UserError(
                f"The library has no {missing}, which ABC needs.",
                where=str(technology.liberty),
                hint="Name another technology, or one whose liberty file states it and does not "
                "mark it dont_use.",
            )


def _tables(technology: Technology) -> set[tuple[int, tuple[int, ...]]]:
    """The kinds of gates that ABC maps to: the number of inputs, and the truth tables."""
    tables = set()
    for cell in technology.library.cells.values():
        outputs = [pin.function for pin in cell.pins.values() if pin.direction == "output"]
        inputs = [pin.name for pin in cell.pins.values() if pin.direction == "input"]
        logic = not cell.dont_use and not cell.sequential and outputs and all(outputs)
        if logic and 0 < len(inputs) <= _MOST_INPUTS:
            entries = range(1 << len(inputs))
            words = {
                name: sum((entry >> place & 1) << entry for entry in entries)
                for place, name in enumerate(inputs)
            }
            ones = (1 << len(entries)) - 1
            values = tuple(parse(output).evaluate(words, ones) for output in outputs)
            tables.add((len(inputs), values))
    return tables


def _driver(technology: Technology) -> str:
    """The smallest inverter: what drives each input when buffers are sized."""
    inverters = []
    for name, cell in technology.library.cells.items():
        outputs = [pin.function for pin in cell.pins.values() if pin.direction == "output"]
        usable = not cell.dont_use and not cell.sequential and len(outputs) == 1
        if usable and _INVERSION.fullmatch(outputs[0]):
            inverters.append((cell.area, name))
    if not inverters:
        raise UserError(
            "The library has no inverter for use in logic.",
            where=str(technology.liberty),
            hint="Name another technology, or one whose liberty file does not mark it dont_use.",
        )
    return min(inverters)[1]


def run_yosys(
    job: Mapping[str, Any],
    scratch: Path,
    timeout: float,
    *,
    worker: str,
) -> None:
    """Give ``job`` to a worker, a process of its own in which Yosys may end.

    Parameters
    ----------
    job : mapping
        Goes to the worker as a JSON file, whose path is its argument.
    scratch : Path
        A folder that gets ``job.json``; the worker changes into it.
    timeout : float
        Seconds.
    worker : str
        Full name of the module that is run.

    Raises
    ------
    UserError
        Yosys is missing, refused the design or took too long.
    """
    check_yosys()
    (scratch / "job.json").write_text(json.dumps(job), "utf-8")
    done = run(
        python_command(worker, str(scratch / "job.json")),
        tool="Yosys",
        limit=timeout,
        variables=variables(),
        hint=SLOW,
    )
    check_space(scratch, log=done.output if done.status else "")
    if done.status:
        raise refusal(done.output, done.ending)


def refusal(log: str, ending: str) -> UserError:
    """The error that Yosys reported in its log; ``where`` is as Yosys names it.

    ``ending`` is how it ended, such as "ended with status 1".
    """
    errors = list(_ERROR.finditer(log))
    if not errors:
        last = log.strip().splitlines()[-1:] or ["nothing"]
        return UserError(f"Yosys {ending}; its last message: {last[0]}", hint=ENDED)
    return UserError(
        f"Yosys refused the design: {errors[-1]['what']}",
        where=errors[-1]["where"],
        hint="Correct the Verilog or the library that this names.",
    )
