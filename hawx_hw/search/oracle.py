"""How many images are right under assignments, by running the network.

A count of right images shows little of other images: an assignment that loses half a percentage
point of 1000 images loses five of them, give or take two. The outputs show more. Summed up over the
images, the probability that the softmax of the outputs gives the right class changes as the counts
do, but with every image whose outputs change and not only with those few whose class does. Searches
go by these expected counts, and the counts give them their scale.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np

from hawx_hw.assignment.accepted import check_codes
from hawx_hw.assignment.space import Space
from hawx_hw.blocks.assignment import Assignment
from hawx_hw.emulation import Emulator
from hawx_hw.graph.graph import Graph
from hawx_hw.search.differences import Differences

if TYPE_CHECKING:
    from hawx_hw.util.progress import Progress

__all__ = ["EmulatedOracle", "ExpectingOracle", "Oracle", "space_key"]

#: Larger differences of outputs change no probability, but overflow.
_LARGEST = 80.0


class Oracle(Protocol):
    """Counts the images that are right under assignments."""

    @property
    def key(self) -> str:
        """Hash of all that the counts depend on."""

    @property
    def images(self) -> int:
        """Number of images."""

    @property
    def exact(self) -> int:
        """Images that are right in the exact network."""

    def __call__(self, vectors: np.ndarray) -> np.ndarray:
        """Images that are right under each of the vectors ``(n, units)``: int64 ``(n,)``."""


@runtime_checkable
class ExpectingOracle(Oracle, Protocol):
    """Gives, too, how certain the network is of the right classes."""

    @property
    def exact_expected(self) -> float:
        """As :meth:`measure`, of the exact network."""

    def measure(self, vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Images that are right, and that are expected to be.

        Parameters
        ----------
        vectors : ndarray of int
            ``(n, units)``.

        Returns
        -------
        (ndarray of int64, ndarray of float64)
            ``(n,)`` each: the counts, and sums over the images of the probability of the label's
            class by the softmax of the outputs.
        """


