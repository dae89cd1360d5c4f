"""SIMT accelerators all over their space, for sweeps of designs."""

from __future__ import annotations

from collections.abc import Sequence

from hawx_hw.architectures.common.sampling import coordinates, one_of
from hawx_hw.architectures.simt.config import LaneConfig, SimtConfig
from hawx_hw.architectures.simt.unit import default_cluster
from hawx_hw.util.divisors import divisors

__all__ = ["DIMENSIONS", "mix_blocks", "sample"]

# Each about a fifth more than the one before.
_LANES = (2, 3, 4, 5, 6, 7, 8, 10, 12, 13, 14, 16, 20, 24, 28, 32, 40, 48, 64)
_PARTS = range(4, 17)
_WARPS, _REGISTERS, _TAPS, _REQUANTIZERS = (1, 2, 3, 4), (4, 6, 8, 12, 16), (4, 8, 16), (1, 2, 4)
# Share of the samples that have a register after each block.
_BLOCK_REGISTER = 0.3
# Share of those that have all instructions.
_ALL_INSTRUCTIONS = 0.15
#: Numbers that a sample is made from: lanes, cluster, word, warps, registers, taps, requantizers,
#: block register, instructions.
DIMENSIONS = 9


def sample(point: Sequence[float]) -> SimtConfig:
    """The accelerator at a point of the unit cube.

    Parameters
    ----------
    point : sequence of float
        :data:`DIMENSIONS` numbers in [0, 1).

    Raises
    ------
    ValueError
        More or fewer numbers, or others.
    """
    take = coordinates(point, DIMENSIONS)
    lanes = one_of(_LANES, next(take))
    cluster = one_of(_parts(lanes), next(take))
    word = one_of(_parts(cluster), next(take))
    return SimtConfig(
        architecture="simt",
        lanes=lanes,
        cluster=cluster,
        word=word,
        warps=one_of(_WARPS, next(take)),
        registers=one_of(_REGISTERS, next(take)),
        taps=one_of(_TAPS, next(take)),
        requantizers=one_of([count for count in _REQUANTIZERS if count <= word], next(take)),
        block_register=next(take) >= 1 - _BLOCK_REGISTER,
        instructions="all" if next(take) >= 1 - _ALL_INSTRUCTIONS else "needed",
    )


def mix_blocks(accelerator: SimtConfig, first: str, second: str, share: float) -> SimtConfig:
    """The accelerator with both blocks in the last lanes, and the first one alone in the others.

    Lanes of all clusters that have one place hold the same, so that pixel groups can use them.

    Parameters
    ----------
    accelerator : SimtConfig
    first, second : str
        Names of blocks.
    share : float
        Share of the lanes of a cluster that hold the first block alone, in [0, 1]; at least one
        does, and one does not.

    Raises
    ------
    ValueError
        Another share, or clusters of a single lane.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"share must lie in [0, 1], not {share!r}")
    unit = accelerator.unit()
    if unit.cluster < 2:
        raise ValueError(f"accelerator must have clusters of 2 lanes at least, not {unit.cluster}")
    middle = max(1, min(unit.cluster - 1, round(share * unit.cluster)))
    both = LaneConfig(
        blocks=list(dict.fromkeys([first, second])),
        lanes=tuple(lane for lane in range(unit.lanes) if lane % unit.cluster >= middle),
    )
    return SimtConfig.model_validate(
        {
            **accelerator.model_dump(exclude_unset=True),
            "lane_blocks": [LaneConfig(blocks=[first]), both],
        }
    )


def _parts(whole: int) -> list[int]:
    """Divisors that a cluster, or a word, may have."""
    return [part for part in divisors(whole) if part in _PARTS] or [default_cluster(whole)]
