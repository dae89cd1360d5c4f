"""Which images are inspected: for learning, and not those that calibration or search used.

Test images decide nothing, and who changes a config after an inspection decides by its images; nor
may images that select a design be looked at before. Images for learning that no range was set by
show what saturates. The network may have learned from them, so that accuracies flatter it; the
changes of a class from one version to the next are counted against the version before.
"""

from __future__ import annotations

import numpy as np

from hawx_hw.datasets.dataset import Split, spaced_indices
from hawx_hw.datasets.roles import Roles

__all__ = ["inspected"]


def inspected(parts: Roles, count: int, *used: int) -> tuple[Split, int]:
    """The images to inspect.

    Parameters
    ----------
    parts : Roles
    count : int
        Of all images for learning where there are fewer.
    used : int
        Numbers of images that calibration and search used (``parts.proposing``).

    Returns
    -------
    Split
        Those that neither used come first; their order is mixed.
    int
        How many of them were used.
    """
    seen = np.zeros(len(parts.learn), dtype=bool)
    for each in used:
        seen[spaced_indices(len(seen), each)] = True
    mixed = np.random.default_rng(0).permutation(len(seen))
    order = np.concatenate([mixed[~seen[mixed]], mixed[seen[mixed]]])[:count]
    return parts.learn.take(order), int(seen[order].sum())
