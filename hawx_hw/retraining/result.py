"""What retraining did to each design, and retrain.json."""

from __future__ import annotations

from typing import ClassVar, Literal

from hawx_hw.util.results import Record, Result

__all__ = ["RetrainResult", "RetrainedDesign", "Seen", "TrainingSettings"]


class Seen(Record):
    """What a network is right on, of some images.

    Parameters
    ----------
    images : int
        >= 1.
    exact, before, after : float
        Accuracies in [0, 1]: with exact blocks, with the blocks before the training, and after it.
    lost, gained : int
        Images that only the network with exact blocks, or only the retrained one is right on.
    """

    images: int
    exact: float
    before: float
    after: float
    lost: int
    gained: int


class RetrainedDesign(Record):
    """A design whose network was retrained.

    Parameters
    ----------
    index : int or None
        The point of the search that it was made of; None without a search.
    number : int or None
        Its own number among the designs of the search, behind all others; None without a search.
    blocks : tuple of str
        Names of its blocks.
    files : str
        The retrained graph in the build folder, without suffix.
    select : Seen or None
        On the images that select; None where there are none.
    test : Seen
        On the test images, which decide nothing.
    searched : Seen or None
        On the search's images, which the network learned from; None without a search.
    """

    index: int | None
    number: int | None
    blocks: tuple[str, ...]
    files: str
    select: Seen | None
    test: Seen
    searched: Seen | None = None


class TrainingSettings(Record):
    """How all designs were trained.

    Parameters
    ----------
    epochs : int
        Passes over the images.
    gradient : {"straight", "gain", "table"}
        How products were differentiated.
    learning_rate : float
        At the start, > 0.
    distillation : bool
        Whether outputs of the network with exact blocks were learned from, beside the labels.
    seed : int
        Of the order of images and of their distortion.
    images : int
        Images that each learned from.
    device : str
        Kind of device that computed gradients, such as ``cpu``.
    threads : int
        Of the processor.
    """

    epochs: int
    gradient: Literal["straight", "gain", "table"]
    learning_rate: float
    distillation: bool
    seed: int
    images: int
    device: str
    threads: int


class RetrainResult(Result):
    """The content of retrain.json.

    Parameters
    ----------
    settings : TrainingSettings or None
        None where nothing was trained.
    designs : tuple of RetrainedDesign
        In the order in which they were trained; empty where nothing was.
    """

    FILE: ClassVar[str] = "retrain.json"
    STAGE: ClassVar[str] = "retrain"
    SCHEMA: ClassVar[int] = 2

    settings: TrainingSettings | None = None
    designs: tuple[RetrainedDesign, ...] = ()
