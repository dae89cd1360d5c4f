"""All assignments of the filters of convolutions before linear layers, millions of them.

Everything up to the last convolution that is searched is run once for each way to choose the blocks
there (64 for the six filters of LeNet-5's first convolution and two blocks). Given that, each
filter of the last convolution has one map a block. What the first linear layer sums up is a sum
over these filters, so that all their combinations cost additions, and only the linear layers after
it are computed for each assignment and image, in C (:mod:`ground_truth.tails`). Every count is
exact: that of a run of the integer network under that assignment.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from ground_truth.exhaustive import GroundTruth, Parts
from ground_truth.tails import Tails

from hawx_hw.assignment.space import Space
from hawx_hw.emulation import Emulator
from hawx_hw.graph.graph import (
    SUM_MAX,
    AveragePool2d,
    Clamp,
    Conv2d,
    Flatten,
    Graph,
    Linear,
    MaxPool2d,
)
from hawx_hw.graph.pixels import codes
from hawx_hw.search.oracle import EmulatedOracle

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["FilterGroundTruth"]

#: Images at a time: their sums take a few tens of MB.
_IMAGES = 50


class FilterGroundTruth:
    """Counts right images under all assignments of a space whose last layer is a convolution.

    Parameters
    ----------
    space : Space
        Of ``graph``; each filter of the last layer is one unit. Layers before it may have any.
    graph : Graph
        A chain; behind the space's last layer come pools and clamps, a flattening, and nothing but
        linear layers, which are exact.
    images : ndarray of uint8 or int8
        ``(n, *input shape)``, n >= 1: pixels, or input codes.
    labels : ndarray of int64
        ``(n,)``
    change : callable or None
        As :class:`~hawx_hw.search.oracle.EmulatedOracle` takes it. What it makes of a filter may
        depend on that filter's block and on what the layers before it have, and on nothing else.

    Raises
    ------
    ValueError
        The graph or the space is not of this kind, or a sum might not fit int32.
    UserError
        A block does not accept the codes that it may meet.
    """

    def __init__(
        self,
        space: Space,
        graph: Graph,
        images: np.ndarray,
        labels: np.ndarray,
        *,
        change: Callable[[np.ndarray], Graph] | None = None,
    ):
        self._space = space
        self._graph = graph
        self._images = codes(images) if images.dtype == np.uint8 else images
        self._labels = labels
        self._change = change
        self._flatten, self._linears = _tail(graph, space)
        first = self._linears[0]
        self._filters = len(space.unit(space.layers[-1]))
        largest = abs(first.weight.astype(np.int64)).sum(axis=1) * 128
        if (largest + abs(first.bias.astype(np.int64))).max() > SUM_MAX:
            raise ValueError(f"Sums of {first.name!r} might not fit int32")
        blocks = len(space.blocks)
        self._before = blocks ** (space.units - self._filters)
        self._behind = blocks**self._filters
        oracle = EmulatedOracle(space, graph, self._images, labels, change=change, threads=1)
        self._exact, self._key = oracle.exact, oracle.key

    @property
    def parts(self) -> int:
        """Ways to choose the blocks before the last convolution; each is computed by itself."""
        return self._before

    @property
    def space(self) -> Space:
        """All of whose assignments are counted."""
        return self._space

    @property
    def images(self) -> int:
        """Number of images."""
        return len(self._images)

    @property
    def exact(self) -> int:
        """Images that are right in the exact network."""
        return self._exact

    @property
    def key(self) -> str:
        """That of the oracle that would count the same."""
        return self._key

    def part(self, number: int, progress: Callable[[int], None] | None = None) -> np.ndarray:
        """Right images under all assignments that begin with the same blocks.

        Parameters
        ----------
        number : int
            In [0, parts): that of the blocks before the last convolution.
        progress : callable or None
            Receives the assignments times images that were done since its last call.

        Returns
        -------
        ndarray of int32
            ``(blocks ** filters,)``: those of the numbers from ``number * blocks ** filters`` on.
        """
        every = np.arange(len(self._images))
        return self.counts(number, every, progress=progress)

    def counts(
        self,
        number: int,
        images: np.ndarray,
        behind: np.ndarray | None = None,
        *,
        progress: Callable[[int], None] | None = None,
    ) -> np.ndarray:
        """Right images among some, under some assignments that begin with the same blocks.

        Parameters
        ----------
        number : int
            See :meth:`part`.
        images : ndarray of int64
            Indices of images.
        behind : ndarray of int64 or None
            ``(n,)``: which choices of the last filters' blocks, in [0, blocks ** filters); None:
            all.
        progress : callable or None
            See :meth:`part`.

        Returns
        -------
        ndarray of int32
            ``(n,)``.
        """
        if not 0 <= number < self._before:
            raise ValueError(f"Part must be in [0, {self._before}), not {number!r}")
        tails = Tails(self._linears)
        if behind is None:
            behind = np.arange(self._behind)
        lows = len(self._space.blocks) ** (self._filters // 2)
        pairs = np.stack(np.divmod(behind, lows), axis=1)
        right = np.zeros(len(behind), dtype=np.int32)
        for start in range(0, len(images), _IMAGES):
            rows = images[start : start + _IMAGES]
            high, low = self._sums(number, self._images[rows])
            right += tails.count(high, low, self._labels[rows], pairs)
            if progress:
                progress(len(behind) * len(rows))
        return right

    def run(
        self,
        folder: Path,
        *,
        threads: int = 1,
        client: Client | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> GroundTruth:
        """All parts, on threads of this process or through Dask.

        Parameters
        ----------
        folder : Path
            Of the parts: an interrupted run continues.
        threads : int
            >= 1; without a client.
        client : Client or None
            Of a Dask scheduler; the workers get graph and images from here.
        progress : callable or None
            Called with assignments times images done, and of how many; by one thread at a time.
        """
        parts = Parts(folder, self._key)
        right = np.empty((self._before, self._behind), dtype=np.int32)
        each = self._behind * len(self._images)
        done, total = 0, 0.0
        lock = threading.Lock()

        def advance(more: int) -> None:
            nonlocal done
            with lock:
                done += more
                if progress:
                    progress(done, self._before * each)

        missing = []
        for number in range(self._before):
            cached = parts.get(number)
            if cached is None:
                missing.append(number)
            else:
                right[number], seconds = cached
                total += seconds
                advance(each)
        made = self._by_dask(client, missing) if client else self._here(threads, missing, advance)
        for number, counts, seconds in made:
            parts.put(number, counts, seconds)
            right[number] = counts
            total += seconds
            if client:
                advance(each)
        return GroundTruth(
            self._space, self._key, len(self._images), self._exact, right.ravel(), total
        )

    def risks(self, samples: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """Which images the exact network has right, and how often others lose each.

        Parameters
        ----------
        samples : int
            Random assignments that are run.
        seed : int

        Returns
        -------
        (ndarray of bool, ndarray of float64)
            ``(images,)`` each.
        """
        rng = np.random.default_rng(seed)
        vectors = rng.integers(0, len(self._space.blocks), (samples, self._space.units))
        emulator = Emulator(self._graph, threads=1)
        (exact,) = emulator.correct([None], self._images, self._labels)
        graphs = [self._change(vector) for vector in vectors] if self._change else None
        assignments = [self._space.assignment(vector) for vector in vectors]
        right = emulator.correct(assignments, self._images, self._labels, graphs=graphs)
        return exact, (exact & ~right).mean(axis=0)

    def _here(
        self, threads: int, numbers: list[int], advance: Callable[[int], None]
    ) -> Iterator[tuple[int, np.ndarray, float]]:
        if threads < 1:
            raise ValueError(f"threads must be at least 1, not {threads!r}")
        with ThreadPoolExecutor(threads, thread_name_prefix="ground-truth") as pool:
            running = [pool.submit(_timed, self, number, advance) for number in numbers]
            try:
                for future in as_completed(running):
                    yield future.result()
            finally:
                pool.shutdown(cancel_futures=True)

    def _by_dask(
        self, client: Client, numbers: list[int]
    ) -> Iterator[tuple[int, np.ndarray, float]]:
        from distributed import as_completed as completed

        shared: Any = client.scatter(self, broadcast=True, hash=False)
        running = [client.submit(_timed, shared, number, pure=False) for number in numbers]
        try:
            for future in completed(running):
                yield future.result()
        finally:
            client.cancel([future for future in running if not future.done()])

    def _sums(self, number: int, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Sums of the first linear layer for each choice of the first and of the last filters."""
        first = self._linears[0]
        blocks = len(self._space.blocks)
        weight = first.weight.reshape(len(first.weight), self._filters, -1).astype(np.float64)
        # (images, filters, blocks, outputs), whole numbers far below 2**53.
        parts = np.empty((len(images), self._filters, blocks, len(weight)), dtype=np.int32)
        for block in range(blocks):
            maps = self._maps(number, block, images).reshape(len(images), self._filters, -1)
            sums = maps.astype(np.float64).transpose(1, 0, 2) @ weight.transpose(1, 2, 0)
            parts[:, :, block] = sums.transpose(1, 0, 2)
        half = (self._filters + 1) // 2
        start = np.broadcast_to(first.bias, (len(images), 1, len(first.bias)))
        return _combined(start, parts[:, :half]), _combined(start * 0, parts[:, half:])

    def _maps(self, number: int, block: int, images: np.ndarray) -> np.ndarray:
        """Codes that enter the first linear layer, with one block in all of the last filters."""
        begin = number * self._behind
        (vector,) = self._space.vectors(np.array([begin]))
        vector[-self._filters :] = block
        graph = self._change(vector) if self._change else self._graph
        end = next(i for i, n in enumerate(graph.nodes) if n.name == self._flatten) + 1
        names = (graph.input, *(node.name for node in graph.nodes[:end]))
        head = replace(
            graph,
            nodes=graph.nodes[:end],
            tensors={name: graph.tensors[name] for name in names},
        )
        return Emulator(head, threads=1, memory=0).run(images, self._space.assignment(vector))


