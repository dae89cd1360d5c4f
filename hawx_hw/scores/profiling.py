"""The profile of a network on some images: measured, written and read in one place.

The stage ``profile`` and the command ``hawx profile`` both go through here. A folder holds the
arrays of the profile in ``scores.npz``, and in ``profile.json`` what it is of.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from hawx_hw.assignment.units import CHANNEL_PARTS, SLICES, kernel_slices
from hawx_hw.blocks.block import Block
from hawx_hw.datasets.dataset import Split
from hawx_hw.errors import UserError
from hawx_hw.graph import fast
from hawx_hw.graph.graph import Graph
from hawx_hw.scores.images import stratified_images
from hawx_hw.scores.profile import Profile, load_profile, save_profile
from hawx_hw.scores.scores import layer_scores
from hawx_hw.util.results import Header, Record, Result

if TYPE_CHECKING:
    from hawx_hw.config.compensation import WeightChoice
    from hawx_hw.util.progress import Progress

__all__ = [
    "LayerScores",
    "PredictedAccuracies",
    "ProfileFile",
    "ProfileReport",
    "Profiling",
    "load_profiling",
    "profile_network",
    "save_profiling",
]

#: The file of the arrays.
_ARRAYS = "scores.npz"


class LayerScores(Record):
    """The scores of whole layers.

    Parameters
    ----------
    variant : str
        One of :data:`hawx_hw.scores.scores.VARIANTS`.
    layers : mapping of str to tuple of float
        Of each layer, its score under each block, all others exact.
    expected_changes_percent : tuple of float
        Of each block everywhere: images in a hundred that are expected to change their class.
    """

    variant: str
    layers: Mapping[str, tuple[float, ...]]
    expected_changes_percent: tuple[float, ...]

    @classmethod
    def measured(cls, profile: Profile, variant: str, changes: np.ndarray) -> LayerScores:
        """Those of a profile, beside some expected changes ``(blocks,)``."""
        scores = layer_scores(profile, variant).tolist()
        by_name = zip(profile.layers, scores, strict=True)
        return cls(
            variant=variant,
            layers={n: tuple(s) for n, s in by_name},
            expected_changes_percent=tuple(changes.tolist()),
        )


class PredictedAccuracies(Record):
    """Accuracies of one block everywhere, predicted from a handful of evaluations.

    Parameters
    ----------
    exact : float
        Accuracy of the exact network, in [0, 1].
    evaluated_scores, evaluated_accuracies : tuple of float
        Of the assignments that were evaluated.
    predicted, standard_deviation : tuple of float
        Of each block everywhere.
    """

    exact: float
    evaluated_scores: tuple[float, ...]
    evaluated_accuracies: tuple[float, ...]
    predicted: tuple[float, ...]
    standard_deviation: tuple[float, ...]


class ProfileReport(Record):
    """What a profile is of.

    Parameters
    ----------
    network : str
        The graph's name.
    blocks, layers : tuple of str
        Their names.
    units : int
        Filters, or kernel slices of filters.
    images : int
        How many images were profiled.
    indices : tuple of int
        Which these are of the images that it was measured for.
    weights : tuple of float
        For how many of those images each stands.
    scores : LayerScores or None
    accuracy : PredictedAccuracies or None
        Both are for people: a search needs the arrays alone.
    """

    network: str
    blocks: tuple[str, ...]
    layers: tuple[str, ...]
    units: int
    images: int
    indices: tuple[int, ...]
    weights: tuple[float, ...]
    scores: LayerScores | None = None
    accuracy: PredictedAccuracies | None = None


class ProfileFile(Result):
    """The content of profile.json.

    Parameters
    ----------
    profile : ProfileReport or None
        None: nothing was profiled.
    """

    FILE: ClassVar[str] = "profile.json"
    STAGE: ClassVar[str] = "profile"
    SCHEMA: ClassVar[int] = 2

    profile: ProfileReport | None


@dataclass(frozen=True, eq=False)
class Profiling:
    """A profile, and what it is of.

    Parameters
    ----------
    profile : Profile
    report : ProfileReport
    """

    profile: Profile
    report: ProfileReport

    @property
    def indices(self) -> np.ndarray:
        """Which images were profiled: int64 ``(images,)``."""
        return np.array(self.report.indices, dtype=np.int64)

    @property
    def weights(self) -> np.ndarray:
        """For how many images each of them stands: float64 ``(images,)``."""
        return np.array(self.report.weights, dtype=np.float64)

    def reported(
        self, scores: LayerScores, accuracy: PredictedAccuracies | None = None
    ) -> Profiling:
        """The same with what its report shows besides."""
        report = self.report.model_copy(update={"scores": scores, "accuracy": accuracy})
        return replace(self, report=report)


def profile_network(
    graph: Graph,
    blocks: Sequence[Block],
    split: Split,
    *,
    count: int | None = None,
    granularity: str = "filter",
    slices: str = SLICES[0],
    channel_parts: int = CHANNEL_PARTS,
    bias_correction: bool = True,
    weights: WeightChoice = "together",
    progress: Progress | None = None,
) -> Profiling:
    """Measure how every unit suffers from every block.

    Parameters
    ----------
    graph : Graph
    blocks : sequence of Block
        The exact one, and others; no two of one table.
    split : Split
        Images that the profile stands for, and their labels.
    count : int or None
        How many of them are profiled, >= 2, see
        :func:`~hawx_hw.scores.images.stratified_images`; None: all.
    granularity, slices : str
    channel_parts : int
        ``layer``, ``filter`` or ``kernel``, and of kernels which slices: see
        :func:`~hawx_hw.assignment.units.kernel_slices`.
    bias_correction : bool
    weights : str
        What compensates errors, as in :func:`hawx_hw.compensation.layerwise`.
    progress : callable or None
        Called with the images done and their total.

    Raises
    ------
    ValueError
        Weights are to be chosen together without bias correction.
    UserError
        A block does not support the codes that would occur.
    """
    from hawx_hw.scores.measure import measure

    images = graph.codes(split.images)
    indices, represented = np.arange(len(split)), np.ones(len(split))
    if count is not None and count < len(split):
        outputs = fast.run(graph, images).reshape(len(split), -1)
        indices, represented = stratified_images(outputs, count)
    profile = measure(
        graph,
        blocks,
        images[indices],
        split.labels[indices],
        slices=kernel_slices(graph, granularity, slices, channel_parts),
        bias_correction=bias_correction,
        weights=weights,
        progress=progress,
    )
    report = ProfileReport(
        network=profile.network,
        blocks=profile.blocks,
        layers=profile.layers,
        units=profile.units,
        images=len(indices),
        indices=tuple(indices.tolist()),
        weights=tuple(represented.tolist()),
    )
    return Profiling(profile, report)


def save_profiling(profiling: Profiling | None, folder: Path, header: Header | None = None) -> None:
    """Write ``scores.npz`` and ``profile.json``.

    Parameters
    ----------
    profiling : Profiling or None
        None: nothing was profiled; ``profile.json`` alone, which holds that.
    folder : Path
    header : Header or None
        Of ``profile.json``.
    """
    if profiling is not None:
        save_profile(profiling.profile, folder / _ARRAYS)
    report = None if profiling is None else profiling.report
    ProfileFile(profile=report).write(folder, header)


def load_profiling(folder: Path) -> Profiling:
    """Read what :func:`save_profiling` wrote.

    Raises
    ------
    UserError
        A file is missing, damaged or of another version, or nothing was profiled.
    """
    report = ProfileFile.read(folder).profile
    if report is None:
        raise UserError(
            "Nothing was profiled",
            where=str(folder / ProfileFile.FILE),
            hint="Give the config a search.",
        )
    profile = load_profile(folder / _ARRAYS)
    images = len(profile.labels)
    if (len(report.indices), len(report.weights)) != (images, images):
        raise UserError(
            f"The profile is of {len(report.indices)} images, and its arrays of {images}",
            where=str(folder / ProfileFile.FILE),
            hint="Make it again, with hawx run CONFIG --until profile.",
        )
    return Profiling(profile, report)
