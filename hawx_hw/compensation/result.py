"""What the blocks cost in accuracy, how they were compensated, and assign.json."""

from __future__ import annotations

from typing import ClassVar

from hawx_hw.util.results import Record, Result

__all__ = ["AssignResult", "AssignedAccuracy", "Compensation", "TrainingImages"]


class Compensation(Record):
    """The compensation of one layer.

    Parameters
    ----------
    layer : str
        The node's name.
    weights_changed, weights : int
        Weights with another code, and all weights.
    step : int
        The layer's codes are multiples of it.
    error_before, error_after : float
        Largest mean error of a filter's sums on the calibration images, in units of the sum, before
        and after its bias was corrected.
    """

    layer: str
    weights_changed: int
    weights: int
    step: int
    error_before: float
    error_after: float


class AssignedAccuracy(Record):
    """Accuracies in [0, 1] on test images, with the assigned blocks.

    Parameters
    ----------
    images : int
        Test images.
    uncompensated : float
        Of the quantized network.
    assigned : float
        Of the network that is built.
    compensated : float or None
        Of the compensated network before it was retrained; None where it was not: then that is
        built.
    searched : float or None
        Of the network as the search evaluated it, each filter compensated by itself; None without a
        search.
    """

    images: int
    uncompensated: float
    assigned: float
    searched: float | None = None
    compensated: float | None = None


class TrainingImages(Record):
    """Accuracies in [0, 1] on the search's training images, by the way of compensation.

    Parameters
    ----------
    images : int
        Training images of the search.
    by_filter : float
        Each filter compensated by itself, as the search does it.
    by_layer : float
        Layer after layer.
    """

    images: int
    by_filter: float
    by_layer: float


class AssignResult(Result):
    """The content of assign.json.

    Parameters
    ----------
    exact : bool
        All blocks are exact; there is nothing to compensate.
    accuracy : AssignedAccuracy or None
        None where all blocks are exact.
    compensation : tuple of Compensation
        One entry a layer where the network was compensated layer after layer; else none, and none
        where it was retrained.
    training : TrainingImages or None
        By what the way of compensation was chosen; None without a search.
    """

    FILE: ClassVar[str] = "assign.json"
    STAGE: ClassVar[str] = "assign"
    SCHEMA: ClassVar[int] = 2

    exact: bool
    accuracy: AssignedAccuracy | None
    compensation: tuple[Compensation, ...]
    training: TrainingImages | None = None
