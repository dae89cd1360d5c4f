"""What the integers cost in accuracy, and quantize.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from hawx_hw.util.results import Record, Result

if TYPE_CHECKING:
    from hawx_hw.datasets import Dataset

__all__ = ["DatasetSummary", "NetworkAccuracy", "QuantizeResult", "RolesSummary"]


class DatasetSummary(Record):
    """A data set.

    Parameters
    ----------
    name : str
        As in the config, or the file's or folder's name.
    classes : int
        Number of classes.
    shape : tuple of int
        Channels, height and width of an image.
    train_images, test_images : int
        Images for learning and for selection, and images for test.
    sha256 : str
        Of all images and labels.
    note : str
        What a user must know of it, such as that it is a part of the original; may be empty.
    """

    name: str
    classes: int
    shape: tuple[int, int, int]
    train_images: int
    test_images: int
    sha256: str
    note: str

    @classmethod
    def of(cls, dataset: Dataset) -> DatasetSummary:
        """The summary of a data set."""
        return cls(
            name=dataset.name,
            classes=dataset.classes,
            shape=dataset.shape,
            train_images=len(dataset.train),
            test_images=len(dataset.test),
            sha256=dataset.digest,
            note=" ".join(filter(None, (dataset.note, *dataset.doubts))),
        )


class RolesSummary(Record):
    """How many images have which role; see :mod:`hawx_hw.datasets.roles`.

    Parameters
    ----------
    learn, select, test : int
        Images to learn from and to search with; that select the design; and for test.
    unseen : bool
        Whether the network is known not to have learned from those that select: by the record of
        its training, or by the config.
    note : str
        What a user must know of those that select, such as that a class is missing; may be empty.
    """

    learn: int
    select: int
    test: int
    unseen: bool
    note: str = ""


class NetworkAccuracy(Record):
    """Accuracies in [0, 1] on test images.

    Parameters
    ----------
    float : float
        Of the float network; the attribute is ``in_float``.
    int8 : float
        Of the integer network.
    images : int
        Test images.
    """

    in_float: float = Field(alias="float")
    int8: float
    images: int


class QuantizeResult(Result):
    """The content of quantize.json.

    Parameters
    ----------
    model : str
        The network, as the config names it.
    dataset : DatasetSummary
    roles : RolesSummary
    calibration_images : int
        Training images that set the ranges of the activations.
    accuracy : NetworkAccuracy
    parameters : int
        Weights and biases of the network, after folding.
    notes : tuple of str
        What the import folded, dropped or changed in a way that a user should know.
    """

    FILE: ClassVar[str] = "quantize.json"
    STAGE: ClassVar[str] = "quantize"
    SCHEMA: ClassVar[int] = 4

    model: str
    dataset: DatasetSummary
    roles: RolesSummary
    calibration_images: int
    accuracy: NetworkAccuracy
    parameters: int
    notes: tuple[str, ...] = ()
