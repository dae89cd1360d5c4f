"""Evaluations of ResNet-20 with assignments, compensated layer after layer, and stored."""

from __future__ import annotations

import hashlib
import io
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hawx_hw.blocks.assignment import LayerBlocks
from hawx_hw.compensation import compensate
from hawx_hw.datasets.dataset import Split
from hawx_hw.emulation import Emulator
from hawx_hw.graph.graph import Conv2d, Graph, Linear
from hawx_hw.quantize import codes
from hawx_hw.util.files import write_bytes

__all__ = ["Run", "Runs"]

_PARTS = ("train", "test")


@dataclass(frozen=True)
class Run:
    """The evaluation of an assignment.

    Parameters
    ----------
    train, test : float
        Accuracy drop, in percentage points, on training and on test images.
    seconds : float
        Time of the evaluation.
    """

    train: float
    test: float
    seconds: float


class Runs:
    """Evaluates assignments, each once; the network is compensated for the blocks.

    Parameters
    ----------
    graph : Graph
    images : ndarray of int8
        Calibration codes of :mod:`hawx_hw.compensation.layerwise`.
    train, test : Split
    path : Path
        An ``.npz`` in which evaluations are stored.
    threads : int
    stored : bool
        Make no new evaluations.
    """

    def __init__(
        self,
        graph: Graph,
        images: np.ndarray,
        train: Split,
        test: Split,
        path: Path,
        *,
        threads: int = 1,
        stored: bool = False,
    ):
        self._graph = graph
        self._images = images
        self._parts = {
            name: (codes(split.images), split.labels)
            for name, split in zip(_PARTS, (train, test), strict=True)
        }
        self._threads = threads
        self._only_stored = stored
        self._path = path
        digest = hashlib.sha256(graph.name.encode())
        weights = [node.weight for node in graph.nodes if isinstance(node, (Conv2d, Linear))]
        for array in (*weights, images, *(part for pair in self._parts.values() for part in pair)):
            digest.update(np.ascontiguousarray(array).data)
        self._key = digest.hexdigest()
        self._stored: dict[str, tuple[int, int, float]] = {}
        if path.is_file():
            with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
                if str(file["key"]) == self._key:
                    rows = zip(file["right"].tolist(), file["seconds"].tolist(), strict=True)
                    runs = [(right[0], right[1], seconds) for right, seconds in rows]
                    self._stored = dict(zip(file["assignments"].tolist(), runs, strict=True))
        self._exact = self._right(graph, {})

    @property
    def exact(self) -> tuple[float, float]:
        """Accuracy of the exact network on training and test images, in percent."""
        train, test = (
            100 * right / len(self._parts[name][1])
            for name, right in zip(_PARTS, self._exact, strict=True)
        )
        return train, test

    def __call__(self, assignment: dict[str, LayerBlocks], *, joint: bool = True) -> Run | None:
        """Evaluate the assignment, or look it up; None where it must not be evaluated.

        ``joint``: weights of a filter are chosen together.
        """
        key = _key(assignment) + ("" if joint else " separate")
        if key not in self._stored:
            if self._only_stored:
                return None
            start = time.perf_counter()
            graph, _ = compensate(self._graph, assignment, self._images, joint_rounding=joint)
            train, test = self._right(graph, assignment)
            self._stored[key] = (train, test, time.perf_counter() - start)
            self._save()
        train, test, seconds = self._stored[key]
        drops = [
            100 * (exact - right) / len(self._parts[name][1])
            for name, exact, right in zip(_PARTS, self._exact, (train, test), strict=True)
        ]
        return Run(drops[0], drops[1], seconds)

    def _right(self, graph: Graph, assignment: dict[str, LayerBlocks]) -> tuple[int, int]:
        """Numbers of correctly classified images of both parts."""
        emulator = Emulator(graph, threads=self._threads, memory=0)
        train, test = (
            int((emulator.run(images, assignment).reshape(len(images), -1).argmax(1) == of).sum())
            for images, of in self._parts.values()
        )
        return train, test

    def _save(self) -> None:
        content = io.BytesIO()
        np.savez(
            content,
            key=np.array(self._key),
            assignments=np.array(list(self._stored)),
            right=np.array([row[:2] for row in self._stored.values()], dtype=np.int64),
            seconds=np.array([row[2] for row in self._stored.values()]),
        )
        write_bytes(self._path, content.getvalue())


def _key(assignment: dict[str, LayerBlocks]) -> str:
    digest = hashlib.sha256()
    for name, layer in assignment.items():
        digest.update(f"{name}:{','.join(block.digest for block in layer.blocks)}|".encode())
        digest.update(np.ascontiguousarray(layer.choice).data)
    return digest.hexdigest()
