"""Random assignments, from nearly exact to all approximate."""

from __future__ import annotations

import numpy as np

from hawx_hw.scores.profile import Profile

__all__ = ["random_choices"]


def random_choices(profile: Profile, count: int, *, exact: int = 0, seed: int = 1) -> np.ndarray:
    """Draw assignments, every second one by layer, the others by unit.

    Each draws some of the blocks, and the share of units (or layers) that get one of them; the
    others are exact.

    Parameters
    ----------
    profile : Profile
        A profile with at least two blocks.
    count : int
        Number of assignments, >= 0.
    exact : int
        Index of the exact block.
    seed : int
        The same seed draws the same; a smaller count draws the first of them.

    Returns
    -------
    ndarray of int64
        ``(count, units)``.
    """
    blocks, layers = len(profile.blocks), len(profile.layers)
    if blocks < 2:
        raise ValueError(f"A profile must have at least 2 blocks to draw from, not {blocks}")
    if not 0 <= exact < blocks:
        raise ValueError(f"exact must be in [0, {blocks}), not {exact!r}")
    rng = np.random.default_rng(seed)
    others = np.delete(np.arange(blocks), exact)
    choices = np.empty((count, profile.units), dtype=np.int64)
    for number in range(count):
        share = rng.random()
        pool = rng.choice(others, rng.integers(1, blocks), replace=False)
        size = profile.units if number % 2 else layers
        drawn = np.where(rng.random(size) < share, rng.choice(pool, size), exact)
        choices[number] = drawn if number % 2 else profile.by_layer(drawn)
    return choices
