"""Setting *theirs*: uniform blocks, and a search by layer with scores of single layers."""

from __future__ import annotations

import hashlib
import io
import itertools
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from ground_truth.exhaustive import read_arrays
from ground_truth.sweep import sweep
from maxdnn_theirs import LAYERS, Theirs, Unsigned, unsigned
from scipy.special import log_softmax

from hawx_hw.datasets.dataset import Split
from hawx_hw.search.bound import Paired
from hawx_hw.util.files import write_bytes

__all__ = ["Chosen", "TheirRuns", "divergences", "search"]

#: Shares of energy to save.
_SAVED = (0.15, 0.20, 0.25, 0.30, 0.35, 0.40, 0.50)


class TheirRuns:
    """Outputs of one batch of images, each assignment once.

    Parameters
    ----------
    theirs : Theirs
    split : Split
        Its images.
    path : Path
        Where outputs are stored.
    stored : bool
        Run nothing new.
    """

    def __init__(self, theirs: Theirs, split: Split, path: Path, *, stored: bool = False):
        self._theirs, self._split, self._path, self._only_stored = theirs, split, path, stored
        arrays = read_arrays(path)
        self._outputs: dict[str, np.ndarray] = {}
        if arrays is not None and str(arrays["key"]) == theirs.key:
            self._outputs = dict(zip(arrays["assignments"].tolist(), arrays["outputs"]))

    def outputs(self, blocks: Sequence[Unsigned]) -> np.ndarray | None:
        """float32 ``(n, 10)``; None where nothing new is to be run."""
        some = self.product([[block] for block in blocks])
        return None if some is None else some[0]

    def product(self, choices: Sequence[Sequence[Unsigned]]) -> list[np.ndarray] | None:
        """Outputs under all assignments of some blocks for each convolution, the last fastest."""
        keys = [_key(blocks) for blocks in itertools.product(*choices)]
        if not set(keys) <= set(self._outputs):
            if self._only_stored:
                return None
            results = [outputs for _, outputs in self._theirs.walk(choices)]
            self._outputs.update(zip(keys, results, strict=True))
            self._save()
        return [self._outputs[key] for key in keys]

    def _save(self) -> None:
        content = io.BytesIO()
        np.savez(
            content,
            key=np.array(self._theirs.key),
            assignments=np.array(list(self._outputs)),
            outputs=np.array(list(self._outputs.values())),
        )
        self._path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(self._path, content.getvalue())

    def right(self, blocks: Sequence[Unsigned]) -> np.ndarray | None:
        """Which images are right: bool ``(n,)``; None where nothing new is to be run."""
        outputs = self.outputs(blocks)
        return None if outputs is None else outputs.argmax(axis=1) == self._split.labels

    def paired(self, blocks: Sequence[Unsigned]) -> Paired | None:
        """On how many images the assignment differs from the exact one."""
        right, exact = self.right(blocks), self.right([unsigned()] * len(LAYERS))
        if right is None or exact is None:
            return None
        return Paired(len(exact), int((exact & ~right).sum()), int((~exact & right).sum()))


def _key(blocks: Sequence[Unsigned]) -> str:
    digest = hashlib.sha256()
    for block in blocks:
        digest.update(block.table.astype("<i8").tobytes())
    return digest.hexdigest()


def divergences(runs: TheirRuns, blocks: Sequence[Unsigned]) -> np.ndarray | None:
    """What each block does in each layer alone: additive scores.

    Parameters
    ----------
    runs : TheirRuns
    blocks : sequence of Unsigned
        The first is exact.

    Returns
    -------
    ndarray of float64 or None
        ``(7, blocks)``: mean divergence of Kullback and Leibler of the outputs' softmax from the
        exact one, in nats an image. None where nothing new is to be run.
    """
    scores = np.zeros((len(LAYERS), len(blocks)))
    exact = runs.outputs([blocks[0]] * len(LAYERS))
    for layer in range(len(LAYERS)):
        choices: list[Sequence[Unsigned]] = [[blocks[0]]] * len(LAYERS)
        choices[layer] = blocks[1:]
        alone = runs.product(choices)
        if exact is None or alone is None:
            return None
        scores[layer, 1:] = [_divergence(exact, outputs) for outputs in alone]
    return scores


def _divergence(exact: np.ndarray, outputs: np.ndarray) -> float:
    before, after = (log_softmax(each.astype(np.float64), axis=1) for each in (exact, outputs))
    return float((np.exp(before) * (before - after)).sum(axis=1).mean())


@dataclass(frozen=True, eq=False)
class Chosen:
    """An assignment of the search.

    Parameters
    ----------
    blocks : tuple of Unsigned
        One a convolution.
    saved : tuple of float
        By true multiplications, and by ALWANN's weights.
    search : Paired
        Outcomes on the images of the search.
    """

    blocks: tuple[Unsigned, ...]
    saved: tuple[float, float]
    search: Paired


def search(
    runs: TheirRuns,
    blocks: Sequence[Unsigned],
    energy: Mapping[str, float],
    weights: Sequence[Sequence[int]],
    most: float,
) -> list[Chosen]:
    """Assignments of best score at several costs, until the accuracy drop exceeds ``most``.

    Parameters
    ----------
    runs : TheirRuns
        Of the images of the search.
    blocks : sequence of Unsigned
        The first is exact.
    energy : mapping of str to float
        Of one multiplication, by the block's name.
    weights : sequence of sequence of int
        Multiplications of the layers: the true ones, which the search goes by, and ALWANN's.
    most : float
        In percentage points.
    """
    scores = divergences(runs, blocks)
    if scores is None:
        return []
    energies = np.array([energy[block.name] for block in blocks])
    costs = np.array(weights[0], dtype=np.float64)[:, None] * energies
    exact = costs[:, 0].sum()
    chosen: dict[tuple[int, ...], Chosen] = {}
    for saved in _SAVED:
        limit = (1 - saved) * exact
        if limit < costs.min(axis=1).sum():
            break
        (vector,) = sweep(scores, costs, np.array([limit]))
        key = tuple(vector.tolist())
        if key in chosen:
            continue
        assignment = tuple(blocks[index] for index in key)
        paired = runs.paired(assignment)
        if paired is None:
            break
        shares = [
            1 - float(np.dot(each, energies[vector]) / (energies[0] * np.sum(each)))
            for each in weights
        ]
        chosen[key] = Chosen(assignment, (shares[0], shares[1]), paired)
        print(
            f"  theirs: saved {100 * shares[0]:.1f} %, accuracy drop {paired.drop:.1f}",
            file=sys.stderr,
            flush=True,
        )
        if paired.drop > most:
            break
    return list(chosen.values())
