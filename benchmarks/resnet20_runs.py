"""Which images are right under assignments of ResNet-20: compensated layer after layer, stored."""

from __future__ import annotations

import hashlib
import io
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from hawx_hw.blocks.assignment import Assignment
from hawx_hw.compensation import compensate
from hawx_hw.datasets.dataset import Split
from hawx_hw.emulation import Emulator
from hawx_hw.graph.graph import Graph
from hawx_hw.graph.storage import graph_digest
from hawx_hw.search.bound import Paired
from hawx_hw.util.files import write_bytes

__all__ = ["Runs"]


class Runs:
    """Runs images under assignments, each once; the network is compensated for the blocks.

    Weights of a filter are chosen together.

    Parameters
    ----------
    graph : Graph
    images : ndarray of int8
        Calibration codes of :mod:`hawx_hw.compensation.layerwise`.
    parts : mapping of str to Split
        Images by their role. Each part is run by itself, so that only what may be chosen runs on
        images that select.
    folder : Path
        Where outcomes are stored, in a folder for each part: several processes can use it.
    threads : int
    stored : bool
        Run nothing new.
    """

    def __init__(
        self,
        graph: Graph,
        images: np.ndarray,
        parts: Mapping[str, Split],
        folder: Path,
        *,
        threads: int = 1,
        stored: bool = False,
    ):
        self._graph = graph
        self._images = images
        self._threads = threads
        self._only_stored = stored
        self._compensated: dict[str, Graph] = {}
        digest = hashlib.sha256(graph_digest(graph).encode())
        digest.update(np.ascontiguousarray(images).data)
        self._parts = {
            name: _Part(folder / name, f"{digest.hexdigest()} {split.digest}", split)
            for name, split in parts.items()
        }

    def images(self, part: str) -> int:
        """How many images a part has."""
        return len(self._parts[part].split)

    def right(self, assignment: Assignment, part: str) -> np.ndarray | None:
        """Which images of a part are right; None where nothing new is to be run.

        Parameters
        ----------
        assignment : Assignment
            Empty: the exact network.
        part : str

        Returns
        -------
        ndarray of bool or None
            ``(images,)``.
        """
        key = _key(assignment)
        own = self._parts[part]
        known = own.read(key)
        if known is not None:
            return known[0]
        if self._only_stored:
            return None
        start = time.process_time()
        if key not in self._compensated:
            self._compensated[key] = compensate(
                self._graph, assignment, self._images, weights="together"
            )[0]
        emulator = Emulator(self._compensated[key], threads=self._threads, memory=0)
        outputs = emulator.run(self._graph.codes(own.split.images), assignment)
        right: np.ndarray = outputs.reshape(len(outputs), -1).argmax(1) == own.split.labels
        own.add(key, right, time.process_time() - start)
        return right

    def paired(self, assignment: Assignment, part: str) -> Paired | None:
        """On how many images of a part the assignment differs from the exact network.

        None where nothing new is to be run.
        """
        right = self.right(assignment, part)
        exact = self.right({}, part)
        if right is None or exact is None:
            return None
        return Paired(len(exact), int((exact & ~right).sum()), int((~exact & right).sum()))

    def seconds(self, assignment: Assignment) -> float:
        """Processor time of an assignment's runs, of all parts, in seconds."""
        key = _key(assignment)
        known = (part.read(key) for part in self._parts.values())
        return sum(each[1] for each in known if each is not None)


class _Part:
    """Images of one role, and which are right under what ran on them: a file for each outcome."""

    def __init__(self, folder: Path, key: str, split: Split):
        self.split = split
        self._folder, self._key = folder, key
        self._known: dict[str, tuple[np.ndarray, float]] = {}

    def read(self, key: str) -> tuple[np.ndarray, float] | None:
        """Which images are right, and the seconds of it; None where that has not run."""
        if key not in self._known and self._path(key).is_file():
            content = io.BytesIO(self._path(key).read_bytes())
            with np.load(content, allow_pickle=False) as file:
                bits = np.unpackbits(file["right"], count=len(self.split)).astype(bool)
                self._known[key] = bits, float(file["seconds"])
        return self._known.get(key)

    def add(self, key: str, right: np.ndarray, seconds: float) -> None:
        self._known[key] = right, seconds
        content = io.BytesIO()
        np.savez(content, right=np.packbits(right), seconds=np.array(seconds))
        self._folder.mkdir(parents=True, exist_ok=True)
        write_bytes(self._path(key), content.getvalue())

    def _path(self, key: str) -> Path:
        digest = hashlib.sha256(f"{self._key} {key}".encode()).hexdigest()
        return self._folder / f"{digest[:32]}.npz"


def _key(assignment: Assignment) -> str:
    digest = hashlib.sha256()
    for name, layer in assignment.items():
        digest.update(f"{name}:{','.join(block.digest for block in layer.blocks)}|".encode())
        digest.update(np.ascontiguousarray(layer.choice).data)
    return digest.hexdigest()
