"""Shifted logits that a run of a few images sets right, for each assignment.

The first order adds up the errors of all layers. Where they are large they saturate and meet: later
layers clamp what earlier ones overstate, and err otherwise on inputs that are wrong already. That
changes all images alike: the shifts shrink, the exact logits' own pattern fades, some classes gain
on all images. A few of the profile's images, really run under the assignment, show by how much, and
the shifts of all the others tell the images apart.

For an image with exact logits ``z`` and shift ``s``, both without their mean over the classes, what
really becomes of the logits is taken as ``z + s + a s + g z + b``: two numbers and one offset a
class, fitted to the images that were run by least squares. The first order counts there, too (ridge
regression, A. E. Hoerl and R. W. Kennard, Technometrics 12, 1970): as one more image, and as 16
that say how large the shifts are, which it often tells better than a few images. Shifts are bounded
before: that of an image, of root mean square ``r``, is divided by ``sqrt(1 + r^2 / R^2)`` where
``R`` is twice the root mean square of the exact logits. Where a deep network loses all, the first
order foresees shifts many times larger than logits ever are.
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

#: Values of logits at a time: assignments are taken in parts that fit.
_PART = 2**24
#: Bound of the shifts, as a multiple of the exact logits.
_BOUND = 2.0
#: Images that the first order counts for, against a change of its own size.
_TRUST = 16.0
#: Keeps the fit definite where nothing shifts.
_LEAST = 1e-9


class Probe:
    """Scores of assignments from a profile and a run of a few of its images.

    Parameters
    ----------
    graph : Graph
        The profiled network.
    profile : Profile
    blocks : sequence of Block
        Those of the profile.
    images : ndarray of int8
        The profile's images, ``(images, *input shape)``, in its order.
    count : int
        How many of them are run, in [1, images]: evenly spaced ones.
    change : callable or None
        Gives the graph that a choice ``(units,)`` runs on, with the weights and biases that make
        up for its blocks. None: ``graph``, which suits profiles that make up for nothing.
    threads : int or None
        Of the emulator.

    Raises
    ------
    ValueError
        Images are not as many as the profile's, ``count`` is out of range, or ``change`` is
        missing where the profile makes up for errors.
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
        if change is None and (profile.bias_correction or profile.weight_remapping):
            raise ValueError("change must be given where the profile makes up for errors")
        self._profile = profile
        self._blocks = blocks
        self._run = np.linspace(0, total - 1, count).round().astype(np.int64)
        self._images = np.ascontiguousarray(images[self._run])
        self._change = change
        self._threads = threads
        self._emulator = Emulator(graph, threads=threads)

    @property
    def images(self) -> int:
        """Images that are run under each assignment."""
        return len(self._images)

    def logits(self, choices: np.ndarray) -> np.ndarray:
        """Logits of all images of the profile under assignments.

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
        found = _centered(self._real(choices))
        some, shown = exact[self._run], shifts[:, self._run]
        weights = _fitted(some, shown, found - some - shown)
        shifts *= 1 + weights[:, :1, None]
        shifts += exact * (1 + weights[:, 1:2, None])
        shifts += weights[:, None, 2:]
        return shifts

    def scores(self, choices: np.ndarray, variant: str = "logits") -> np.ndarray:
        """hawx(model): as :func:`~hawx_hw.scores.scores.model_scores`.

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
        return self._judged(choices, lambda logits: growth(self._profile, logits, variant))

    def expected_changes(self, choices: np.ndarray) -> np.ndarray:
        """How many images in a hundred are expected to change their class.

        As :func:`~hawx_hw.scores.predictor.expected_changes`: ``(assignments, units)`` to
        ``(assignments,)``, in [0, 100].
        """
        return self._judged(choices, lambda logits: changed_classes(self._profile, logits))

    def _judged(self, choices: np.ndarray, judge: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        choices = self._profile.checked(choices)
        # Neighbors share their first layers, which the emulator keeps.
        order = np.lexsort(choices.T[::-1])
        found = np.empty(len(choices))
        for part in self._parts(order):
            found[part] = judge(self.logits(choices[part]))
        return found

    def _parts(self, order: np.ndarray) -> Iterator[np.ndarray]:
        size = max(1, _PART // self._profile.logits.size)
        for start in range(0, len(order), size):
            yield order[start : start + size]

    def _real(self, choices: np.ndarray) -> np.ndarray:
        """What really becomes of the images that are run: ``(assignments, run, classes)``."""
        rows = []
        for choice in choices:
            emulator = self._emulator
            if self._change is not None:
                emulator = Emulator(self._change(choice), threads=self._threads, memory=0)
            rows.append(emulator.run(self._images, self._profile.assignment(choice, self._blocks)))
        graph = self._emulator.graph
        output = graph.tensors[graph.output]
        codes = np.array(rows, dtype=np.float64).reshape(len(rows), len(self._images), -1)
        return (codes - output.zero_point) * output.scale


def _centered(logits: np.ndarray) -> np.ndarray:
    # A softmax knows no common offset, nor may the fit.
    found: np.ndarray = logits - logits.mean(axis=-1, keepdims=True)
    return found


def _bounded(shifts: np.ndarray, exact: np.ndarray) -> np.ndarray:
    largest = _BOUND**2 * (exact**2).mean() + _LEAST
    found: np.ndarray = shifts / np.sqrt(1 + (shifts**2).mean(axis=-1, keepdims=True) / largest)
    return found


def _fitted(exact: np.ndarray, shifts: np.ndarray, left: np.ndarray) -> np.ndarray:
    """What the shifts and the exact logits grow by, and each class: ``(assignments, 2 + classes)``.

    From ``(run, classes)``, ``(assignments, run, classes)`` and what the first order leaves over.
    """
    count, images, classes = shifts.shape
    gram = np.zeros((count, 2 + classes, 2 + classes))
    wanted = np.empty((count, 2 + classes))
    square = np.einsum("anc,anc->a", shifts, shifts)
    more = 1 + 1 / images
    gram[:, 0, 0] = square * (1 + _TRUST / images) + _LEAST
    gram[:, 1, 1] = (exact**2).sum() * more + _LEAST
    gram[:, 0, 1] = gram[:, 1, 0] = np.einsum("anc,nc->a", shifts, exact)
    gram[:, 0, 2:] = gram[:, 2:, 0] = shifts.sum(axis=1)
    gram[:, 1, 2:] = gram[:, 2:, 1] = exact.sum(axis=0)
    gram[:, 2:, 2:] = (images + 1) * np.eye(classes)
    wanted[:, 0] = np.einsum("anc,anc->a", shifts, left)
    wanted[:, 1] = np.einsum("anc,nc->a", left, exact)
    wanted[:, 2:] = left.sum(axis=1)
    return np.linalg.solve(gram, wanted[..., None])[..., 0]
