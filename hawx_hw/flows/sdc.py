"""Timing constraints (SDC) of a design: one file for OpenSTA, LibreLane and OpenROAD-flow-scripts.

Tools take the numbers of an SDC file to be in the time unit of the library, which is ns in most
and ps in some, and none of them notices a wrong one: so the unit is a parameter here, and
:func:`period_ns` reads the period of a file back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from hawx_hw.errors import UserError
from hawx_hw.flows.ports import Port
from hawx_hw.flows.templates import render
from hawx_hw.util.quoting import opensta_name

__all__ = ["period_ns", "sdc_text"]

#: The line from which OpenROAD-flow-scripts take the period that synthesis maps for.
_PERIOD = re.compile(r"^set clk_period (\S+)", re.MULTILINE)
_UNITS = {1e-3: "ps", 1e-2: "10 ps", 0.1: "100 ps", 1.0: "ns"}


def sdc_text(
    top: str,
    ports: Sequence[Port],
    *,
    period_ns: float,
    unit_ns: float = 1.0,
    clock: str = "clk",
    io_delay_percent: float = 20.0,
    setup_uncertainty_percent: float | None = 5.0,
    hold_uncertainty_ns: float = 0.0,
    max_fanout: int | None = None,
    max_transition_ns: float | None = None,
    librelane: bool = False,
) -> str:
    """The constraints of a design with one clock.

    Parameters
    ----------
    top : str
        Its name, for the comment.
    ports : sequence of Port
    period_ns : float
        Of the clock, > 0.
    unit_ns : float
        The library's unit of time in ns: 1, 0.1, 0.01 or 0.001. LibreLane's, and those of the
        platforms of OpenROAD-flow-scripts but asap7 (ps), are in ns.
    clock : str
        Its port.
    io_delay_percent : float
        What the surroundings take of the period, before every other input and behind every output.
    setup_uncertainty_percent : float or None
        Of the period; None states no uncertainty of the clock, not for hold either, where the tool
        computes its own.
    hold_uncertainty_ns : float
    max_fanout, max_transition_ns : int, float or None
        Limits of the design, besides those of the library.
    librelane : bool
        Whether LibreLane's variables count where they are set in the environment; then the file is
        in ns.

    Raises
    ------
    UserError
        A port has a name that a tool would take for something else, or the clock is no input.
    ValueError
        The unit is none of the above, or not ns for LibreLane.
    """
    if unit_ns not in _UNITS:
        raise ValueError(f"unit_ns must be one of {', '.join(map(str, _UNITS))}, not {unit_ns!r}")
    if librelane and unit_ns != 1.0:
        raise ValueError(f"unit_ns must be 1.0 for LibreLane, not {unit_ns!r}")
    for port in ports:
        opensta_name(port.name)
    if not any(port.name == clock and port.direction == "input" for port in ports):
        raise UserError(
            f"{top} has no input {clock}, which is to be its clock.",
            hint="Emit the accelerator again: hawx emit CONFIG",
        )
    return render(
        "common",
        "constraint.sdc.j2",
        top=top,
        unit=_UNITS[unit_ns],
        period=_number(period_ns / unit_ns),
        clock=clock,
        io_percent=_number(io_delay_percent),
        io_share=_number(io_delay_percent / 100),
        inputs=_patterns(
            port for port in ports if port.direction != "output" and port.name != clock
        ),
        outputs=_patterns(port for port in ports if port.direction != "input"),
        setup_uncertainty=(
            None
            if setup_uncertainty_percent is None
            else _number(period_ns * setup_uncertainty_percent / 100 / unit_ns)
        ),
        hold_uncertainty=_number(hold_uncertainty_ns / unit_ns),
        max_fanout=max_fanout,
        max_transition=(
            None if max_transition_ns is None else _number(max_transition_ns / unit_ns)
        ),
        librelane=librelane,
    )


def period_ns(sdc: str, unit_ns: float) -> float:
    """The clock's period as a tool reads it from constraints.

    Parameters
    ----------
    sdc : str
        Such as :func:`sdc_text` returns.
    unit_ns : float
        Unit of time, in ns, of the library that the tool reads.

    Raises
    ------
    ValueError
        No line sets ``clk_period`` to a number.
    """
    match = _PERIOD.search(sdc)
    if match is None:
        raise ValueError("a line must begin with 'set clk_period' and a number")
    return float(match[1]) * unit_ns


def _patterns(ports: Iterable[Port]) -> list[str]:
    return sorted(f"{port.name}[*]" if port.bus else port.name for port in ports)


def _number(value: float) -> str:
    """A number with nine digits at most, and without an exponent for those that occur."""
    return f"{value:.9g}"
