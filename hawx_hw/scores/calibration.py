"""The handful of evaluations that turn scores into accuracies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hawx_hw.blocks.block import Block
from hawx_hw.compensation import compensate
from hawx_hw.datasets.dataset import Split
from hawx_hw.emulation import Emulator
from hawx_hw.graph.graph import Graph
from hawx_hw.scores.predictor import AccuracyPredictor, expected_changes, informative
from hawx_hw.scores.profile import Profile
from hawx_hw.scores.profiling import PredictedAccuracies

if TYPE_CHECKING:
    from hawx_hw.util.progress import Progress

__all__ = ["Calibration", "calibrate"]


@dataclass(frozen=True, eq=False)
class Calibration:
    """Assignments that were evaluated, and what follows for others.

    Parameters
    ----------
    choices : ndarray of int64
        ``(evaluations, units)``.
    scores : ndarray of float64
        ``(evaluations,)``: images in a hundred that are expected to change their class.
    accuracies : ndarray of float64
        ``(evaluations,)``, in [0, 1].
    exact : float
        Accuracy of the exact network.
    predictor : AccuracyPredictor
    """

    choices: np.ndarray
    scores: np.ndarray
    accuracies: np.ndarray
    exact: float
    predictor: AccuracyPredictor

    def predicted(self, scores: np.ndarray) -> PredictedAccuracies:
        """What is predicted for scores ``(n,)``, beside what was evaluated."""
        accuracies, deviations = self.predictor.predict(scores)
        return PredictedAccuracies(
            exact=self.exact,
            evaluated_scores=tuple(self.scores.tolist()),
            evaluated_accuracies=tuple(self.accuracies.tolist()),
            predicted=tuple(accuracies.tolist()),
            standard_deviation=tuple(deviations.tolist()),
        )


def calibrate(
    graph: Graph,
    profile: Profile,
    blocks: Sequence[Block],
    candidates: np.ndarray,
    count: int,
    split: Split,
    calibration: np.ndarray,
    *,
    scores: np.ndarray | None = None,
    activation_rounding: bool = False,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Calibration:
    """Evaluate the most informative of some assignments.

    Parameters
    ----------
    graph : Graph
        The profiled network.
    profile : Profile
        It states how the blocks' errors are compensated.
    blocks : sequence of Block
        Those of the profile.
    candidates : ndarray of int
        ``(assignments, units)`` to choose from.
    count : int
        Evaluations, in [2, assignments].
    split : Split
        Images to be right on.
    calibration : ndarray of int8
        Codes of the images that biases and weights are fitted to.
    scores : ndarray of float64 or None
        Of the candidates, such as :meth:`~hawx_hw.scores.probe.Probe.expected_changes` gives
        them; None: from :func:`~hawx_hw.scores.predictor.expected_changes`.
    activation_rounding : bool
        As in :func:`hawx_hw.compensation.layerwise`.
    threads : int or None
        Of the emulator.
    progress : callable or None
        Called with the evaluations done and their total.

    Raises
    ------
    ValueError
        ``count`` is out of range, or the scores are not as many as the candidates.
    """
    if scores is None:
        scores = expected_changes(profile, candidates)
    if scores.shape != (len(candidates),):
        raise ValueError(f"scores must be {len(candidates)} numbers, not {scores.shape}")
    chosen = informative(scores, count)
    plain = Emulator(graph, threads=threads)
    exact = plain.accuracy(split.images, split.labels)
    images = graph.codes(split.images)
    measured = []
    for number, choice in enumerate(candidates[chosen]):
        assignment = profile.assignment(choice, blocks)
        emulator = plain
        if profile.bias_correction or profile.weight_choice != "none" or activation_rounding:
            changed, _ = compensate(
                graph,
                assignment,
                calibration,
                bias_correction=profile.bias_correction,
                weights=profile.weight_choice,
                activation_rounding=activation_rounding,
            )
            emulator = Emulator(changed, threads=threads, memory=0)
        measured.append(emulator.accuracy(images, split.labels, assignment))
        if progress:
            progress(number + 1, count)
    accuracies = np.array(measured)
    return Calibration(
        choices=np.asarray(candidates)[chosen],
        scores=scores[chosen],
        accuracies=accuracies,
        exact=exact,
        predictor=AccuracyPredictor(exact, scores[chosen].tolist(), measured),
    )
