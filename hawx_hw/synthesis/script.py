"""The Yosys commands that map a design onto standard cells."""

from __future__ import annotations

import shlex
from collections.abc import Iterable

from hawx_hw.errors import UserError

__all__ = ["script"]

_QUOTES = '"\\'
#: Yosys writes these words into commands of ABC and of the shell that starts it.
_SHELL = f"{_QUOTES}'`$;&|<>"


def script(job: dict[str, object]) -> list[str]:
    """The Yosys commands of a job; every path is quoted for Yosys.

    The hierarchy is kept, so each kind of module is mapped once. Memory macros are black boxes.
    ABC runs twice, first on plain gates: that costs no time in all and gives less area.

    Yosys would convert the liberty file for ABC, and keep the result in the system's temporary
    folder under a hash of the liberty file's path: a file for each folder that a module is mapped
    in, and one that another library at the same path would silently be replaced by. That cache is
    switched off; ABC then reads the liberty file itself, which is faster and gives the same gates.

    Parameters
    ----------
    job : dict
        ``sources``, ``top``, ``liberty``, ``dont_use``; the files ``netlist`` (JSON) and
        ``verilog`` that are written. Optional: ``declarations`` (a file of empty modules),
        ``constraints`` (of ABC), ``period_ps``, ``booth``, ``flatten``, and ``tie_high`` with
        ``tie_low``, each a cell and its pin.

    Raises
    ------
    UserError
        A name holds a character that Yosys, ABC or the shell that starts ABC interprets.
    """
    sources = " ".join(_quoted(str(source)) for source in job["sources"])  # type: ignore[attr-defined]
    liberty = _quoted(str(job["liberty"]), _SHELL)
    avoid = "".join(f" -dont_use {_quoted(str(c), _SHELL)}" for c in job["dont_use"])  # type: ignore[attr-defined]
    top = _quoted(str(job["top"]))
    booth = " -booth" if job.get("booth") else ""
    flatten = " -flatten" if job.get("flatten") else ""
    delay = f" -D {job['period_ps']}" if job.get("period_ps") else ""
    if job.get("constraints"):
        # Makes ABC put in buffers and choose sizes.
        delay += f" -constr {_quoted(str(job['constraints']), _SHELL)}"
    commands = ["libcache -scl -disable"]
    if job.get("declarations"):
        # The modules that this one holds, as empty modules that are left alone.
        commands.append(f"read_verilog -lib -DHAWX_BLACKBOX {_quoted(str(job['declarations']))}")
    commands += [
        f"read_verilog -DHAWX_BLACKBOX {sources}",
        f"hierarchy -check -top {top}",
        f"synth -top {top}{booth}{flatten}",
        f"dfflibmap -liberty {liberty}{avoid}",
        f"abc -liberty {liberty}{avoid}{delay}",
        "setundef -zero",
    ]
    if job.get("tie_high") and job.get("tie_low"):
        high, low = (" ".join(map(_quoted, job[k])) for k in ("tie_high", "tie_low"))  # type: ignore[call-overload]
        commands.append(f"hilomap -singleton -hicell {high} -locell {low}")
    return [
        *commands,
        "opt_clean -purge",
        # The names that write_verilog would give, so that all reports agree.
        "rename -enumerate",
        f"write_json {_quoted(str(job['netlist']))}",
        # OpenSTA does not read concatenations on the left of an assignment.
        f"write_verilog -noattr -noexpr -simple-lhs {_quoted(str(job['verilog']))}",
    ]


def _quoted(text: str, refused: Iterable[str] = _QUOTES) -> str:
    if not (text.isascii() and text.isprintable()) or any(c in text for c in refused):
        raise UserError(
            f"The name {text!r} cannot be part of a command of Yosys.",
            hint="Rename the module, cell or file: letters, digits, _ and . are safe.",
        )
    return text if shlex.quote(text) == text else f'"{text}"'
