"""Evaluations of many assignments, stored in a file."""

from __future__ import annotations

import hashlib
import io
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hawx_hw.blocks import Block
from hawx_hw.datasets.dataset import Split
from hawx_hw.emulation import Emulator
from hawx_hw.graph.graph import Graph
from hawx_hw.quantize import codes
from hawx_hw.scores.profile import Profile
from hawx_hw.scores.scores import losses
from hawx_hw.util.files import write_bytes

__all__ = ["Evaluations", "evaluate_all"]

_SAVE_SECONDS = 20.0


@dataclass(frozen=True, eq=False)
class Evaluations:
    """Evaluations of assignments on test images.

    Parameters
    ----------
    losses, accuracies : ndarray of float64
        ``(assignments,)``: mean cross-entropy in nats, and the share of correct images.
    half_losses, half_accuracies : ndarray of float64
        ``(2, assignments)``: the same on every second image, and on the others.
    seen_losses : ndarray of float64
        ``(assignments,)``: mean cross-entropy on the training images.
    exact_accuracy : float
    seconds : float
        Mean time of a new evaluation, 0 where all were stored.
    """

    losses: np.ndarray
    accuracies: np.ndarray
    half_losses: np.ndarray
    half_accuracies: np.ndarray
    seen_losses: np.ndarray
    exact_accuracy: float
    seconds: float


def evaluate_all(
    graph: Graph,
    profile: Profile,
    choices: np.ndarray,
    blocks: Sequence[Block],
    test: Split,
    seen: Split,
    change: Callable[[np.ndarray], Graph] | None,
    calibration: np.ndarray,
    path: Path,
    threads: int,
) -> Evaluations:
    """Evaluate every assignment on test and training images, except those stored in ``path``.

    Each is evaluated on the graph that ``change`` returns, compensated for the images
    ``calibration``.
    """
    images = codes(test.images)
    trained = codes(seen.images)
    key = _key(
        graph, profile, choices, (images, trained, *([] if change is None else [calibration]))
    )
    results = _load(path, key)
    plain = Emulator(graph, threads=threads)
    exact = _logits(graph, plain.run(images))
    start = saved = time.monotonic()
    new = 0
    for choice in choices[len(results) :]:
        assignment = profile.assignment(choice, blocks)
        emulator = plain
        if change is not None:
            emulator = Emulator(change(choice), threads=threads, memory=0)
        logits = _logits(graph, emulator.run(images, assignment))
        right = logits.argmax(axis=1) == test.labels
        row = []
        for part in (slice(None), slice(0, None, 2), slice(1, None, 2)):
            row += [float(losses(logits[part], test.labels[part])), float(right[part].mean())]
        trained_logits = _logits(graph, emulator.run(trained, assignment))
        results.append((*row, float(losses(trained_logits, seen.labels))))
        new += 1
        if time.monotonic() - saved > _SAVE_SECONDS or len(results) == len(choices):
            _store(path, key, results)
            saved = time.monotonic()
            print(f"{path.stem}: {len(results)} of {len(choices)}", file=sys.stderr, flush=True)
    values = np.array(results[: len(choices)])
    return Evaluations(
        losses=values[:, 0],
        accuracies=values[:, 1],
        half_losses=values[:, 2:6:2].T,
        half_accuracies=values[:, 3:6:2].T,
        seen_losses=values[:, 6],
        exact_accuracy=float((exact.argmax(axis=1) == test.labels).mean()),
        seconds=(time.monotonic() - start) / max(new, 1),
    )


def _logits(graph: Graph, codes: np.ndarray) -> np.ndarray:
    tensor = graph.tensors[graph.output]
    return (codes.reshape(len(codes), -1).astype(np.float64) - tensor.zero_point) * tensor.scale


def _key(graph: Graph, profile: Profile, choices: np.ndarray, images: Sequence[np.ndarray]) -> str:
    digest = hashlib.sha256()
    for array in (choices, profile.weights, *images):
        digest.update(np.ascontiguousarray(array).data)
    digest.update("|".join((graph.name, *profile.digests)).encode())
    return digest.hexdigest()


def _load(path: Path, key: str) -> list[tuple[float, ...]]:
    if not path.is_file():
        return []
    with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
        rows = file["rows"].tolist() if str(file["key"]) == key else []
    return [tuple(row) for row in rows]


def _store(path: Path, key: str, rows: list[tuple[float, ...]]) -> None:
    content = io.BytesIO()
    np.savez(content, key=np.array(key), rows=np.array(rows))
    write_bytes(path, content.getvalue())
