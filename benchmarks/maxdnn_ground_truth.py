"""Exhaustive ground truth of a few blocks on the seven convolutions, in both settings."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from maxdnn_outcomes import Outcomes, enumerated
from maxdnn_prefixes import PrefixCompensated
from maxdnn_theirs import Theirs, Unsigned, unsigned

from hawx_hw.assignment.space import Space
from hawx_hw.datasets.dataset import Split
from hawx_hw.emulation import Emulator
from hawx_hw.graph.graph import Graph
from hawx_hw.search.oracle import EmulatedOracle

__all__ = ["ours_outcomes", "theirs_outcomes"]

#: Layers that the assignments of one part differ in, at most.
_DEPTH = 5


def theirs_outcomes(
    theirs: Theirs,
    blocks: Sequence[Unsigned],
    space: Space,
    split: Split,
    folder: Path,
    *,
    stored: bool = False,
) -> Outcomes | None:
    """All assignments in setting *theirs*; the images are one batch.

    Parameters
    ----------
    theirs : Theirs
        Of the split's images.
    blocks : sequence of Unsigned
    space : Space
        By layer, of as many blocks and seven layers.
    split : Split
    folder : Path
    stored : bool
        Compute nothing.

    Returns
    -------
    Outcomes or None
        None where a part is missing and ``stored`` is set.
    """
    digest = hashlib.sha256(theirs.key.encode())
    for block in blocks:
        digest.update(block.table.astype("<i8").tobytes())
    digest.update(split.digest.encode())

    def evaluate(numbers: np.ndarray) -> np.ndarray:
        # Consecutive numbers: the first layers have one block, the others all of them.
        vectors = space.vectors(numbers)
        choices = [[blocks[index] for index in np.unique(column)] for column in vectors.T]
        right = np.array(
            [outputs.argmax(axis=1) == split.labels for _, outputs in theirs.walk(choices)]
        )
        if len(right) != len(numbers):
            raise ValueError("A part must contain all blocks of the layers that it differs in")
        return right

    exact = theirs.outputs([unsigned()] * space.units).argmax(axis=1) == split.labels
    part = len(blocks) ** min(_DEPTH, space.units)
    key = digest.hexdigest()
    return enumerated(space, key, exact, evaluate, folder, part=part, stored=stored)


def ours_outcomes(
    graph: Graph,
    space: Space,
    split: Split,
    compensating: np.ndarray,
    folder: Path,
    *,
    once: bool = True,
    spacing: int = 1,
    threads: int = 1,
    stored: bool = False,
) -> Outcomes | None:
    """All assignments in setting *ours*, compensated along the prefixes.

    Parameters
    ----------
    graph : Graph
    space : Space
        By layer.
    split : Split
    compensating : ndarray of int8
        Calibration codes.
    folder : Path
    once, spacing
        As :class:`PrefixCompensated` takes them.
    threads : int
    stored : bool
        Compute nothing.

    Returns
    -------
    Outcomes or None
        None where a part is missing and ``stored`` is set.
    """
    change = PrefixCompensated(graph, space, compensating, once=once, spacing=spacing)
    emulator = Emulator(graph, threads=threads)
    codes = graph.codes(split.images)

    def evaluate(numbers: np.ndarray) -> np.ndarray:
        vectors = space.vectors(numbers)
        graphs = [change(vector) for vector in vectors]
        assignments = [space.assignment(vector) for vector in vectors]
        return emulator.correct(assignments, codes, split.labels, graphs=graphs)

    # The key of an oracle that would count the same, without compensation: that is added.
    plain = EmulatedOracle(space, graph, codes, split.labels, threads=threads, memory=0)
    digest = hashlib.sha256(f"{plain.key} {once} {spacing}".encode())
    digest.update(np.ascontiguousarray(compensating).data)
    (exact,) = emulator.correct([None], codes, split.labels)
    part = len(space.blocks) ** min(_DEPTH, space.units)
    key = digest.hexdigest()
    return enumerated(space, key, exact, evaluate, folder, part=part, stored=stored)
