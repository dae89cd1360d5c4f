"""Real evaluations of many assignments, kept in a file as they are made."""

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

__all__ = ["Truth", "run_truth"]

_SAVE_SECONDS = 20.0


@dataclass(frozen=True, eq=False)
class Truth:
    """What assignments really do on test images.

    Parameters
    ----------
    losses, accuracies : ndarray of float64
        ``(assignments,)``: mean cross-entropy in nats, and the share of images that are right.
    half_losses, half_accuracies : ndarray of float64
        ``(2, assignments)``: the same on every second image, and on the others.
    seen_losses : ndarray of float64
        ``(assignments,)``: mean cross-entropy on the training images.
    exact_accuracy : float
    seconds : float
        Mean time of an evaluation made in this run, 0 where all were at hand.
    """

    losses: np.ndarray
    accuracies: np.ndarray
    half_losses: np.ndarray
    half_accuracies: np.ndarray
    seen_losses: np.ndarray
    exact_accuracy: float
    seconds: float


def run_truth(
    graph: Graph,
    profile: Profile,
    choices: np.ndarray,
    blocks: Sequence[Block],
    test: Split,
    seen: Split,
    change: Callable[[np.ndarray], Graph] | None,
    met: np.ndarray,
    path: Path,
    threads: int,
) -> Truth:
    """Run every assignment on test and training images, but for those that ``path`` holds.

    Each runs on the graph that ``change`` gives for it, fitted to the images ``met``.
    """
    images = codes(test.images)
    trained = codes(seen.images)
    key = _key(graph, profile, choices, (images, trained, *([] if change is None else [met])))
    found = _kept(path, key)
    plain = Emulator(graph, threads=threads)
    exact = _real(graph, plain.run(images))
    start = saved = time.monotonic()
    new = 0
    for choice in choices[len(found) :]:
        assignment = profile.assignment(choice, blocks)
        emulator = plain
        if change is not None:
            emulator = Emulator(change(choice), threads=threads, memory=0)
        logits = _real(graph, emulator.run(images, assignment))
        right = logits.argmax(axis=1) == test.labels
        row = []
        for part in (slice(None), slice(0, None, 2), slice(1, None, 2)):
            row += [float(losses(logits[part], test.labels[part])), float(right[part].mean())]
        trained_logits = _real(graph, emulator.run(trained, assignment))
        found.append((*row, float(losses(trained_logits, seen.labels))))
        new += 1
        if time.monotonic() - saved > _SAVE_SECONDS or len(found) == len(choices):
            _keep(path, key, found)
            saved = time.monotonic()
            print(f"{path.stem}: {len(found)} of {len(choices)}", file=sys.stderr, flush=True)
    values = np.array(found[: len(choices)])
    return Truth(
        losses=values[:, 0],
        accuracies=values[:, 1],
        half_losses=values[:, 2:6:2].T,
        half_accuracies=values[:, 3:6:2].T,
        seen_losses=values[:, 6],
        exact_accuracy=float((exact.argmax(axis=1) == test.labels).mean()),
        seconds=(time.monotonic() - start) / max(new, 1),
    )


def _real(graph: Graph, found: np.ndarray) -> np.ndarray:
    tensor = graph.tensors[graph.output]
    return (found.reshape(len(found), -1).astype(np.float64) - tensor.zero_point) * tensor.scale


def _key(graph: Graph, profile: Profile, choices: np.ndarray, images: Sequence[np.ndarray]) -> str:
    digest = hashlib.sha256()
    for array in (choices, profile.weights, *images):
        digest.update(np.ascontiguousarray(array).data)
    digest.update("|".join((graph.name, *profile.digests)).encode())
    return digest.hexdigest()


def _kept(path: Path, key: str) -> list[tuple[float, ...]]:
    if not path.is_file():
        return []
    with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
        rows = file["rows"].tolist() if str(file["key"]) == key else []
    return [tuple(row) for row in rows]


def _keep(path: Path, key: str, rows: list[tuple[float, ...]]) -> None:
    content = io.BytesIO()
    np.savez(content, key=np.array(key), rows=np.array(rows))
    write_bytes(path, content.getvalue())
