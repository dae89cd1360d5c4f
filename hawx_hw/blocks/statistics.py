"""Error statistics of a block over all pairs of codes that it accepts."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from hawx_hw.blocks.block import CODES, Block

__all__ = ["ErrorMoments", "Statistics", "error_moments", "statistics", "statistics_of"]


@dataclass(frozen=True)
class Statistics:
    """Errors ``product - a * b``, each pair of accepted codes counted once.

    Parameters
    ----------
    mean_error : float
        The bias.
    mae : float
        Mean absolute error.
    rmse : float
        Root of the mean square of the error.
    wce : int
        Worst case: the largest absolute error.
    error_rate : float
        Share of the pairs whose product is not exact, in [0, 1].
    mre : float
        Mean absolute error relative to the exact product of the hardware's operands,
        ``a * (b + activation_offset)``, over the pairs where that is not zero.
    """

    mean_error: float
    mae: float
    rmse: float
    wce: int
    error_rate: float
    mre: float

    def as_dict(self) -> dict[str, float]:
        """The statistics by name."""
        return asdict(self)


@dataclass(frozen=True)
class ErrorMoments:
    """Mean and variance of the error of one product where operands occur at given frequencies."""

    mean_error: float
    variance: float


def statistics(block: Block) -> Statistics:
    """Error statistics of ``block``, from exact integer sums."""
    weights, activations = _accepted(block)
    operands = CODES[None, activations].astype(np.int64) + block.activation_offset
    return statistics_of(
        block.raw_table[weights, activations], CODES[weights, None].astype(np.int64) * operands
    )


def statistics_of(products: np.ndarray, exact: np.ndarray) -> Statistics:
    """Error statistics of some products, from exact integer sums.

    Parameters
    ----------
    products, exact : ndarray of integers
        Of equal shape; relative errors are those of the pairs whose exact product is not zero.
    """
    error = products.astype(np.int64) - exact
    size = np.abs(error)
    nonzero = exact != 0
    return Statistics(
        mean_error=int(error.sum()) / error.size,
        mae=int(size.sum()) / error.size,
        rmse=float(np.sqrt(int((error * error).sum()) / error.size)),
        wce=int(size.max()),
        error_rate=int(np.count_nonzero(error)) / error.size,
        mre=float((size[nonzero] / np.abs(exact[nonzero])).mean()) if nonzero.any() else 0.0,
    )


def error_moments(block: Block, weights: np.ndarray, activations: np.ndarray) -> ErrorMoments:
    """Mean and variance of the error for operands that are drawn independently.

    Parameters
    ----------
    block : Block
    weights, activations : ndarray
        How often each code occurs: 256 non-negative numbers each, not all zero, that of the code
        ``c`` at ``c + 128``. They need not add up to one.

    Raises
    ------
    ValueError
        A histogram has another shape or values, or counts a code that the block does not accept.
    """
    accepted = _accepted(block)
    shares = [
        _shares(histogram, codes, name, block)
        for histogram, codes, name in (
            (weights, accepted[0], "weights"),
            (activations, accepted[1], "activations"),
        )
    ]
    error = block.table.astype(np.float64) - CODES[:, None].astype(np.float64) * CODES
    mean = float(shares[0] @ error @ shares[1])
    deviation = error - mean
    return ErrorMoments(mean, float(shares[0] @ (deviation * deviation) @ shares[1]))


def _accepted(block: Block) -> tuple[slice, slice]:
    """The parts of both axes of the table that the block accepts: weights, activations."""
    weights, activations = (
        slice(codes.start + 128, codes.stop + 128) for codes in (block.weights, block.activations)
    )
    return weights, activations


def _shares(histogram: np.ndarray, codes: slice, name: str, block: Block) -> np.ndarray:
    counts = np.asarray(histogram, dtype=np.float64)
    if counts.shape != (256,):
        raise ValueError(f"{name} must be of shape (256,), not {counts.shape}")
    with np.errstate(over="ignore", invalid="ignore"):
        total = counts.sum()
    if not np.isfinite(total) or (counts < 0).any() or not counts.any():
        raise ValueError(f"{name} must be non-negative, and not all zero, with a finite sum")
    outside = counts.copy()
    outside[codes] = 0
    if outside.any():
        code = int(np.flatnonzero(outside)[0]) - 128
        raise ValueError(f"{name} must be codes that {block.name} accepts, not {code}")
    shares: np.ndarray = counts / counts.sum()
    return shares
