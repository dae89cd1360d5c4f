"""What a chosen design gains over what it must beat: exact blocks, and plain lower precision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hawx_hw.search.pick import CONFIDENCE, choose_point
from hawx_hw.search.result import DesignPoint, SearchResult

__all__ = ["EXACT", "LOWER_PRECISION", "Rival", "own_kind", "rivals", "verdict"]

#: Kinds of rivals.
EXACT = "exact blocks"
LOWER_PRECISION = "lower precision alone"
_ONE_BLOCK = "one block everywhere"

#: How blocks of plain lower precision are named; the exact one is among them.
_PRECISION = ("exact", "precision(")
#: Predictions of designs of similar blocks are off one another by less than so many per cent (0.7,
#: measured by benchmarks/end_to_end.py).
_SIMILAR = 1.0
#: The same of coarse and exact blocks, whose energies differ by half.
_DIFFERENT = 5.0
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
    note : str
        Whether it was retrained, where that makes a difference.
    """

    kind: str
    point: DesignPoint
    note: str = ""

    @property
    def what(self) -> str:
        """What it is, in words."""
        if self.kind == EXACT:
            return self.kind
        return f"{self.kind}: {self.point.blocks[0]}{self.note}"


def rivals(
    result: SearchResult, chosen: DesignPoint, most: float, confidence: float = CONFIDENCE
) -> list[Rival]:
    """Exact blocks everywhere, and the least objective of one block everywhere.

    Each is chosen by the rule that chose the design, from its own kind.

    Parameters
    ----------
    result : SearchResult
        Its ``uniform`` are what is compared with, and what of them was retrained.
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
    alone = [point for point in result.retrained if len(set(point.vector)) == 1]
    uniform = [*alone, *result.uniform]
    plain = [point for point in uniform if point.blocks[0].startswith(_PRECISION)]
    others = [Rival(EXACT, point) for point in exact[:1]]
    for kind, some in ((LOWER_PRECISION, plain), (_ONE_BLOCK, uniform)):
        choice = choose_point(result, some, most, confidence)
        if choice and choice.point.network not in [rival.point.network for rival in others]:
            note = ""
            if chosen.retrained or choice.point.retrained:
                note = ", retrained" if choice.point.retrained else ", not retrained"
            others.append(Rival(kind, choice.point, note))
    return others


def verdict(result: SearchResult, chosen: DesignPoint, others: Sequence[Rival]) -> str:
    """One sentence on what the chosen design gains, or that it does not."""
    if not others:
        return "no design was evaluated that it could be compared with"
    itself = own_kind(result, chosen, others)
    parts = [
        _gain(result, chosen, rival) for rival in others if rival.point.network != chosen.network
    ]
    gains = ["predicted to take " + ", ".join(parts)] if parts else []
    return "; ".join([*([] if itself is None else [itself]), *gains])


def own_kind(result: SearchResult, chosen: DesignPoint, others: Sequence[Rival]) -> str | None:
    """The kind of a chosen design that is one of those that it must beat; None where it is none."""
    itself = next((rival for rival in others if rival.point.network == chosen.network), None)
    if itself is None:
        return None
    objective = chosen.metrics[result.objective]
    better = any(
        point.estimated_drop <= chosen.estimated_drop
        and point.metrics[result.objective] < objective
        for point in result.designs
    )
    kind = itself.kind
    if better:
        return kind
    if kind == EXACT:
        return f"{kind}: no design that was evaluated is as accurate and takes less"
    return f"{kind}: no mixture that was evaluated is better"


def _gain(result: SearchResult, chosen: DesignPoint, rival: Rival) -> str:
    """What the chosen design takes less than a rival, with the interval of predictions."""
    theirs, word = rival.point.metrics[result.objective], _WORDS.get(result.objective)
    word = word or result.objective
    if not theirs:
        # Every product is skipped.
        return f"no less {word} than {rival.what}, which takes none"
    ratio = chosen.metrics[result.objective] / theirs
    share = 100 * (1 - ratio)
    text = f"{abs(share):.1f} % {'less' if share > 0 else 'more'} {word} than {rival.what}"
    if result.objective not in _PREDICTED:
        return text
    error = ratio * (_DIFFERENT if chosen.exact != rival.point.exact else _SIMILAR)
    if abs(share) < error:
        return f"{text} (within the error of predictions: not distinguishable from none)"
    return f"{text} ({abs(share) - error:.1f} to {abs(share) + error:.1f} %)"
