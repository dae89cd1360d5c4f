"""The shortest period of a clock, from slacks at another one."""

from __future__ import annotations

from hawx_hw.flows.sta_reports import Slacks

__all__ = ["shortest_period_ns"]


def shortest_period_ns(
    period_ns: float,
    inputs: Slacks,
    registers: Slacks,
    *,
    io_delay_percent: float,
    uncertainty_percent: float,
) -> float | None:
    """The period at which the least slack is 0.

    What a path leaves unused is ``share * period - delay``. Its share of the period is what the
    uncertainty of the clock leaves, and what the surroundings leave where it begins at an input,
    and again where it ends at an output. At another period delays are the same, and shares too. An
    endpoint has a path from inputs and one from registers: which of them limits depends on the
    period.

    Parameters
    ----------
    period_ns : float
        At which the slacks are, > 0.
    inputs, registers : Slacks
        Of paths that begin at an input, or at a register or memory. Endpoints without ``/`` are
        outputs.
    io_delay_percent, uncertainty_percent : float
        Of a period: what the surroundings take at each side, and what the clock's uncertainty does.

    Returns
    -------
    float or None
        In ns. None where there is no path, or one with no share of the period.
    """
    periods = []
    for slacks, sides in ((inputs, 1), (registers, 0)):
        for end, slack in slacks.by_end.items():
            taken = (sides + ("/" not in end)) * io_delay_percent
            share = 1 - (uncertainty_percent + taken) / 100
            if share <= 0:
                return None
            periods.append(period_ns - slack / share)
    longest = max(periods, default=0.0)
    return longest if longest > 0 else None
