"""What a chosen design gains over what it must beat: exact blocks, and plain lower precision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hawx_hw.search.pick import CONFIDENCE, choose_point
from hawx_hw.search.result import DesignPoint, SearchResult

__all__ = ["EXACT", "LOWER_PRECISION", "Rival", "rivals", "verdict"]

#: Kinds of rivals.
EXACT = "exact blocks"
LOWER_PRECISION = "lower precision alone"
_ONE_BLOCK = "one block everywhere"

#: How blocks of plain lower precision are named; the exact one is among them.
_PRECISION = ("exact", "precision(")
#: Predictions of designs of similar blocks are off one another by less than so many per cent (0.7,
#: measured by benchmarks/end_to_end.py); those of coarse and exact ones, whose energies differ by
#: half, by up to 5.
_RESOLUTION = 1.0
#: Metrics that are predicted with an error.
_PREDICTED = ("energy_nj", "power_mw", "area_um2")
#: Objectives in words.
_WORDS = {
    "energy_nj": "energy",
    "power_mw": "power",
    "area_um2": "area",
    "latency_us": "time",
}


@dataclass(frozen=True)
class Rival:
    """A design beside the chosen one.

    Parameters
    ----------
    kind : str
        :data:`EXACT`, :data:`LOWER_PRECISION` or one block everywhere.
    point : DesignPoint
    """

    kind: str
    point: DesignPoint

    @property
    def what(self) -> str:
        """What it is, in words."""
        return self.kind if self.kind == EXACT else f"{self.kind}: {self.point.blocks[0]}"


def rivals(
    result: SearchResult, chosen: DesignPoint, most: float, confidence: float = CONFIDENCE
) -> list[Rival]:
    """Exact blocks everywhere, and the least objective of one block everywhere.

    Each is chosen by the rule that chose the design, from its own kind.

    Parameters
    ----------
    result : SearchResult
        Its ``uniform`` are what is compared with.
    chosen : DesignPoint
    most : float
        The largest accuracy drop, in percentage points; where no images select and that of the
        chosen design is larger, that.
    confidence : float
        Of the bound that keeps it.

    Returns
    -------
    list of Rival
        Exact, the best of plain lower precision and the best of any block, as far as they were
        evaluated and keep the accuracy drop; none twice.
    """
    if result.select_images == 0:
        most = max(most, chosen.accuracy_drop)
    exact = [point for point in result.uniform if point.exact]
    plain = [point for point in result.uniform if point.blocks[0].startswith(_PRECISION)]
    others = [Rival(EXACT, point) for point in exact[:1]]
    for kind, some in ((LOWER_PRECISION, plain), (_ONE_BLOCK, result.uniform)):
        choice = choose_point(result, some, most, confidence)
        if choice and choice.point.vector not in [rival.point.vector for rival in others]:
            others.append(Rival(kind, choice.point))
    return others


def verdict(result: SearchResult, chosen: DesignPoint, others: Sequence[Rival]) -> str:
    """One sentence on what the chosen design gains, or that it does not."""
    objective = chosen.metrics[result.objective]
    if chosen.vector in [rival.point.vector for rival in others]:
        less = [
            point
            for point in result.front
            if point.unseen_drop <= chosen.unseen_drop
            and point.metrics[result.objective] < objective
        ]
        text = _ONE_BLOCK
        return text if less else f"{text}: no mixture that was evaluated is better"
    if not others:
        return "no design was evaluated that it could be compared with"
    parts = []
    for rival in others:
        share = 100 * (1 - objective / rival.point.metrics[result.objective])
        word = "less" if share > 0 else "more"
        clear = result.objective not in _PREDICTED or abs(share) >= _RESOLUTION
        low, high = sorted((abs(share) - _RESOLUTION, abs(share) + _RESOLUTION))
        doubt = f" ({low:.2f} to {high:.2f} %)" if result.objective in _PREDICTED else ""
        if not clear:
            doubt = " (within the error of predictions: not distinguishable from none)"
        unit = _WORDS.get(result.objective, result.objective)
        parts.append(f"{abs(share):.2f} % {word} {unit} than {rival.what}{doubt}")
    return "predicted to take " + ", ".join(parts)
