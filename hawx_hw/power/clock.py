"""The clock that power is reported at."""

from __future__ import annotations

__all__ = ["clock_of"]


def clock_of(requested: float | None, usual: float, longest_ns: float) -> tuple[float, str]:
    """The clock in MHz, and why this one.

    Parameters
    ----------
    requested : float or None
        The config's, in MHz.
    usual : float
        The technology's, in MHz.
    longest_ns : float
        The design's longest path; a clock with a shorter period is lowered.
    """
    clock, source = (
        (usual, "set by the technology") if requested is None else (requested, "set by the config")
    )
    if longest_ns > 0 and clock * longest_ns > 1000:
        return round(1000 / longest_ns, 4), "lowered to what the longest path allows"
    return clock, source
