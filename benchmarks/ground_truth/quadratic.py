"""Scores of single units that add up: half the squared shift of the logits, weighted."""

from __future__ import annotations

import numpy as np
from scipy.special import softmax

from hawx_hw.assignment.space import Space
from hawx_hw.emulation.products import EXACT
from hawx_hw.scores.profile import Profile

__all__ = ["quadratic_scores"]


def quadratic_scores(profile: Profile, space: Space) -> np.ndarray:
    """By how much each unit under each block, all others exact, changes the classes in the mean.

    The divergence of Kullback and Leibler of shifted logits from the exact ones is, to second
    order, ``sum(p (s - sum(p s))**2) / 2`` with the shifts ``s`` and the exact network's
    distribution of classes ``p``, averaged over the profile's images. Errors of different units
    hardly know of one another where biases are corrected: their squares then add up, which
    :func:`~ground_truth.sweep.sweep` needs, and which scores that grow with the error itself do
    not do.

    Parameters
    ----------
    profile : Profile
        Contains all of the space's blocks; its units are filters.
    space : Space
        Its units are layers, filters, or sets of filters of one layer.

    Returns
    -------
    ndarray of float64
        ``(units, blocks)``, each >= 0, in nats an image.

    Raises
    ------
    ValueError
        The profile lacks a block or a layer, or is of kernel slices; or a filter is in several
        units.
    """
    known = {digest: index for index, digest in enumerate(profile.digests)}
    missing = [block.name for block in space.blocks if block.digest not in known]
    if missing:
        raise ValueError(f"The profile must know the blocks {', '.join(missing)}")
    if profile.unit_slice.any():
        raise ValueError("The profile must be of whole filters, not of kernel slices")
    share = softmax(profile.logits, axis=1)
    scores = np.zeros((space.units, len(space.blocks)))
    for name in space.layers:
        if name not in profile.layers:
            raise ValueError(f"The profile must know the layer {name!r}")
        rows = np.flatnonzero(profile.unit_layer == profile.layers.index(name))
        units = space.unit(name).reshape(len(rows), -1)
        if (units != units[:, :1]).any():
            raise ValueError(f"Units of {name!r} must be of whole filters")
        for unit in np.unique(units):
            mine = rows[units[:, 0] == unit]
            for index, block in enumerate(space.blocks):
                if block.digest != EXACT.digest:
                    shift = profile.shifts[mine, known[block.digest]].astype(np.float64).sum(axis=0)
                    scores[unit, index] = _half_square(shift, share)
    return scores


def _half_square(shift: np.ndarray, share: np.ndarray) -> float:
    """Mean over images of half the variance of the shifts, by the shares of the classes."""
    mean = (share * shift).sum(axis=1, keepdims=True)
    return float((share * (shift - mean) ** 2).sum(axis=1).mean() / 2)
