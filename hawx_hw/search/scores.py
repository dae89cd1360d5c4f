"""The hawx scores of a profile, for the units of a space."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hawx_hw.assignment.space import Space
from hawx_hw.emulation.products import EXACT
from hawx_hw.scores.profile import Profile
from hawx_hw.search.tuning import SearchTuning

__all__ = ["ImageScores", "ProfileScores"]

#: Values of logits at a time.
_PART = 2**22


class ProfileScores:
    """Expected changes of classes, in images of a hundred, by the first order of the profile.

    Parameters
    ----------
    profile : Profile
        Of the exact block and all of the space's; its units are no larger than the space's.
    space : Space

    Raises
    ------
    ValueError
        The profile lacks a block or a layer, or has a unit that is in several of the space's.
    """

    def __init__(self, profile: Profile, space: Space):
        position = {digest: index for index, digest in enumerate(profile.digests)}
        missing = [b.name for b in (EXACT, *space.blocks) if b.digest not in position]
        if missing:
            raise ValueError(f"The profile must have the blocks {', '.join(missing)}")
        order = np.array([position[block.digest] for block in space.blocks])
        of = np.full(profile.units, -1, dtype=np.int64)
        for name in space.layers:
            if name not in profile.layers:
                raise ValueError(f"The profile must have the layer {name!r}")
            layer = profile.layers.index(name)
            unit, slices = space.unit(name), profile.slices[layer]
            if unit.shape[1:] != slices.shape:
                raise ValueError(f"The profile must be of a layer {name!r} of {unit.shape}")
            for own in np.flatnonzero(profile.unit_layer == layer):
                units = unit[profile.unit_filter[own]][slices == profile.unit_slice[own]]
                if (units != units[0]).any():
                    raise ValueError(f"The profile must have units as small as those of {name!r}")
                of[own] = units[0]
        exact = position[EXACT.digest]
        size = profile.logits.size
        self._logits = profile.logits.astype(np.float32)
        # Everything exact first, and each block against that: what is not searched is exact.
        self._logits += profile.shifts[:, exact].sum(axis=0, dtype=np.float64)
        self._before = _softmax(self._logits)
        shifts = np.zeros((space.units, len(order), size), dtype=np.float32)
        for own in np.flatnonzero(of >= 0):
            more = profile.shifts[own, order] - profile.shifts[own, exact]
            shifts[of[own]] += more.reshape(len(order), size)
        self._shifts = shifts.reshape(-1, size)
        self._blocks = len(order)
        self._table: np.ndarray | None = None

    @property
    def table(self) -> np.ndarray:
        """Score of each unit under each block, all others exact: float64 ``(units, blocks)``."""
        if self._table is None:
            part = max(1, _PART // self._logits.size)
            parts = [
                self._scored(self._shifts[start : start + part])
                for start in range(0, len(self._shifts), part)
            ]
            self._table = np.concatenate(parts).reshape(-1, self._blocks)
        return self._table

    def predict(self, vectors: np.ndarray) -> np.ndarray:
        """Scores of vectors ``(n, units)``: float64 ``(n,)``."""
        parts = [self._scored(shifts) for shifts in self._shifted(vectors)]
        return np.concatenate([np.empty(0), *parts])

    def _shifted(self, vectors: np.ndarray) -> Iterator[np.ndarray]:
        """What vectors add to the logits, a part of them at a time: ``(n, images * classes)``."""
        vectors = np.asarray(vectors)
        part = max(1, _PART // self._logits.size)
        for start in range(0, len(vectors), part):
            some = vectors[start : start + part]
            picked = np.zeros((*some.shape, self._blocks), dtype=np.float32)
            np.put_along_axis(picked, some[..., None], 1, axis=2)
            yield picked.reshape(len(some), -1) @ self._shifts

    def _scored(self, shifts: np.ndarray) -> np.ndarray:
        """Distances in variation from the exact network's classes, in images of a hundred."""
        after = _softmax(self._logits + shifts.reshape(-1, *self._logits.shape))
        after -= self._before
        np.abs(after, out=after)
        distances: np.ndarray = 50 * after.sum(axis=-1).mean(axis=-1, dtype=np.float64)
        return distances


class ImageScores(ProfileScores):
    """Expected accuracy drops of assignments, in percentage points, on the profile's own images.

    For a search whose evaluations run these very images: it is then predicted which of them an
    assignment loses, and not only how many. Needs the labels.

    Parameters
    ----------
    profile, space
        See :class:`ProfileScores`.
    weights : ndarray of float or None
        For how many images of an evaluation each of the profile's stands, >= 1: ``(images,)``;
        None: each for itself.
    sharpness : float
        Factor of the logits before their softmax, see
        :class:`~hawx_hw.search.tuning.SearchTuning`.
    """

    def __init__(
        self,
        profile: Profile,
        space: Space,
        weights: np.ndarray | None = None,
        *,
        sharpness: float = SearchTuning.sharpness,
    ):
        super().__init__(profile, space)
        self._sharpness = sharpness
        images = len(profile.labels)
        self._weights = np.ones(images) if weights is None else np.asarray(weights, np.float64)
        if self._weights.shape != (images,) or not (self._weights >= 1).all():
            raise ValueError(f"weights must be {images} numbers of at least 1")
        self._labels = profile.labels
        (self._exact,) = self._right(np.zeros((1, self._logits.size), dtype=np.float32))

    @property
    def weights(self) -> np.ndarray:
        """For how many images each of the profile's stands: float64 ``(images,)``."""
        return self._weights

    @property
    def exact(self) -> np.ndarray:
        """As :meth:`right`, of the exact network: float32 ``(images,)``."""
        return self._exact

    def right(self, vectors: np.ndarray) -> np.ndarray:
        """How likely each image is right under vectors ``(n, units)``: float32 ``(n, images)``."""
        parts = [self._right(shifts) for shifts in self._shifted(vectors)]
        return np.concatenate([np.empty((0, len(self._labels)), np.float32), *parts])

    def _right(self, shifts: np.ndarray) -> np.ndarray:
        logits = self._sharpness * (self._logits + shifts.reshape(-1, *self._logits.shape))
        own = logits[:, np.arange(len(self._labels)), self._labels]
        logits -= own[..., None]
        # Larger ones change nothing but overflow.
        np.minimum(logits, 80, out=logits)
        np.exp(logits, out=logits)
        right: np.ndarray = 1 / logits.sum(axis=-1)
        return right

    def _scored(self, shifts: np.ndarray) -> np.ndarray:
        lost = (self._exact - self._right(shifts)) @ self._weights
        drops: np.ndarray = 100 * lost / self._weights.sum()
        return drops


def _softmax(logits: np.ndarray) -> np.ndarray:
    """Over the last axis, in float32: what is averaged over images needs no more."""
    shares: np.ndarray = logits - logits.max(axis=-1, keepdims=True)
    np.exp(shares, out=shares)
    shares /= shares.sum(axis=-1, keepdims=True)
    return shares
