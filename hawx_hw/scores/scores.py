"""The hawx scores of filters, layers and networks, from a profile.

The public abstract of HAWX (arXiv 2602.16336) names scores of operations, filters, layers and
models, but not their formulas. These are reconstructions. All are the growth of the calibration
loss, so that they can be compared across layers and networks:

``logits``
    The units' shifts of the logits add up, image by image, and the cross-entropy is that of the
    shifted logits. The reference of the others.
``fidelity``
    The same shifts, without labels: the Kullback-Leibler divergence of the shifted
    distribution of classes from the exact one.
``tempered``
    As ``logits``, of logits divided by 1.5. A network is more certain of its training images than
    of others; the temperature compensates for some of that, as in C. Guo et al. (arXiv
    1706.04599, 2017), but with one value for all networks, chosen by experiment.
``moments``
    From histograms and one backward pass, no emulation: the mean errors of sums shift the logits
    linearly, their variances cost one half of the Fisher information each (diagonal, of the
    network's own distribution of classes).

and for ablation

``variance``
    ``moments`` without the shift of the mean errors.
``codes``
    No weighting by the loss: the mean squares of the units' changes of codes, added up.
``operations``
    Neither weighting nor cancellation: hawx(o) times multiplications, added up. Known as
    the weighted mean error distance.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.special import log_softmax

from hawx_hw.scores.profile import Profile

__all__ = [
    "VARIANTS",
    "filter_scores",
    "growth",
    "layer_scores",
    "losses",
    "model_scores",
    "shifted_logits",
]

#: The basis of each score, in a few words.
VARIANTS: Mapping[str, str] = {
    "logits": "shifts of the logits",
    "fidelity": "shifts of the logits, no labels",
    "tempered": "shifts of the logits, less certain",
    "moments": "mean and variance of sums",
    "variance": "moments without the mean",
    "codes": "squares of codes, no loss",
    "operations": "absolute errors of products",
}

#: Divisor of the logits of ``tempered``.
_TEMPERATURE = 1.5
#: Values of logits at a time: assignments are processed in parts that fit.
_PART = 2**24


def shifted_logits(profile: Profile, choices: np.ndarray, *, scale: float = 1.0) -> np.ndarray:
    """Predicted logits of the calibration images with assignments, to first order.

    Parameters
    ----------
    profile : Profile
    choices : ndarray of int
        ``(assignments, units)``: index of each unit's block.
    scale : float
        Factor of the shifts, >= 0.

    Returns
    -------
    ndarray of float64
        ``(assignments, images, classes)``.
    """
    return profile.logits + scale * _chosen(profile.shifts, profile.checked(choices))


def losses(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Mean cross-entropy in nats: ``(..., images, classes)`` and ``(images,)`` to ``(...)``."""
    entropies: np.ndarray = -log_softmax(logits, axis=-1)[..., np.arange(len(labels)), labels]
    return entropies.mean(axis=-1)


