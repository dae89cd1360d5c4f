"""The mask of so many partial products with the least error of a layer's sums."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from hawx_hw.block_design.form import PLACES, SumForm, grown, neighbors, swapped
from hawx_hw.block_design.layer import Layer
from hawx_hw.blocks.families.array import Array
from hawx_hw.blocks.families.lower_precision import Precision
from hawx_hw.blocks.families.mask import Mask

__all__ = ["Candidate", "MaskSearch", "arrays", "rectangles"]

#: Masks of each kind that are tried with weights chosen together, the best by the form.
_STARTS = 3
#: So many of them are improved.
_DESCENTS = 2
#: Swaps that are tried with weights chosen together before a mask counts as the best.
_SWAPS = 4


@dataclass(frozen=True, eq=False)
class Candidate:
    """A mask with weights chosen together.

    Parameters
    ----------
    mask : Mask
    codes : ndarray of int64
        ``(filters, taps)``.
    error : float
        Variance of the errors of the layer's sums relative to that of the sums, at the positions
        that the weights were chosen by.
    """

    mask: Mask
    codes: np.ndarray
    error: float


@functools.cache
def rectangles() -> dict[Mask, Precision]:
    """The masks of plain lower precision, of 2 to 8 bits each."""
    sizes = itertools.product(range(8, 1, -1), repeat=2)
    return {_array(8 - w, 8 - a, 0): Precision(w, a) for w, a in sizes}


@functools.cache
def arrays() -> dict[Mask, Array]:
    """The masks of the family ``array``, each once."""
    members: dict[Mask, Array] = {}
    for parameters in itertools.product(range(8), range(8), range(15)):
        members.setdefault(_array(*parameters), Array(*parameters))
    return members


def _array(ha: int, hb: int, v: int) -> Mask:
    """The mask of ``array(ha, hb, v)``."""
    i, j = np.indices((8, 8))
    return Mask.of((i >= ha) & (j >= hb) & (i + j >= v))


class MaskSearch:
    """Designs masks for a layer.

    Parameters
    ----------
    layer : Layer
        At the positions that the masks are designed for.
    effort : int
        How many times as many swaps are tried, at least 1.
    """

    def __init__(self, layer: Layer, effort: int = 1):
        self._layer, self._effort = layer, effort
        self._tried: dict[Mask, Candidate] = {}
        self._designed: dict[int, Candidate] = {}

    @property
    def tried(self) -> list[Candidate]:
        """All masks that weights were chosen together for."""
        return list(self._tried.values())

    def candidate(self, mask: Mask) -> Candidate:
        """A mask with weights chosen together."""
        if mask not in self._tried:
            codes = self._layer.together(mask)
            self._tried[mask] = Candidate(mask, codes, self._layer.error(mask, codes))
        return self._tried[mask]

    def design(self, count: int) -> Candidate:
        """The best mask of ``count`` partial products that the search comes across.

        It begins with the best swaps that the layer's own quadratic form allows with the original
        weights, and with the best arrays and rectangles. Weights are chosen together for each, and
        the best are improved: by swaps in the form of its own weights, and by the swaps that seem
        best in that of the original ones, weights chosen together anew each time, until none gains.

        Parameters
        ----------
        count : int
            In [1, 64].
        """
        if count not in self._designed:
            starts = dict.fromkeys([*self._by_form(count), *self._by_family(count)])
            order = sorted(map(self.candidate, starts), key=_rank)
            ends = [self._descended(start) for start in order[: _DESCENTS + self._effort - 1]]
            self._designed[count] = min(ends, key=_rank)
        return self._designed[count]

    def _descended(self, best: Candidate) -> Candidate:
        """The candidate after improvements, as long as there are any."""
        while (better := self._improved(best)).error < best.error:
            best = better
        return best

    def _by_form(self, count: int) -> Iterator[Mask]:
        """The best swaps with the original weights, for each step of the activations."""
        errors: dict[Mask, float] = {}
        for step in self._layer.steps:
            allowed = _allowed(step)
            if allowed.sum() < count:
                continue
            form = self._original(step)
            for selected in self._grown(form, count, allowed):
                mask = Mask.of(swapped(form, selected, allowed))
                errors[mask] = min(errors.get(mask, np.inf), form.error(mask.selected))
        yield from sorted(errors, key=lambda mask: (errors[mask], mask.bits))[:_STARTS]

    def _grown(self, form: SumForm, count: int, allowed: np.ndarray) -> Iterator[np.ndarray]:
        """Masks to begin swaps with: grown from nothing, from everything, from close arrays."""
        yield grown(form, np.zeros(64, dtype=bool), count, allowed)
        yield grown(form, allowed, count, allowed)
        close = [mask for mask in arrays() if abs(mask.count - count) <= 2]
        close.sort(key=lambda mask: (form.error(mask.selected.ravel() & allowed), mask.bits))
        for mask in close[:_STARTS]:
            yield grown(form, mask.selected.ravel(), count, allowed)

    def _by_family(self, count: int) -> Iterator[Mask]:
        """The best members of each family of just so many partial products, or of fewer."""
        for members in (rectangles(), arrays()):
            most = max((mask.count for mask in members if mask.count <= count), default=0)
            own = [mask for mask in members if mask.count == most]
            own.sort(key=lambda mask: (self.plain(mask), mask.bits))
            for mask in own[:_STARTS]:
                # Where all bits that the mask reads are in use, lower ones are needed.
                step = min(self._step(mask), self._coarsest(count))
                selected = grown(self._original(step), mask.selected.ravel(), count, _allowed(step))
                yield Mask.of(selected)

    def _improved(self, best: Candidate) -> Candidate:
        """The first better mask that is come across; the same if there is none."""
        step = self._step(best.mask)
        allowed = _allowed(step)
        form = self._layer.form(step, best.codes)
        fitted = self.candidate(Mask.of(swapped(form, best.mask.selected.ravel(), allowed)))
        if fitted.error < best.error:
            return fitted
        for source in (form, self._original(step)):
            selected = best.mask.selected.ravel()
            for _, (out, into) in itertools.islice(
                neighbors(source, selected, allowed), self._effort * _SWAPS
            ):
                changed = selected.copy()
                changed[[out, into]] = False, True
                candidate = self.candidate(Mask.of(changed))
                if candidate.error < best.error:
                    return candidate
        return best

    def plain(self, mask: Mask) -> float:
        """The error with the original weights."""
        return self._original(self._step(mask)).error(mask.selected)

    def _coarsest(self, count: int) -> int:
        """The largest step of the activations that leaves so many partial products."""
        return max(step for step in self._layer.steps if _allowed(step).sum() >= count)

    def _step(self, mask: Mask) -> int:
        return min(self._layer.step(mask), self._layer.steps[-1])

    @functools.cache  # noqa: B019
    def _original(self, step: int) -> SumForm:
        return self._layer.form(step, self._layer.weight)


def _allowed(step: int) -> np.ndarray:
    """The partial products of bits of activations that are multiples of ``step``."""
    return np.tile(step.bit_length() - 1 <= PLACES, 8)


def _rank(candidate: Candidate) -> tuple[float, int]:
    return candidate.error, candidate.mask.bits
