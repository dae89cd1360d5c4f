"""The hawx scores of a profile, for the units of a space."""

from __future__ import annotations

import numpy as np

from hawx_hw.emulation.products import EXACT
from hawx_hw.search.space import Space
from hawx_hw.sensitivity.predictor import expected_changes
from hawx_hw.sensitivity.profile import Profile

__all__ = ["ProfileScores"]


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
        self._profile = profile
        self._blocks = np.array([known[block.digest] for block in space.blocks])
        self._exact = known[EXACT.digest]
        self._units = space.units
        self._of = np.full(profile.units, -1, dtype=np.int64)
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
                self._of[row] = mine[0]
        self._table: np.ndarray | None = None

    @property
    def table(self) -> np.ndarray:
        """Score of each unit under each block, all others exact: float64 ``(units, blocks)``."""
        if self._table is None:
            blocks = len(self._blocks)
            unit = np.repeat(np.arange(self._units), blocks)
            alone = np.full((len(unit), self._units + 1), self._exact, dtype=np.int64)
            alone[np.arange(len(unit)), unit] = np.tile(self._blocks, self._units)
            found = expected_changes(self._profile, alone[:, self._of])
            self._table = found.reshape(self._units, blocks)
        return self._table

    def predict(self, vectors: np.ndarray) -> np.ndarray:
        """Scores of vectors ``(n, units)``: float64 ``(n,)``."""
        vectors = np.asarray(vectors)
        # The last column is for what is not searched, and exact.
        choices = np.full((len(vectors), self._units + 1), self._exact, dtype=np.int64)
        choices[:, :-1] = self._blocks[vectors]
        return expected_changes(self._profile, choices[:, self._of])
