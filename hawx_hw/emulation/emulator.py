"""Fast evaluation of an integer graph under any assignment, bit for bit equal to the reference."""

from __future__ import annotations

import hashlib
import os
import warnings
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from hawx_hw.blocks.assignment import Assignment, LayerBlocks
from hawx_hw.emulation.compiler import CompilerError
from hawx_hw.emulation.grouped import GroupedLayer
from hawx_hw.emulation.layer import PATHS, Layer
from hawx_hw.emulation.native import Native
from hawx_hw.emulation.products import blocks_key
from hawx_hw.emulation.selftest import checked_native
from hawx_hw.graph import fast
from hawx_hw.graph.graph import (
    Add,
    AveragePool2d,
    Clamp,
    Conv2d,
    Graph,
    Linear,
    MaxPool2d,
    Node,
)
from hawx_hw.graph.groups import is_plain

if TYPE_CHECKING:
    from hawx_hw.util.progress import Progress

__all__ = ["Emulator"]

_BATCH_BYTES = 32 * 2**20
_BATCH_IMAGES = 64, 2048
_LAYER_BYTES = 256 * 2**20


@dataclass
class _Batch:
    """A few images and their latest codes: ``values[name] = (signature, codes)``."""

    images: np.ndarray
    cached: bool
    values: dict[str, tuple[bytes, np.ndarray]] = field(default_factory=dict)


