"""Factors by which choosing weights together reduces the errors of sums, for the scores.

A profile scores each block with weights remapped one by one. Where the weights of a filter are
chosen together, the variance of its sum, and so its score, is smaller by the factor computed here.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from ground_truth.quadratic import quadratic_scores

from hawx_hw.assignment.space import Space
from hawx_hw.blocks import Block
from hawx_hw.compensation.joint_rounding import JointRounding, chosen_together, patches
from hawx_hw.compensation.sum_errors import levels
from hawx_hw.compensation.weight_remapping import best_codes
from hawx_hw.graph import fast
from hawx_hw.graph.graph import Conv2d, Graph
from hawx_hw.scores.profile import Profile
from hawx_hw.scores.rounding import input_steps, rounded_input

__all__ = ["joint_factors", "joint_scores"]


def joint_factors(
    graph: Graph, layers: Sequence[str], blocks: Sequence[Block], images: np.ndarray
) -> dict[str, np.ndarray]:
    """The factor of each filter's variance with each block.

    Parameters
    ----------
    graph : Graph
    layers : sequence of str
        Convolutions.
    blocks : sequence of Block
    images : ndarray of int8
        ``(n, *input shape)``.

    Returns
    -------
    dict of str to ndarray of float64
        By layer, ``(filters, blocks)`` in [0, 1]; 1 for blocks without exact factors.
    """
    codes = fast.run_all(graph, images)
    steps = [input_steps(graph, block) for block in blocks]
    by_layer = {}
    for node in graph.nodes:
        if not isinstance(node, Conv2d) or node.name not in layers:
            continue
        weight = node.weight.reshape(len(node.weight), -1).astype(np.int64)
        zero_point = graph.tensors[node.inputs[0]].zero_point
        (plain,) = patches(node, codes[node.inputs[0]], zero_point)
        factors = np.ones((len(weight), len(blocks)))
        for index, block in enumerate(blocks):
            if not chosen_together(block):
                continue
            source = rounded_input(graph, node, steps[index][node.name], codes)
            (activations,) = patches(node, source, zero_point)
            histogram = np.bincount(activations.ravel().astype(np.int64) + 128, minlength=256)
            alone = best_codes(block, histogram, zero_point)[weight + 128]
            together = JointRounding(activations).codes(block, weight, alone)
            before, after = (
                _variance(block, changed, weight, activations, plain)
                for changed in (alone, together)
            )
            factors[:, index] = np.where(
                before > 0, np.minimum(after / np.maximum(before, 1), 1), 1
            )
        by_layer[node.name] = factors
    return by_layer


def joint_scores(
    graph: Graph, profile: Profile, factors: dict[str, np.ndarray], space: Space
) -> np.ndarray:
    """Additive scores of a space's units, with weights chosen together.

    The factor of a layer is the mean of its filters' factors, weighted by their scores.

    Parameters
    ----------
    graph : Graph
    profile : Profile
    factors : dict of str to ndarray
        From :func:`joint_factors`, of the profile's blocks.
    space : Space
        By layer or by filter, of convolutions.

    Returns
    -------
    ndarray of float64
        ``(units, blocks)``.
    """
    blocks = [profile.digests.index(block.digest) for block in space.blocks]
    scores = quadratic_scores(profile, space)
    filters = Space.by_filter(graph, space.blocks, space.layers)
    fine = quadratic_scores(profile, filters)
    for name in space.layers:
        mine, shares = fine[filters.unit(name)[:, 0, 0, 0]], factors[name][:, blocks]
        units = space.unit(name)[:, 0, 0, 0]
        for unit in np.unique(units):
            total = mine[units == unit].sum(axis=0)
            less = (mine * shares)[units == unit].sum(axis=0)
            scores[unit] *= np.where(total > 0, less / np.where(total > 0, total, 1), 1)
    return scores


def _variance(
    block: Block,
    changed: np.ndarray,
    weight: np.ndarray,
    activations: np.ndarray,
    plain: np.ndarray,
) -> np.ndarray:
    """The variance of the error of each filter's sum over positions: ``(filters,)``."""
    level = levels(block)
    features = level.right[activations.astype(np.int64) + 128].reshape(len(activations), -1)
    sums = features @ level.of_code[changed + 128].reshape(len(changed), -1).T
    variance: np.ndarray = (sums - plain.astype(np.float64) @ weight.T).var(axis=0)
    return variance
