"""What a run came to, in numbers for programs: summary.json."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, ClassVar, Literal, Self

from pydantic import Field

from hawx_hw.util.results import Record, Result

if TYPE_CHECKING:
    from hawx_hw.search.pick import AccuracyBound

__all__ = [
    "Accuracies",
    "BoundSummary",
    "Energies",
    "EnergySources",
    "EstimateSummary",
    "ImageRoles",
    "SearchSummary",
    "Source",
    "Sources",
    "SummaryResult",
    "TestAccuracy",
    "UsedBlock",
]

#: Where a number comes from: from what was built, or from predictors.
Source = Literal["measured", "predicted"]


class ImageRoles(Record):
    """How many images have which role; see :mod:`hawx_hw.datasets.roles`.

    Parameters
    ----------
    learn, select, test : int
    select_unseen : bool
        Whether the network is known not to have learned from those that select.
    """

    learn: int
    select: int
    test: int
    select_unseen: bool


class TestAccuracy(Record):
    """Accuracies in [0, 1] on test images, which decide nothing.

    Parameters
    ----------
    images : int
    float : float
        Of the float network; the attribute is ``in_float``.
    exact : float
        Of the integer network with exact blocks.
    chosen : float or None
        Of the network that is built.
    before_retraining : float or None
        Of the network that was retrained, before it was; None where none was.
    """

    __test__ = False

    images: int
    in_float: float = Field(alias="float")
    exact: float
    chosen: float | None
    before_retraining: float | None


class BoundSummary(Record):
    """What the images that select show of the accuracy drop.

    The keys of :class:`~hawx_hw.search.pick.AccuracyBound`.

    Parameters
    ----------
    drop, upper : float
        On these images, and its upper confidence bound, in percentage points.
    most : float
        The constraint.
    confidence : float
        Of the bound, in [0.5, 1).
    images : int
    finalists : int
        Designs that were tested; 0 where the design is exact.
    holds : bool
        Whether the bound meets the constraint.
    images_needed : int or None
        About how many would show it.
    """

    drop: float
    upper: float
    most: float
    confidence: float
    images: int
    finalists: int
    holds: bool
    images_needed: int | None
    estimated: float | None

    @classmethod
    def of(cls, bound: AccuracyBound) -> Self:
        """The bound of a choice."""
        return cls.model_validate(asdict(bound))


class EstimateSummary(Record):
    """The accuracy drop on new images, corrected for the choice of the best.

    Parameters
    ----------
    drop : float
        In percentage points.
    low, high : float
        It lies in between with 95 % probability.
    """

    drop: float
    low: float
    high: float


class Accuracies(Record):
    """Accuracies.

    Parameters
    ----------
    test : TestAccuracy or None
    estimate : EstimateSummary or None
        None without a search, or where no images select.
    bound : BoundSummary or None
        None without a search, or where no images select.
    """

    test: TestAccuracy | None
    estimate: EstimateSummary | None
    bound: BoundSummary | None


class EnergySources(Record):
    """Where each energy comes from; None where there is none.

    Parameters
    ----------
    exact, chosen, lower_precision : Source or None
    """

    exact: Source | None
    chosen: Source | None
    lower_precision: Source | None


class Energies(Record):
    """Energies of an image in nJ, under the memory model of the summary.

    Parameters
    ----------
    exact : float or None
        With exact blocks.
    chosen : float or None
        Of the design that is built.
    lower_precision : float or None
        The least of one block of lower precision everywhere; None where none is known to keep the
        constraints, or none was searched.
    source : EnergySources
    """

    exact: float | None
    chosen: float | None
    lower_precision: float | None
    source: EnergySources


class SearchSummary(Record):
    """The search that the design is from.

    Parameters
    ----------
    objective : str
        The metric that was weighed against accuracy.
    granularity : str or None
        What gets a block of its own.
    evaluations : int
        Assignments that were evaluated.
    images : int
        Images of an evaluation.
    front, designs : int
        Designs on the front, and all that may be chosen.
    index : int or None
        The number of the design that is built; those of the front come first.
    accuracy_drop : float or None
        Of this design on the images of the search, which flatter it: it was chosen for them.
    """

    objective: str
    granularity: str | None
    evaluations: int
    images: int
    front: int
    designs: int
    index: int | None
    accuracy_drop: float | None


class UsedBlock(Record):
    """A block of the hardware.

    Parameters
    ----------
    name, implementation : str
    instances : int
        How many of it the hardware holds.
    """

    name: str
    implementation: str
    instances: int


class Sources(Record):
    """Where the numbers of the design come from; None where there is none.

    Parameters
    ----------
    cycles, clock_mhz, latency_us, power_mw, area_um2, longest_path_ns : Source or None
    """

    cycles: Source | None
    clock_mhz: Source | None
    latency_us: Source | None
    power_mw: Source | None
    area_um2: Source | None
    longest_path_ns: Source | None


class SummaryResult(Result):
    """The content of summary.json: all keys are always there, and None where nothing is known.

    Parameters
    ----------
    name : str
        The config's.
    stages : tuple of str
        Those whose results count: they are up to date with the config.
    design_sha256 : str or None
        Of design.json.
    technology, memory_model : str or None
    architecture : str
    accelerator : str or None
        In a few words.
    blocks : tuple of UsedBlock or None
    search : SearchSummary or None
        None without a search.
    images : ImageRoles or None
    accuracy : Accuracies
    energy_nj : Energies
    multipliers : int or None
        Multiplications that the hardware can do in a cycle.
    cycles : int or None
        Of an image.
    clock_mhz : float or None
        The clock of power, energy and latency.
    latency_us : float or None
        Of an image.
    power_mw : float or None
        While images are computed.
    area_um2 : float or None
        Of cells, without memories.
    longest_path_ns : float or None
        Without wires.
    source : Sources
        Of the six numbers before.
    verified_images : int or None
        Images whose results were compared with the integer network, bit for bit, and were the same.
    """

    FILE: ClassVar[str] = "summary.json"
    # The last one: any run writes it.
    STAGE: ClassVar[str] = "references"
    SCHEMA: ClassVar[int] = 2

    name: str
    stages: tuple[str, ...]
    design_sha256: str | None
    technology: str | None
    memory_model: str | None
    architecture: str
    accelerator: str | None
    blocks: tuple[UsedBlock, ...] | None
    search: SearchSummary | None
    images: ImageRoles | None
    accuracy: Accuracies
    energy_nj: Energies
    multipliers: int | None
    cycles: int | None
    clock_mhz: float | None
    latency_us: float | None
    power_mw: float | None
    area_um2: float | None
    longest_path_ns: float | None
    source: Sources
    verified_images: int | None
