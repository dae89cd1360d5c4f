"""What a chosen design gains over what it must beat: exact blocks, and plain lower precision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hawx_hw.search.result import Found, SearchResult

__all__ = ["Rival", "rivals", "verdict"]

#: How blocks of plain lower precision are named; the exact one is among them.
_PRECISION = ("exact", "precision(")
#: Predictions of designs that differ in their blocks alone were found off one another by up to so
#: many per cent (benchmarks/end_to_end.py).
_TOLD = 0.5
#: Figures that are predicted with an error.
_FORETOLD = ("energy_nj", "power_mw", "area_um2")


@dataclass(frozen=True)
class Rival:
    """A design beside the chosen one.

    Parameters
    ----------
    what : str
        What it is, in words.
    found : Found
    """

    what: str
    found: Found


def rivals(result: SearchResult, chosen: Found, most: float) -> list[Rival]:
    """Exact blocks everywhere, and the least objective of one block everywhere.

    Parameters
    ----------
    result : SearchResult
        Its ``uniform`` are what is compared with.
    chosen : Found
    most : float
        Points that may be lost; where the chosen design loses more, as much as it does.

    Returns
    -------
    list of Rival
        Exact, the best of plain lower precision and the best of any block, as far as they were run
        and lose no more; none twice.
    """
    most = max(most, chosen.lost)
    exact = [found for found in result.uniform if not found.assignment["layers"]]
    allowed = [found for found in result.uniform if found.lost <= most]
    plain = [found for found in allowed if _name(found).startswith(_PRECISION)]
    rows: list[Rival] = []
    for what, some in (
        ("exact", exact),
        ("lower precision alone", plain),
        ("one block everywhere", allowed),
    ):
        if some:
            best = min(some, key=lambda found: found.cost[result.objective])
            if best.vector not in [row.found.vector for row in rows]:
                rows.append(Rival(f"{what}: {_name(best)}" if what != "exact" else what, best))
    return rows


def verdict(result: SearchResult, chosen: Found, others: Sequence[Rival]) -> str:
    """One sentence on what the chosen design gains, or that it does not."""
    if chosen.vector in [rival.found.vector for rival in others]:
        less = [
            found
            for found in result.front
            if found.lost <= chosen.lost
            and found.cost[result.objective] < chosen.cost[result.objective]
        ]
        told = "one block everywhere was chosen"
        return told if less else f"{told}: no mixture that was found is better"
    if not others:
        return "nothing that it could be compared with was run"
    parts = []
    for rival in others:
        share = 100 * (1 - chosen.cost[result.objective] / rival.found.cost[result.objective])
        word = "less" if share > 0 else "more"
        exact = result.objective not in _FORETOLD
        doubt = "" if exact or abs(share) >= _TOLD else " (too little for predictions to tell)"
        parts.append(f"{abs(share):.2f} % {word} than {rival.what}{doubt}")
    return "predicted to take " + ", ".join(parts)


def _name(found: Found) -> str:
    return next(iter(found.assignment["blocks"]), "exact")
