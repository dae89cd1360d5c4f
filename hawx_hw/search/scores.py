"""The hawx scores of a profile, for the units of a space."""

from __future__ import annotations

import numpy as np

from hawx_hw.emulation.products import EXACT
from hawx_hw.search.space import Space
from hawx_hw.sensitivity.profile import Profile

__all__ = ["ProfileScores"]

#: Values of logits at a time.
_PART = 2**22


class ProfileScores:
    """Expected changes of classes, in images of a hundred, as the profile foresees them.

    Parameters
    ----------
    profile : Profile
        Knows the exact block and all of the space's; its units are no larger than the space's.
    space : Space

    Raises
    ------
    ValueError
        The profile lacks a block or a layer, or has a unit that is in several of the space's.
    """

    def __init__(self, profile: Profile, space: Space):
        known = {digest: index for index, digest in enumerate(profile.digests)}
        missing = [b.name for b in (EXACT, *space.blocks) if b.digest not in known]
        if missing:
            raise ValueError(f"The profile must know the blocks {', '.join(missing)}")
        order = np.array([known[block.digest] for block in space.blocks])
        of = np.full(profile.units, -1, dtype=np.int64)
        for name in space.layers:
            if name not in profile.layers:
                raise ValueError(f"The profile must know the layer {name!r}")
            layer = profile.layers.index(name)
            unit, slices = space.unit(name), profile.slices[layer]
            if unit.shape[1:] != slices.shape:
                raise ValueError(f"The profile must be of a layer {name!r} of {unit.shape}")
            for row in np.flatnonzero(profile.unit_layer == layer):
                mine = unit[profile.unit_filter[row]][slices == profile.unit_slice[row]]
                if (mine != mine[0]).any():
                    raise ValueError(f"The profile must have units as small as those of {name!r}")
                of[row] = mine[0]
        exact = known[EXACT.digest]
        size = profile.logits.size
        self._logits = profile.logits.astype(np.float32)
        # Everything exact first, and each block against that: what is not searched is exact.
        self._logits += profile.shifts[:, exact].sum(axis=0, dtype=np.float64)
        self._before = _softmax(self._logits)
        shifts = np.zeros((space.units, len(order), size), dtype=np.float32)
        for row in np.flatnonzero(of >= 0):
            more = profile.shifts[row, order] - profile.shifts[row, exact]
            shifts[of[row]] += more.reshape(len(order), size)
        self._shifts = shifts.reshape(-1, size)
        self._blocks = len(order)
        self._table: np.ndarray | None = None

    @property
    def table(self) -> np.ndarray:
        """Score of each unit under each block, all others exact: float64 ``(units, blocks)``."""
        if self._table is None:
            rows = np.arange(len(self._shifts))
            part = max(1, _PART // self._logits.size)
            parts = [
                self._changes(self._shifts[rows[start : start + part]])
                for start in range(0, len(rows), part)
            ]
            self._table = np.concatenate(parts).reshape(-1, self._blocks)
        return self._table

    def predict(self, vectors: np.ndarray) -> np.ndarray:
        """Scores of vectors ``(n, units)``: float64 ``(n,)``."""
        vectors = np.asarray(vectors)
        found = np.empty(len(vectors))
        part = max(1, _PART // self._logits.size)
        for start in range(0, len(vectors), part):
            some = vectors[start : start + part]
            picked = np.zeros((*some.shape, self._blocks), dtype=np.float32)
            np.put_along_axis(picked, some[..., None], 1, axis=2)
            total = picked.reshape(len(some), -1) @ self._shifts
            found[start : start + part] = self._changes(total)
        return found

    def _changes(self, shifts: np.ndarray) -> np.ndarray:
        """Distances in variation from the exact network's classes, in images of a hundred."""
        after = _softmax(self._logits + shifts.reshape(-1, *self._logits.shape))
        after -= self._before
        np.abs(after, out=after)
        found: np.ndarray = 50 * after.sum(axis=-1).mean(axis=-1, dtype=np.float64)
        return found


def _softmax(logits: np.ndarray) -> np.ndarray:
    """Over the last axis, in float32: what is averaged over images needs no more."""
    found: np.ndarray = logits - logits.max(axis=-1, keepdims=True)
    np.exp(found, out=found)
    found /= found.sum(axis=-1, keepdims=True)
    return found