class Emulator:
    """Runs a graph under assignments; one caller at a time.

    The codes are those of :mod:`hawx_hw.graph.reference`, bit for bit, for any table of any block.
    Codes of tensors are cached, so that for the same images under another assignment only the
    layers from the first different one on are computed.

    Parameters
    ----------
    graph : Graph
    threads : int or None
        Threads to use, >= 1; None: as many as this process may run on.
    path : {"auto", "product", "tables", "entries", "factors", "look-up"}
        How layers are computed. ``product``, ``tables`` and ``entries`` are C kernels: one
        integer product of remapped operands (ValueError for layers whose products are not of that
        form), tables indexed by the activation and vectorized over filters, or one table entry
        for each weight.
        ``factors`` and ``look-up`` need no compiler: matrix products of remapped operands (where
        the products have exact factors; ValueError elsewhere), or numpy's indexing. ``auto``
        chooses the fastest.
    variant : str or None
        Name of the kernels' instruction set (:data:`hawx_hw.emulation.compiler.VARIANTS`); None:
        the widest that the CPU supports.
    memory : int
        Bytes of tensors to cache between calls, >= 0.

    Raises
    ------
    CompilerError
        The C kernels are requested by ``path`` or ``variant`` and cannot be compiled. With
        ``auto`` that is a RuntimeWarning, and layers are computed without them.
    """

    def __init__(
        self,
        graph: Graph,
        *,
        threads: int | None = None,
        path: str = "auto",
        variant: str | None = None,
        memory: int = 2**30,
    ):
        if path not in PATHS:
            raise ValueError(f"Path must be one of {', '.join(PATHS)}, not {path!r}")
        if threads is None:
            affinity = getattr(os, "sched_getaffinity", None)
            threads = len(affinity(0)) if affinity else os.cpu_count() or 1
        if threads < 1:
            raise ValueError(f"Threads must be at least 1, not {threads!r}")
        if memory < 0:
            raise ValueError(f"Memory must be at least 0, not {memory!r}")
        self._graph = graph
        self._path = path
        self._memory = memory
        self._native = _native(path, variant, threads)
        self._weighted = {n.name: n for n in graph.nodes if isinstance(n, (Conv2d, Linear))}
        self._layers: OrderedDict[tuple[str, bytes], Layer | GroupedLayer] = OrderedDict()
        self._layer_bytes = 0
        self._batches: list[_Batch] = []
        self._images_key = b""
        size = sum(tensor.size for tensor in graph.tensors.values())
        low, high = _BATCH_IMAGES
        self._batch_images = max(low, min(high, _BATCH_BYTES // size))
        self._batch_bytes = self._batch_images * size

    @property
    def graph(self) -> Graph:
        """The graph."""
        return self._graph

    @property
    def engine(self) -> str:
        """Name of the kernels' instruction set, or ``portable`` where there are none."""
        return self._native.variant.name if self._native else "portable"

    def run(self, images: np.ndarray, assignment: Assignment | None = None) -> np.ndarray:
        """Codes of the graph's output, equal to those of :func:`hawx_hw.graph.reference.run`.

        Parameters
        ----------
        images : ndarray of int8
            ``(batch, *input shape)``.
        assignment : Assignment or None
            The blocks of convolutions and linear layers; layers that are left out are exact.

        Returns
        -------
        ndarray of int8
            ``(batch, *output shape)``.

        Raises
        ------
        ValueError
            Images or blocks do not fit the graph.
        OverflowError
            A sum does not fit int32.
        """
        return self._run(images, assignment, (self._graph.output,))[self._graph.output]

    def run_all(
        self, images: np.ndarray, assignment: Assignment | None = None
    ) -> dict[str, np.ndarray]:
        """Codes of every tensor, by name; each int8 ``(batch, *shape)``; see :meth:`run`."""
        return self._run(images, assignment, tuple(self._graph.tensors))

    def accuracy(
        self, images: np.ndarray, labels: np.ndarray, assignment: Assignment | None = None
    ) -> float:
        """Share of images whose largest output code (the first of equals) is their label's.

        Parameters
        ----------
        images : ndarray of uint8 or int8
            ``(n, *input shape)``, n >= 1: pixels, or input codes.
        labels : ndarray of int64
            ``(n,)``
        assignment : Assignment or None

        Returns
        -------
        float
            In [0, 1].
        """
        return float(self.evaluate_many([assignment], images, labels)[0])

    def evaluate_many(
        self,
        assignments: Sequence[Assignment | None],
        images: np.ndarray,
        labels: np.ndarray,
        *,
        graphs: Sequence[Graph] | None = None,
        progress: Progress | None = None,
    ) -> np.ndarray:
        """The accuracy under each of many assignments; common first layers are computed once.

        Assignments are taken in an order in which neighbors share their first layers, and a
        layer is computed again only where its blocks or its inputs differ from the previous ones.

        Parameters
        ----------
        assignments : sequence of Assignment or None
        images, labels
            As :meth:`accuracy` takes them.
        graphs : sequence of Graph or None
            The graph of each assignment: the emulator's graph with other weights, biases and
            requantization of its convolutions and linear layers. None: the emulator's own graph.
        progress : callable or None
            Called with the number of evaluations of batches of images done and their total.

        Returns
        -------
        ndarray of float64
            ``(assignments,)``, each in [0, 1].
        """
        right = self.correct(assignments, images, labels, graphs=graphs, progress=progress)
        accuracies: np.ndarray = np.count_nonzero(right, axis=1) / len(images)
        return accuracies

    def correct(
        self,
        assignments: Sequence[Assignment | None],
        images: np.ndarray,
        labels: np.ndarray,
        *,
        graphs: Sequence[Graph] | None = None,
        progress: Progress | None = None,
    ) -> np.ndarray:
        """Which images are right under each of many assignments; see :meth:`evaluate_many`.

        Returns
        -------
        ndarray of bool
            ``(assignments, n)``.
        """
        if len(images) == 0 or len(images) != len(labels):
            raise ValueError(
                f"Accuracy needs as many labels as images and at least one, "
                f"not {len(labels)} and {len(images)}"
            )
        right = np.zeros((len(assignments), len(images)), dtype=bool)

        def judge(index: int, part: slice, outputs: np.ndarray) -> None:
            right[index, part] = outputs.argmax(axis=1) == labels[part]

        self.visit(assignments, images, judge, graphs=graphs, progress=progress)
        return right

    def visit(
        self,
        assignments: Sequence[Assignment | None],
        images: np.ndarray,
        visitor: Callable[[int, slice, np.ndarray], None],
        *,
        graphs: Sequence[Graph] | None = None,
        progress: Progress | None = None,
    ) -> None:
        """Run images under each of many assignments; see :meth:`evaluate_many`.

        Parameters
        ----------
        assignments, images, graphs, progress
            See :meth:`evaluate_many`.
        visitor : callable
            Called once for each assignment and batch of images, in any order: with the index of
            the assignment, which of the images these are, and the output codes int8
            ``(batch, outputs)``, which are only valid during the call.
        """
        if images.dtype == np.uint8:
            images = self._graph.codes(images)
        run_on = [self._graph] * len(assignments) if graphs is None else list(graphs)
        if len(run_on) != len(assignments):
            raise ValueError(
                f"There must be as many graphs as assignments, not {len(run_on)} and "
                f"{len(assignments)}"
            )
        keys = [self._keys(a, graph) for a, graph in zip(assignments, run_on)]
        order = sorted(range(len(keys)), key=lambda index: tuple(keys[index].values()))
        batches = self._batched(images)
        start = done = 0
        for batch in batches:
            part = slice(start, start + len(batch.images))
            start = part.stop
            for index in order:
                values = self._evaluate(batch, assignments[index] or {}, keys[index], run_on[index])
                visitor(index, part, values[self._graph.output].reshape(len(batch.images), -1))
                done += 1
                if progress:
                    progress(done, len(batches) * len(order))
            self._release(batch)

    def _run(
        self, images: np.ndarray, assignment: Assignment | None, names: Sequence[str]
    ) -> dict[str, np.ndarray]:
        keys = self._keys(assignment, self._graph)
        parts: dict[str, list[np.ndarray]] = {name: [] for name in names}
        for batch in self._batched(images):
            values = self._evaluate(batch, assignment or {}, keys, self._graph)
            for name in names:
                parts[name].append(values[name])
            self._release(batch)
        return {name: np.concatenate(part) for name, part in parts.items()}

    def _keys(self, assignment: Assignment | None, graph: Graph) -> dict[str, bytes]:
        """A key of the products of each weighted node, in the order of the nodes."""
        assignment = assignment or {}
        unknown = sorted(set(assignment) - set(self._weighted))
        if unknown:
            raise ValueError(f"Assignment must name convolutions or linear layers, not {unknown!r}")
        for name, blocks in assignment.items():
            if blocks.shape != self._weighted[name].weight.shape:
                raise ValueError(
                    f"Blocks of {name!r} must be of shape {self._weighted[name].weight.shape}, "
                    f"not {blocks.shape}"
                )
        keys = {name: blocks_key(assignment.get(name)) for name in self._weighted}
        if graph is not self._graph:
            for own, node in zip(self._graph.nodes, graph.nodes, strict=True):
                if node is not own:
                    altered = _altered(own, node)
                    keys[own.name] += altered
        return keys

    def _batched(self, images: np.ndarray) -> list[_Batch]:
        """The images in batches: those of the last call where they are the same images."""
        expected = self._graph.tensors[self._graph.input].shape
        if images.dtype != np.int8 or images.shape[1:] != expected:
            raise ValueError(
                f"Images must be int8 of shape (batch, {', '.join(map(str, expected))}), "
                f"not {images.dtype} of shape {images.shape}"
            )
        images = np.ascontiguousarray(images)
        key = hashlib.blake2b(images.data, digest_size=32).digest()
        if not self._batches or key != self._images_key:
            fit = self._memory // self._batch_bytes
            starts = range(0, max(1, len(images)), self._batch_images)
            self._batches = [
                # A copy: the caller may change the images afterwards.
                _Batch(images[start : start + self._batch_images].copy(), number < fit)
                for number, start in enumerate(starts)
            ]
            self._images_key = key
        return self._batches

    def _release(self, batch: _Batch) -> None:
        if not batch.cached:
            batch.values.clear()

    def _evaluate(
        self, batch: _Batch, assignment: Assignment, keys: Mapping[str, bytes], graph: Graph
    ) -> dict[str, np.ndarray]:
        """Every tensor of a batch, from the cache where it is still valid."""
        values = {self._graph.input: batch.images}
        signatures = {self._graph.input: b""}
        for node in graph.nodes:
            digest = hashlib.blake2b(keys.get(node.name, b""), digest_size=16)
            for name in node.inputs:
                digest.update(b"|" + signatures[name])
            signature = signatures[node.name] = digest.digest()
            cached = batch.values.get(node.name)
            if cached is None or cached[0] != signature:
                inputs = [values[name] for name in node.inputs]
                cached = signature, self._node(node, inputs, assignment, keys)
                batch.values[node.name] = cached
            values[node.name] = cached[1]
        return values

    def _node(
        self,
        node: Node,
        inputs: list[np.ndarray],
        assignment: Assignment,
        keys: Mapping[str, bytes],
    ) -> np.ndarray:
        zero_point = self._graph.tensors[node.inputs[0]].zero_point
        result: np.ndarray | None = None
        if isinstance(node, (Conv2d, Linear)):
            layer = self._layer(node, assignment.get(node.name), keys[node.name])
            return layer.run(inputs[0], zero_point)
        if self._native is not None:
            match node:
                case MaxPool2d():
                    result = self._native.max_pool(node, inputs[0])
                case AveragePool2d():
                    result = self._native.average_pool(node, inputs[0], zero_point)
                case Add():
                    result = self._native.add(node, *inputs)
                case Clamp():
                    result = self._native.clamp(node, inputs[0])
        return fast.evaluate(node, inputs, zero_point) if result is None else result

    def _layer(
        self, node: Conv2d | Linear, blocks: LayerBlocks | None, key: bytes
    ) -> Layer | GroupedLayer:
        at = node.name, key
        layer = self._layers.get(at)
        if layer is None:
            layer = self._layers[at] = self._prepared(node, blocks)
            self._layer_bytes += layer.nbytes
            while len(self._layers) > 1 and self._layer_bytes > _LAYER_BYTES:
                self._layer_bytes -= self._layers.popitem(last=False)[1].nbytes
        self._layers.move_to_end(at)
        return layer

    def _prepared(self, node: Conv2d | Linear, blocks: LayerBlocks | None) -> Layer | GroupedLayer:
        def plain(part: Conv2d | Linear, of_part: LayerBlocks | None) -> Layer:
            return Layer(part, of_part, self._native, self._path)

        if isinstance(node, Conv2d) and not is_plain(node):
            return GroupedLayer(node, blocks, plain)
        return plain(node, blocks)


def _altered(own: Node, node: Node) -> bytes:
    """A key of the weights, biases and requantization of a node that replaces ``own``."""
    if not isinstance(node, (Conv2d, Linear)) or _structure(node) != _structure(own):
        raise ValueError(
            f"Graphs may differ in weights, biases and requantization of convolutions and "
            f"linear layers only, not in {own.name!r}"
        )
    rule = node.requantization
    numbers = (rule.shift, rule.zero_point, rule.low, rule.high, rule.step)
    digest = hashlib.blake2b(repr(numbers).encode(), digest_size=32)
    for array in (rule.multiplier, node.weight, node.bias):
        digest.update(np.ascontiguousarray(array).data)
    return digest.digest()


def _structure(node: Node) -> tuple[object, ...]:
    """A weighted node without its numbers."""
    shape = node.weight.shape if isinstance(node, (Conv2d, Linear)) else ()
    windows: tuple[object, ...] = ()
    if isinstance(node, Conv2d):
        windows = node.stride, node.padding, node.groups, node.dilation
    return type(node), node.name, node.inputs, shape, windows


def _native(path: str, variant: str | None, threads: int) -> Native | None:
    if path in ("factors", "look-up"):
        return None
    try:
        return checked_native(variant, threads)
    except CompilerError as error:
        if path != "auto" or variant is not None:
            raise
        warnings.warn(
            f"{error}. Emulation continues without compiled kernels, many times slower. "
            "Install GCC, or name another compiler in CC.",
            RuntimeWarning,
            stacklevel=3,
        )
        return None
