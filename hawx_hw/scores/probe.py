"""Shifted logits, corrected by an evaluation of a few images of each assignment.

The first order adds up the errors of all layers. Where they are large they saturate and interact:
later layers clamp large errors of earlier ones, and have other errors on inputs that are wrong
already. That changes all images in a similar way: the shifts shrink, the pattern of the exact
logits fades, some classes gain on all images. A few of the profile's images, evaluated with the
assignment, show by how much; the shifts distinguish the other images.

For an image with exact logits ``z`` and shift ``s``, both without their mean over the classes, the
actual logits are modeled as ``z + s + a s + g z + b``: two numbers and one offset for each class,
fitted to the evaluated images by least squares. The first order is a prior there (ridge regression,
A. E. Hoerl and R. W. Kennard, Technometrics 12, 1970): with the weight of one more image, and of 16
for the size of the shifts, which it often determines better than a few images. Shifts are limited
before: that of an image, of root mean square ``r``, is divided by ``sqrt(1 + r^2 / R^2)`` where
``R`` is twice the root mean square of the exact logits. Where a deep network loses most of its
accuracy, the first order predicts shifts many times larger than any logits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from hawx_hw.blocks.block import Block
from hawx_hw.emulation import Emulator
from hawx_hw.graph.graph import Graph
from hawx_hw.scores.predictor import changed_classes
from hawx_hw.scores.profile import Profile
from hawx_hw.scores.scores import growth, shifted_logits

__all__ = ["Probe"]

#: Values of logits at a time: assignments are processed in parts that fit.
_PART = 2**24
#: Bound of the shifts, as a multiple of the exact logits.
_BOUND = 2.0
#: Weight, in images, of the first order for the size of the shifts.
_TRUST = 16.0
#: Makes the fit definite where nothing shifts.
_LEAST = 1e-9


class Probe:
    """Scores of assignments from a profile and an evaluation of a few of its images.

    Parameters
    ----------
    graph : Graph
        The profiled network.
    profile : Profile
    blocks : sequence of Block
        The profile's blocks.
    images : ndarray of int8
        The profile's images, ``(images, *input shape)``, in its order.
    count : int
        Number of evaluated images, evenly spaced, in [1, images].
    change : callable or None
        Returns the graph of a choice ``(units,)``, with the weights and biases that compensate for
        its blocks. None: ``graph``, for profiles without compensation.
    threads : int or None
        Threads of the emulator.

    Raises
    ------
    ValueError
        The number of images is not the profile's, ``count`` is out of range, or ``change`` is
        missing for a profile with compensation.
    """

    def __init__(
        self,
        graph: Graph,
        profile: Profile,
        blocks: Sequence[Block],
        images: np.ndarray,
        *,
        count: int = 32,
        change: Callable[[np.ndarray], Graph] | None = None,
        threads: int | None = None,
    ):
        total = len(profile.labels)
        if len(images) != total:
            raise ValueError(f"images must be the profile's {total}, not {len(images)}")
        if not 1 <= count <= total:
            raise ValueError(f"count must be in [1, {total}], not {count!r}")
        compensated = profile.bias_correction or profile.weight_choice != "none"
        if change is None and compensated:
            raise ValueError("change must be given for a profile with compensation")
        self._profile = profile
        self._blocks = blocks
        self._run = np.linspace(0, total - 1, count).round().astype(np.int64)
        self._images = np.ascontiguousarray(images[self._run])
        self._change = change
        self._threads = threads
        self._emulator = Emulator(graph, threads=threads)

    @property
    def images(self) -> int:
        """Number of images that are evaluated with each assignment."""
        return len(self._images)

    def logits(self, choices: np.ndarray) -> np.ndarray:
        """Logits of all images of the profile with assignments.

        Parameters
        ----------
        choices : ndarray of int
            ``(assignments, units)``.

        Returns
        -------
        ndarray of float64
            ``(assignments, images, classes)``, without their mean over the classes.
        """
        choices = self._profile.checked(choices)
        exact = _centered(self._profile.logits)
        shifts = _bounded(_centered(shifted_logits(self._profile, choices)) - exact, exact)
        actual = _centered(self._actual(choices))
        some, some_shifts = exact[self._run], shifts[:, self._run]
        weights = _fitted(some, some_shifts, actual - some - some_shifts)
        shifts *= 1 + weights[:, :1, None]
        shifts += exact * (1 + weights[:, 1:2, None])
        shifts += weights[:, None, 2:]
        return shifts

    def scores(self, choices: np.ndarray, variant: str = "logits") -> np.ndarray:
        """hawx(model), as :func:`~hawx_hw.scores.scores.model_scores`.

        Parameters
        ----------
        choices : ndarray of int
            ``(assignments, units)``.
        variant : str
            ``logits``, ``fidelity`` or ``tempered``.

        Returns
        -------
        ndarray of float64
            ``(assignments,)``, in nats an image.
        """
        if variant not in ("logits", "fidelity", "tempered"):
            raise ValueError(f"variant must be logits, fidelity or tempered, not {variant!r}")
        return self._by_parts(choices, lambda logits: growth(self._profile, logits, variant))

    def expected_changes(self, choices: np.ndarray) -> np.ndarray:
        """The percentage of images that are expected to change their class.

        As :func:`~hawx_hw.scores.predictor.expected_changes`: ``(assignments, units)`` to
        ``(assignments,)``, in [0, 100].
        """
        return self._by_parts(choices, lambda logits: changed_classes(self._profile, logits))

    def _by_parts(
        self, choices: np.ndarray, score: Callable[[np.ndarray], np.ndarray]
    ) -> np.ndarray:
        choices = self._profile.checked(choices)
        # Neighbors share their first layers, which the emulator caches.
        order = np.lexsort(choices.T[::-1])
        scores = np.empty(len(choices))
        for part in self._parts(order):
            scores[part] = score(self.logits(choices[part]))
        return scores

    def _parts(self, order: np.ndarray) -> Iterator[np.ndarray]:
        size = max(1, _PART // self._profile.logits.size)
        for start in range(0, len(order), size):
            yield order[start : start + size]

    def _actual(self, choices: np.ndarray) -> np.ndarray:
        """Actual logits of the evaluated images: ``(assignments, run, classes)``."""
        outputs = []
        for choice in choices:
            emulator = self._emulator
            if self._change is not None:
                emulator = Emulator(self._change(choice), threads=self._threads, memory=0)
            outputs.append(
                emulator.run(self._images, self._profile.assignment(choice, self._blocks))
            )
        graph = self._emulator.graph
        output = graph.tensors[graph.output]
        codes = np.array(outputs, dtype=np.float64).reshape(len(outputs), len(self._images), -1)
        return (codes - output.zero_point) * output.scale


def _centered(logits: np.ndarray) -> np.ndarray:
    # A softmax does not depend on a common offset, so the fit must not either.
    centered: np.ndarray = logits - logits.mean(axis=-1, keepdims=True)
    return centered


def _bounded(shifts: np.ndarray, exact: np.ndarray) -> np.ndarray:
    largest = _BOUND**2 * (exact**2).mean() + _LEAST
    bounded: np.ndarray = shifts / np.sqrt(1 + (shifts**2).mean(axis=-1, keepdims=True) / largest)
    return bounded


def _fitted(exact: np.ndarray, shifts: np.ndarray, left: np.ndarray) -> np.ndarray:
    """Growth of the shifts, of the exact logits, and of each class: ``(assignments, 2 + classes)``.

    From ``(run, classes)``, ``(assignments, run, classes)`` and the residual of the first order.
    """
    count, images, classes = shifts.shape
    gram = np.zeros((count, 2 + classes, 2 + classes))
    target = np.empty((count, 2 + classes))
    square = np.einsum("anc,anc->a", shifts, shifts)
    more = 1 + 1 / images
    gram[:, 0, 0] = square * (1 + _TRUST / images) + _LEAST
    gram[:, 1, 1] = (exact**2).sum() * more + _LEAST
    gram[:, 0, 1] = gram[:, 1, 0] = np.einsum("anc,nc->a", shifts, exact)
    gram[:, 0, 2:] = gram[:, 2:, 0] = shifts.sum(axis=1)
    gram[:, 1, 2:] = gram[:, 2:, 1] = exact.sum(axis=0)
    gram[:, 2:, 2:] = (images + 1) * np.eye(classes)
    target[:, 0] = np.einsum("anc,anc->a", shifts, left)
    target[:, 1] = np.einsum("anc,nc->a", left, exact)
    target[:, 2:] = left.sum(axis=1)
    return np.linalg.solve(gram, target[..., None])[..., 0]
