"""Weights of a filter chosen together, so that their errors compensate for one another.

Remapping treats each weight alone, but the error of the filter's sum matters: activations at
neighboring taps are similar, so that the error of one weight can be compensated by its neighbors.
A block whose table has exact factors, ``M(w, x) = sum_i u_i(w) v_i(x)``, computes a scalar product
of *features* of the activation with a vector that the weight code selects. The variance of the
error of a filter's sum is then a quadratic form of these vectors, whose matrix is the covariance of
the features at all taps (:mod:`~hawx_hw.compensation.sum_errors`). It is minimized over the codes
in two steps:

- greedily as in GPTQ (E. Frantar, S. Ashkboos, T. Hoefler, D. Alistarh, ICLR 2023), after Optimal
  Brain Surgeon (B. Hassibi, D. Stork, G. Wolff, 1993): one weight after another takes its best
  code, and the remaining ones, as if they could take any value, compensate for its error;
- by coordinate descent: each weight in turn takes the best code for the others as they are, until
  nothing changes.

The descent starts from the greedy codes and from those that are best one by one; the better result
is taken, filter by filter.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from hawx_hw.blocks.assignment import LayerBlocks
from hawx_hw.blocks.block import CODES, Block
from hawx_hw.compensation.sum_errors import SumErrors, levels
from hawx_hw.compensation.weight_remapping import remap_weights
from hawx_hw.graph.graph import Conv2d, Linear
from hawx_hw.graph.groups import padded_input

if TYPE_CHECKING:
    from hawx_hw.config.compensation import WeightChoice

__all__ = [
    "POSITIONS",
    "JointRounding",
    "check_choice",
    "chosen_together",
    "least_variance",
    "patches",
    "round_together",
]

#: Sampled positions, evenly spaced over images and pixels.
POSITIONS = 8192
#: Features of taps that are chosen together; the taps of wider layers are taken in parts. Bounds
#: memory (0.6 GB) and time.
_FEATURES = 4096
#: Coordinate descent ends by itself, as a rule after three to six sweeps.
_SWEEPS = 20


def round_together(
    node: Conv2d | Linear,
    layer: LayerBlocks,
    activations: np.ndarray,
    histogram: np.ndarray,
    zero_point: int,
) -> Conv2d | Linear:
    """The node with the weights of each filter chosen together.

    Filters with a block that has no exact factors are remapped weight by weight
    (:func:`~hawx_hw.compensation.weight_remapping.remap_weights`). As there, the bias compensates
    for other weights at the zero point; means are left to the bias correction.

    Parameters
    ----------
    node : Conv2d or Linear
    layer : LayerBlocks
    activations : ndarray of int8
        ``(groups, positions, taps)``: from :func:`patches`.
    histogram : ndarray
        ``(256,)``: counts of the input's codes, indexed ``[code + 128]``.
    zero_point : int
        Zero point of the input.

    Returns
    -------
    Conv2d or Linear
        The node with other weights and biases.

    Raises
    ------
    OverflowError
        A bias does not fit int32.
    """
    remapped = remap_weights(node, layer, histogram, zero_point)
    weight = node.weight.reshape(len(node.weight), -1).astype(np.int64)
    choice = layer.choice.reshape(weight.shape)
    chosen = remapped.weight.reshape(weight.shape).astype(np.int64)
    for read, own in zip(activations, np.split(np.arange(len(weight)), len(activations))):
        together = JointRounding(read)
        for filters, blocks in _alike(choice[own], layer.blocks):
            if all(map(chosen_together, blocks)):
                mine = own[filters]
                chosen[mine] = together.codes(blocks, weight[mine], chosen[mine])
    tables = np.stack([block.table[:, zero_point + 128] for block in layer.blocks])
    at_zero = tables[choice, chosen + 128].astype(np.int64).sum(axis=1)
    bias = node.bias + weight.sum(axis=1) * zero_point - at_zero
    if abs(bias).max() > np.iinfo(np.int32).max:
        raise OverflowError(f"A bias of {node.name!r} does not fit int32")
    return replace(
        node,
        weight=chosen.astype(np.int8).reshape(node.weight.shape),
        bias=bias.astype(np.int32),
    )


def _alike(
    choice: np.ndarray, blocks: Sequence[Block]
) -> Iterator[tuple[np.ndarray, tuple[Block, ...]]]:
    """Filters whose taps have the same blocks, and these: one block a tap."""
    patterns, of_filter = np.unique(choice, axis=0, return_inverse=True)
    for number, pattern in enumerate(patterns):
        yield np.flatnonzero(of_filter.ravel() == number), tuple(blocks[i] for i in pattern)


def check_choice(weights: WeightChoice, bias_correction: bool) -> None:
    """ValueError for weights chosen together without the correction that takes their mean error."""
    if weights == "together" and not bias_correction:
        raise ValueError("Weights chosen together need bias_correction, which takes the mean")


def chosen_together(block: Block) -> bool:
    """Whether the block has exact factors, so that weights under it can be chosen together."""
    return block.factors() is not None


class JointRounding:
    """Chooses the weights of one layer's filters for the activations at its taps.

    Parameters
    ----------
    activations : ndarray of int8
        ``(positions, taps)``: of one group from :func:`patches`.
    """

    def __init__(self, activations: np.ndarray):
        self._activations = activations
        self._errors: dict[tuple[str, ...], SumErrors] = {}

    def codes(
        self, blocks: Block | Sequence[Block], weight: np.ndarray, alone: np.ndarray
    ) -> np.ndarray:
        """Codes for the weights of some filters.

        Parameters
        ----------
        blocks : Block or sequence of Block
            Of all taps, or one a tap.
        weight : ndarray of int64
            ``(filters, taps)``: the original codes.
        alone : ndarray of int64
            ``(filters, taps)``: codes to begin with, such as the best ones one by one; the block
            accepts them.

        Returns
        -------
        ndarray of int64
            ``(filters, taps)``, codes that the blocks accept. No filter's error varies more than
            with ``alone``, as far as the positions show.

        Raises
        ------
        ValueError
            A block has no exact factors.
        """
        of_tap = (blocks,) * weight.shape[1] if isinstance(blocks, Block) else tuple(blocks)
        for block in of_tap:
            if not chosen_together(block):
                raise ValueError(f"Block must have exact factors, not {block.name!r}")
        chosen = weight.copy()
        for taps in _parts(of_tap):
            own = of_tap[taps]
            if any((block.table != np.outer(CODES, CODES)).any() for block in set(own)):
                chosen[:, taps] = self._part(taps, own, weight[:, taps], alone[:, taps])
        return chosen

    def _part(
        self, taps: slice, blocks: tuple[Block, ...], weight: np.ndarray, alone: np.ndarray
    ) -> np.ndarray:
        if not any(levels(block).vectors.shape[1] for block in set(blocks)):
            # Nothing is multiplied: no code changes the sum.
            return alone
        # Blocks of equal precision of the activation share their features, and so the covariance.
        key = (str(taps.start), *(levels(block).features for block in blocks))
        if key not in self._errors:
            self._errors = {key: SumErrors(blocks, self._activations[:, taps])}
        errors = self._errors[key].under(blocks)
        best = least_variance(errors, blocks, weight, alone)
        self._errors[key] = errors  # with what the greedy start had to factorize
        return best


def least_variance(
    errors: SumErrors, blocks: Sequence[Block], weight: np.ndarray, alone: np.ndarray
) -> np.ndarray:
    """Codes that make the errors of the sums vary least, filter by filter.

    Parameters
    ----------
    errors : SumErrors
    blocks : sequence of Block
        With exact factors, one a tap.
    weight : ndarray of int64
        ``(filters, taps)``: the original codes.
    alone : ndarray of int64
        ``(filters, taps)``: codes that the blocks accept, to descend from beside the greedy ones.

    Returns
    -------
    ndarray of int64
        ``(filters, taps)``.
    """
    # Both starts descend at a time: the filters do not know of each other.
    starts = np.concatenate([_greedy(errors, blocks, weight), alone])
    twice = np.concatenate([weight, weight])
    codes = _descend(errors, blocks, twice, starts)
    greedily, one_by_one = np.split(errors.costs(codes, twice), 2)
    best: np.ndarray = np.where((greedily <= one_by_one)[:, None], *np.split(codes, 2))
    return best


def _parts(blocks: Sequence[Block]) -> Iterator[slice]:
    """Taps with at most so many features together."""
    start, features = 0, 0
    for tap, block in enumerate(blocks):
        rank = levels(block).vectors.shape[1]
        if features + rank > _FEATURES:
            yield slice(start, tap)
            start, features = tap, 0
        features += rank
    yield slice(start, len(blocks))


def _greedy(errors: SumErrors, blocks: Sequence[Block], weight: np.ndarray) -> np.ndarray:
    """Codes chosen one after another, the remaining vectors adjusted to each error."""
    codes = np.empty(weight.shape, dtype=np.int64)
    order, upper = errors.elimination()
    # In the order in which the taps are chosen.
    targets = errors.targets(weight)[:, errors.features_of(order)]
    start = 0
    for tap in order:
        level = levels(blocks[tap])
        stop = start + level.vectors.shape[1]
        # The cost of a deviation d of this tap, the best of the others given: |d U^-1|**2.
        own = np.linalg.inv(upper[start:stop, start:stop])
        made, target = level.vectors @ own, targets[:, start:stop] @ own
        cost = (made**2).sum(axis=1) - 2 * target @ made.T
        best = cost.argmin(axis=1)
        codes[:, tap] = level.codes[best]
        targets[:, stop:] -= (target - made[best]) @ upper[start:stop, stop:]
        start = stop
    return codes


def _descend(
    errors: SumErrors, blocks: Sequence[Block], weight: np.ndarray, start: np.ndarray
) -> np.ndarray:
    """Coordinate descent from the codes ``start``."""
    codes = start.copy()
    slopes = errors.slopes(codes, weight)
    quadratics, constants = [], []
    for tap, block in enumerate(blocks):
        vectors, features = levels(block).vectors, errors.features(tap)
        quadratics.append(errors.covariance[features, features])
        constants.append(((vectors @ quadratics[-1]) * vectors).sum(axis=1))
    for _ in range(_SWEEPS):
        changed = False
        for tap in errors.order:
            level, features, quadratic = levels(blocks[tap]), errors.features(tap), quadratics[tap]
            before = level.of_code[codes[:, tap] + 128]
            # Less the tap's own part: what the vector of this tap would have to make.
            own = before @ quadratic
            slope = slopes[:, features] + own
            costs = constants[tap] - 2 * slope @ level.vectors.T
            now = (own * before).sum(axis=1) - 2 * (slope * before).sum(axis=1)
            best = costs.argmin(axis=1)
            gain = now - costs[np.arange(len(best)), best]
            # So that rounding errors of equal costs do not go around in circles.
            moves = np.flatnonzero(gain > 1e-9 * (np.abs(now) + 1))
            if not len(moves):
                continue
            changed = True
            codes[moves, tap] = level.codes[best[moves]]
            step = level.vectors[best[moves]] - before[moves]
            slopes[moves] -= step @ errors.covariance[features]
        if not changed:
            break
    return codes


def patches(
    node: Conv2d | Linear, codes: np.ndarray, zero_point: int, count: int = POSITIONS
) -> np.ndarray:
    """The activations at the taps, at evenly spaced positions.

    Parameters
    ----------
    node : Conv2d or Linear
    codes : ndarray of int8
        The node's input, ``(batch, *shape)``.
    zero_point : int
        The code that fills the padding.
    count : int
        Positions at most; of a linear layer, which has one an image, all.

    Returns
    -------
    ndarray of int8
        ``(groups, positions, taps)``: taps as in the second and further axes of the node's weight,
        which are other channels for each group of filters.
    """
    if isinstance(node, Linear):
        return codes.reshape(1, len(codes), -1)
    padded = padded_input(node, codes, zero_point)
    windows = np.lib.stride_tricks.sliding_window_view(padded, node.extent, (2, 3))
    windows = windows[..., :: node.dilation[0], :: node.dilation[1]]
    windows = windows[:, :, :: node.stride[0], :: node.stride[1]].transpose(0, 2, 3, 1, 4, 5)
    total = int(np.prod(windows.shape[:3]))
    at = np.unravel_index(
        np.linspace(0, total - 1, min(total, count)).astype(np.int64), windows.shape[:3]
    )
    sampled: np.ndarray = windows[at].reshape(min(total, count), node.groups, -1)
    return sampled.transpose(1, 0, 2)
