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
        The library has no inverter, no delays or no areas.
    """
    cells = technology.library.cells.values()
    for missing, present in (
        ("delays", any(pin.arcs for cell in cells for pin in cell.pins.values())),
        ("an area", any(cell.area for cell in cells if not cell.dont_use)),
    ):
        if not present:
            raise UserError(
                f"No cell of the library has {missing}, which synthesis needs.",
                where=str(technology.liberty),
                hint=f"Name a technology whose library states {missing}.",
            )
    return f"set_driving_cell {abc_word(_driver(technology))}\nset_load 0\n"


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