class EmulatedOracle:
    """Runs the integer network, bit for bit; assignments share what they have in common.

    Parameters
    ----------
    space : Space
        Of ``graph``.
    graph : Graph
    images : ndarray of uint8 or int8
        ``(n, *input shape)``, n >= 1: pixels, or input codes.
    labels : ndarray of int64
        ``(n,)``
    change : callable or None
        Gives the graph that a vector runs on, such as
        :class:`~hawx_hw.compensation.per_filter.Compensated`; None: ``graph``.
    threads : int or None
        See :class:`~hawx_hw.emulation.Emulator`.
    memory : int
        Bytes of tensors that are cached.

    Raises
    ------
    UserError
        A block does not support the codes that may occur.
    """

    def __init__(
        self,
        space: Space,
        graph: Graph,
        images: np.ndarray,
        labels: np.ndarray,
        *,
        change: Callable[[np.ndarray], Graph] | None = None,
        threads: int | None = None,
        memory: int = 2**30,
    ):
        if change is None:
            for block in range(len(space.blocks)):
                check_codes(graph, space.assignment(space.uniform(block)))
        self._space = space
        self._images = graph.codes(images) if images.dtype == np.uint8 else images
        self._labels = labels
        self._change = change
        self._emulator = Emulator(graph, threads=threads, memory=memory)
        output = graph.tensors[graph.output]
        self._scale = float(output.scale)
        exact, expected = self._measured([None], None)
        self._exact, self._exact_expected = int(exact[0]), float(expected[0])
        digest = hashlib.sha256(space_key(space).encode())
        uniform = [space.uniform(block) for block in range(len(space.blocks))]
        for each in [graph, *(map(change, uniform) if change else ())]:
            _add(digest, each)
        digest.update(np.ascontiguousarray(self._images).data)
        digest.update(np.ascontiguousarray(labels, dtype="<i8").data)
        self._key = digest.hexdigest()

    @property
    def key(self) -> str:
        """See :class:`Oracle`."""
        return self._key

    @property
    def images(self) -> int:
        """See :class:`Oracle`."""
        return len(self._images)

    @property
    def exact(self) -> int:
        """See :class:`Oracle`."""
        return self._exact

    @property
    def exact_expected(self) -> float:
        """See :class:`ExpectingOracle`."""
        return self._exact_expected

    def measure(self, vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """See :class:`ExpectingOracle`."""
        vectors = self._space.checked(vectors)
        graphs = [self._change(vector) for vector in vectors] if self._change else None
        return self._measured([self._space.assignment(vector) for vector in vectors], graphs)

    def __call__(self, vectors: np.ndarray, progress: Progress | None = None) -> np.ndarray:
        """See :class:`Oracle`; ``progress`` is called with the parts done and their number."""
        vectors = self._space.checked(vectors)
        graphs = [self._change(vector) for vector in vectors] if self._change else None
        accuracies = self._emulator.evaluate_many(
            [self._space.assignment(vector) for vector in vectors],
            self._images,
            self._labels,
            graphs=graphs,
            progress=progress,
        )
        return self._count(accuracies)

    def differences(self, vectors: np.ndarray, progress: Progress | None = None) -> Differences:
        """On which images each of the vectors ``(n, units)`` differs from the exact network."""
        vectors = self._space.checked(vectors)
        graphs = [self._change(vector) for vector in vectors] if self._change else None
        (exact,) = self._emulator.correct([None], self._images, self._labels)
        right = self._emulator.correct(
            [self._space.assignment(vector) for vector in vectors],
            self._images,
            self._labels,
            graphs=graphs,
            progress=progress,
        )
        return Differences.of(exact, right)

    def _measured(
        self, assignments: Sequence[Assignment | None], graphs: Sequence[Graph] | None
    ) -> tuple[np.ndarray, np.ndarray]:
        right = np.zeros(len(assignments), dtype=np.int64)
        expected = np.zeros(len(assignments))

        def judge(index: int, part: slice, outputs: np.ndarray) -> None:
            labels = self._labels[part]
            right[index] += np.count_nonzero(outputs.argmax(axis=1) == labels)
            logits = self._scale * outputs.astype(np.float64)
            logits -= logits[np.arange(len(labels)), labels][:, None]
            expected[index] += (1 / np.exp(np.minimum(logits, _LARGEST)).sum(axis=1)).sum()

        self._emulator.visit(assignments, self._images, judge, graphs=graphs)
        return right, expected

    def _count(self, accuracies: np.ndarray) -> np.ndarray:
        counts: np.ndarray = np.rint(accuracies * len(self._images)).astype(np.int64)
        return counts


def space_key(space: Space) -> str:
    """Hash of a space's layers, units and blocks."""
    digest = hashlib.sha256()
    for name in space.layers:
        unit = space.unit(name)
        digest.update(f"{name} {unit.shape}|".encode())
        digest.update(np.ascontiguousarray(unit, dtype="<i8").data)
    digest.update("|".join(block.digest for block in space.blocks).encode())
    return digest.hexdigest()


def _add(digest: Any, value: Any) -> None:
    """Add a graph, or a part of it, to a hash."""
    if dataclasses.is_dataclass(value):
        digest.update(f"{type(value).__name__}(".encode())
        for field in dataclasses.fields(value):
            _add(digest, getattr(value, field.name))
    elif isinstance(value, Mapping):
        _add(digest, tuple(sorted(value.items())))
    elif isinstance(value, tuple):
        digest.update(f"{len(value)}(".encode())
        for part in value:
            _add(digest, part)
    elif isinstance(value, np.ndarray):
        digest.update(f"{value.shape}{value.dtype.str}".encode())
        digest.update(np.ascontiguousarray(value).data)
    else:
        digest.update(f"{value!r},".encode())