def _combined(start: np.ndarray, parts: np.ndarray) -> np.ndarray:
    """``start (images, 1, outputs)`` and for every choice of blocks the filters' parts added."""
    for column in range(parts.shape[1]):
        start = start[:, :, None] + parts[:, None, column]
        start = start.reshape(len(start), -1, start.shape[-1])
    return start


def _timed(
    exhaustive: FilterGroundTruth, number: int, advance: Callable[[int], None] | None = None
) -> tuple[int, np.ndarray, float]:
    start = time.thread_time()
    counts = exhaustive.part(number, advance)
    return number, counts, time.thread_time() - start


def _tail(graph: Graph, space: Space) -> tuple[str, list[Linear]]:
    """The flattening behind the space's last layer, and the linear layers behind that."""
    last = space.layers[-1]
    source = graph.input
    state = "before"
    flatten, linears = "", []
    for node in graph.nodes:
        if node.inputs != (source,):
            raise ValueError(f"The graph must be a chain, but {node.name!r} reads {node.inputs}")
        source = node.name
        if node.name == last and isinstance(node, Conv2d):
            filters = np.arange(len(node.weight))[:, None, None, None]
            unit = space.unit(last)
            if (unit != unit[0, 0, 0, 0] + filters).any():
                raise ValueError(f"Each filter of {last!r} must be one unit")
            state = "maps"
        elif state == "maps" and isinstance(node, Flatten):
            flatten, state = node.name, "linear"
        elif state == "linear" and isinstance(node, Linear):
            linears.append(node)
        elif state != "before" and not (
            state == "maps" and isinstance(node, (MaxPool2d, AveragePool2d, Clamp))
        ):
            raise ValueError(
                f"Behind {last!r} there must be pools, one flattening and linear layers, not "
                f"{type(node).__name__} {node.name!r}"
            )
    if not linears:
        raise ValueError(f"{last!r} must be a convolution before linear layers")
    return flatten, linears