def model_scores(profile: Profile, choices: np.ndarray, variant: str = "logits") -> np.ndarray:
    """hawx(model) of assignments.

    Parameters
    ----------
    profile : Profile
    choices : ndarray of int
        ``(assignments, units)``.
    variant : str
        One of :data:`VARIANTS`.

    Returns
    -------
    ndarray of float64
        ``(assignments,)``; 0 where every unit is exact. In nats an image, except ``codes``
        (squared codes) and ``operations`` (products).
    """
    choices = profile.checked(choices)
    if variant not in VARIANTS:
        raise ValueError(f"variant must be one of {', '.join(VARIANTS)}, not {variant!r}")
    if variant in ("variance", "codes", "operations"):
        return _added(profile, variant)[np.arange(profile.units), choices].sum(axis=1)
    scores = np.empty(len(choices))
    size = max(1, _PART // profile.logits.size)
    for start in range(0, len(choices), size):
        part = slice(start, start + size)
        scores[part] = _nonlinear(profile, choices[part], variant)
    return scores


def filter_scores(profile: Profile, variant: str = "logits") -> np.ndarray:
    """hawx(f): the score of each unit with each block, all others exact.

    Returns
    -------
    ndarray of float64
        ``(units, blocks)``, in the unit of :func:`model_scores`.
    """
    if variant not in VARIANTS:
        raise ValueError(f"variant must be one of {', '.join(VARIANTS)}, not {variant!r}")
    if variant in ("variance", "codes", "operations"):
        return _added(profile, variant)
    moments = variant == "moments"
    scores = np.empty(profile.mean.shape)
    for unit in range(profile.units):
        shifts = profile.shifts[unit].astype(np.float64)
        if moments:
            shifts = profile.mean[unit, :, None, None] * profile.gain[unit].astype(np.float64)
        scores[unit] = growth(profile, profile.logits + shifts, variant)
    return scores + _added(profile, "variance") if moments else scores


def layer_scores(profile: Profile, variant: str = "logits") -> np.ndarray:
    """hawx(l): the score of each layer with each block, all others exact.

    Returns
    -------
    ndarray of float64
        ``(layers, blocks)``, in the unit of :func:`model_scores`.
    """
    if variant not in VARIANTS:
        raise ValueError(f"variant must be one of {', '.join(VARIANTS)}, not {variant!r}")
    scores = np.empty((len(profile.layers), len(profile.blocks)))
    for layer in range(len(profile.layers)):
        units = profile.unit_layer == layer
        if variant in ("variance", "codes", "operations"):
            scores[layer] = _added(profile, variant)[units].sum(axis=0)
            continue
        if variant == "moments":
            gain = profile.gain[units].astype(np.float64)
            shifts = np.einsum("ub,unc->bnc", profile.mean[units], gain)
        else:
            shifts = profile.shifts[units].sum(axis=0, dtype=np.float64)
        scores[layer] = growth(profile, profile.logits + shifts, variant)
        if variant == "moments":
            scores[layer] += _added(profile, "variance")[units].sum(axis=0)
    return scores


def _nonlinear(profile: Profile, choices: np.ndarray, variant: str) -> np.ndarray:
    if variant != "moments":
        return growth(profile, shifted_logits(profile, choices), variant)
    mean = profile.mean[np.arange(profile.units), choices]
    shifts = (mean @ profile.gain.reshape(profile.units, -1)).reshape(-1, *profile.logits.shape)
    added = growth(profile, profile.logits + shifts, variant)
    return added + model_scores(profile, choices, "variance")


def growth(profile: Profile, logits: np.ndarray, variant: str = "logits") -> np.ndarray:
    """Growth of the loss with other logits of the profile's images than the exact ones.

    Parameters
    ----------
    profile : Profile
    logits : ndarray of float64
        ``(..., images, classes)``.
    variant : str
        ``fidelity`` or ``tempered``; any other means ``logits``.

    Returns
    -------
    ndarray of float64
        ``(...)``, in nats an image.
    """
    if variant == "fidelity":
        before = log_softmax(profile.logits, axis=-1)
        difference = before - log_softmax(logits, axis=-1)
        divergence: np.ndarray = (np.exp(before) * difference).sum(axis=-1).mean(axis=-1)
        return divergence
    heat = _TEMPERATURE if variant == "tempered" else 1.0
    return losses(logits / heat, profile.labels) - losses(profile.logits / heat, profile.labels)


def _added(profile: Profile, variant: str) -> np.ndarray:
    """Additive scores of units: ``(units, blocks)``."""
    if variant == "variance":
        return profile.variance * profile.fisher[:, None] / 2
    if variant == "codes":
        return profile.code_square
    # The error of all products of an image; absolute errors are those of one pixel.
    pixels = profile.macs / _taps(profile)
    return profile.absolute * pixels[:, None]


def _taps(profile: Profile) -> np.ndarray:
    counts = [np.bincount(part.ravel()) for part in profile.slices]
    return np.array(
        [counts[l][s] for l, s in zip(profile.unit_layer, profile.unit_slice, strict=True)]
    )


def _chosen(values: np.ndarray, choices: np.ndarray) -> np.ndarray:
    """Sums over units of the values of their blocks: ``(assignments, images, classes)``."""
    units, blocks = values.shape[:2]
    distinct, group = np.unique(choices, axis=1, return_inverse=True)
    if 2 * distinct.shape[1] <= units:
        # Units that always have one block, as in assignments by layer, count as one.
        merged = [
            values[group == k].sum(axis=0, dtype=np.float64) for k in range(distinct.shape[1])
        ]
        values, choices, units = np.stack(merged), distinct, len(merged)
    picked = np.zeros((len(choices), units, blocks), dtype=values.dtype)
    np.put_along_axis(picked, choices[..., None], 1, axis=2)
    flat = values.reshape(units * blocks, -1)
    # One matrix product a part of the units: float32 adds few terms, float64 the parts.
    total = np.zeros((len(choices), flat.shape[1]))
    for start in range(0, units, 64):
        part = picked[:, start : start + 64].reshape(len(choices), -1)
        total += part @ flat[start * blocks : (start + 64) * blocks]
    return total.reshape(len(choices), *values.shape[2:])
