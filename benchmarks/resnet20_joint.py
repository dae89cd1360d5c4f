"""Factors by which choosing weights together reduces the errors of sums, for the scores.

A profile scores each block with weights remapped one by one. Where the weights of a filter are
chosen together, the variance of its sum, and so its score, is smaller by the factor computed here:
weights are chosen by one half of some images, and the variance is that on the other half.
"""

from __future__ import annotations

import hashlib
import io
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from ground_truth.quadratic import quadratic_scores

from hawx_hw.assignment.space import Space
from hawx_hw.blocks import Block
from hawx_hw.compensation.joint_rounding import JointRounding, chosen_together, patches
from hawx_hw.compensation.sum_errors import levels
from hawx_hw.compensation.weight_remapping import best_codes
from hawx_hw.emulation.products import EXACT
from hawx_hw.graph import fast
from hawx_hw.graph.graph import Conv2d, Graph
from hawx_hw.scores.profile import Profile
from hawx_hw.scores.rounding import input_steps, rounded_input
from hawx_hw.util.files import write_bytes

__all__ = ["joint_factors", "joint_scores", "stored_factors"]

#: Positions that choose weights, and as many at most that measure: half of what a compensation
#: takes, for time.
_POSITIONS = 4096


def joint_factors(
    graph: Graph, layers: Sequence[str], block: Block, codes: dict[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """The factor of each filter's variance with a block.

    Parameters
    ----------
    graph : Graph
    layers : sequence of str
        Convolutions.
    block : Block
    codes : dict of str to ndarray of int8
        Of all tensors, from :func:`hawx_hw.graph.fast.run_all`: of two images at least. Those with
        even numbers choose, the others measure.

    Returns
    -------
    dict of str to ndarray of float64
        By layer, ``(filters,)``, in [0, 1]; 1 for a block without exact factors.
    """
    factors = {}
    steps = input_steps(graph, block)
    for node in graph.nodes:
        if not isinstance(node, Conv2d) or node.name not in layers:
            continue
        weight = node.weight.reshape(len(node.weight), -1).astype(np.int64)
        factors[node.name] = np.ones(len(weight))
        if block.digest == EXACT.digest or not chosen_together(block):
            continue
        zero_point = graph.tensors[node.inputs[0]].zero_point
        source = rounded_input(graph, node, steps[node.name], codes)
        (choosing,), (measuring,) = (
            patches(node, source[half::2], zero_point, _POSITIONS) for half in (0, 1)
        )
        (plain,) = patches(node, codes[node.inputs[0]][1::2], zero_point, _POSITIONS)
        histogram = np.bincount(choosing.ravel().astype(np.int64) + 128, minlength=256)
        alone = best_codes(block, histogram, zero_point)[weight + 128]
        together = JointRounding(choosing).codes(block, weight, alone)
        before, after = (
            _variance(block, changed, weight, measuring, plain) for changed in (alone, together)
        )
        factors[node.name] = np.where(before > 0, np.minimum(after / np.maximum(before, 1), 1), 1)
    return factors


def stored_factors(
    graph: Graph, layers: Sequence[str], blocks: Sequence[Block], images: np.ndarray, folder: Path
) -> dict[str, np.ndarray]:
    """The factors of some blocks, each stored by itself once it is known.

    Parameters
    ----------
    graph, layers
        See :func:`joint_factors`.
    blocks : sequence of Block
    images : ndarray of int8
        ``(n, *input shape)``, n >= 2.
    folder : Path

    Returns
    -------
    dict of str to ndarray of float64
        By layer, ``(filters, blocks)``.
    """
    state = hashlib.sha256(np.ascontiguousarray(images).data)
    for node in graph.nodes:
        if isinstance(node, Conv2d):
            state.update(np.ascontiguousarray(node.weight).data)
    codes: dict[str, np.ndarray] = {}
    factors = []
    for block in blocks:
        path = folder / f"factors-{block.digest[:16]}.npz"
        known = _read(path, state.hexdigest(), layers)
        if known is None:
            codes = codes or fast.run_all(graph, images)
            start = time.process_time()
            known = joint_factors(graph, layers, block, codes)
            content = io.BytesIO()
            np.savez(content, **{"key": np.array(state.hexdigest()), **known})
            folder.mkdir(parents=True, exist_ok=True)
            write_bytes(path, content.getvalue())
            seconds = time.process_time() - start
            mean = np.mean([each.mean() for each in known.values()])
            print(
                f"  {block.name}, rank {rank(block)}: variance times {mean:.2f}, {seconds:.1f} s",
                file=sys.stderr,
                flush=True,
            )
        factors.append(known)
    return {name: np.stack([known[name] for known in factors], axis=1) for name in layers}


def rank(block: Block) -> int | None:
    """How many exact factors a block has; None: none."""
    factors = block.factors()
    return None if factors is None else factors[0].shape[1]


def _read(path: Path, key: str, layers: Sequence[str]) -> dict[str, np.ndarray] | None:
    if not path.is_file():
        return None
    with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
        if str(file["key"]) != key or not set(layers) <= set(file.files):
            return None
        return {name: file[name] for name in layers}


def joint_scores(
    graph: Graph, profile: Profile, factors: dict[str, np.ndarray], space: Space
) -> np.ndarray:
    """Additive scores of a space's units, with weights chosen together.

    The factor of a layer is the mean of its filters' factors, weighted by their scores.

    Parameters
    ----------
    graph : Graph
    profile : Profile
        Of weights chosen one by one.
    factors : dict of str to ndarray
        From :func:`stored_factors`, of the profile's blocks.
    space : Space
        By layer or by filter, of convolutions.

    Returns
    -------
    ndarray of float64
        ``(units, blocks)``.

    Raises
    ------
    ValueError
        The profile is of weights chosen otherwise.
    """
    if profile.weight_choice != "one_by_one":
        raise ValueError(f"Weights must be chosen one by one, not {profile.weight_choice}")
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
