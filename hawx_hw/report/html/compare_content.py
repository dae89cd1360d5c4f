"""What a page holds that shows designs side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hawx_hw.report.html.content import StackedBars, TableContent
from hawx_hw.report.result import SummaryResult
from hawx_hw.util.results import Record

if TYPE_CHECKING:
    from hawx_hw.config.models import Config
    from hawx_hw.report.run_results import RunResults

__all__ = ["ComparedQuantity", "ComparedRun", "ComparisonContent", "FrontSeries"]


@dataclass(frozen=True)
class ComparedRun:
    """A design that is compared.

    Parameters
    ----------
    config : Config
    path : str
        How the user names the config.
    results : RunResults
        Of the stages that are up to date.
    numbers : SummaryResult
        The same in numbers.
    """

    config: Config
    path: str
    results: RunResults
    numbers: SummaryResult

    @property
    def name(self) -> str:
        """The name of the config."""
        return self.config.name


class ComparedQuantity(Record):
    """A quantity of each design.

    Parameters
    ----------
    label : str
        With its unit.
    term : str or None
        Of the glossary.
    numbers : tuple of str
        One a design; empty where it is not known. Those that are predicted are marked so.
    differences : tuple of str
        Of each design but the first, against the first; empty where they cannot be compared. Those
        with a predicted number are marked so.
    """

    label: str
    term: str | None
    numbers: tuple[str, ...]
    differences: tuple[str, ...]


class FrontSeries(Record):
    """The designs of one search.

    Parameters
    ----------
    name : str
        Of the config.
    labels : tuple of str
    drops : tuple of float
        In percentage points.
    metrics : mapping of str to tuple of float
    built : int or None
        Which of them is built.
    """

    name: str
    labels: tuple[str, ...]
    drops: tuple[float, ...]
    metrics: Mapping[str, tuple[float, ...]]
    built: int | None


class ComparisonContent(Record):
    """Everything on the page of a comparison.

    Parameters
    ----------
    names, titles, paths : tuple of str
        Of the designs: of the config, of the accelerator, and how the user names the config.
    sentences : tuple of str
        What each takes more or less than the first, or is predicted to where a number of the two is
        a prediction.
    cautions : tuple of str
        What cannot be compared, and why.
    quantities : tuple of ComparedQuantity
    bars : tuple of StackedBars
        One bar a design.
    blocks : TableContent
    fronts : tuple of FrontSeries
        Of the searches of one network; none where there are not two.
    front_titles : mapping of str to str
        Of each metric, with its unit.
    front_basis : str
        What the drops of fronts are measured on.
    front_table : TableContent or None
    missing : tuple of (str, str)
        What is not there of a design, and the command that makes it.
    """

    names: tuple[str, ...]
    titles: tuple[str, ...]
    paths: tuple[str, ...]
    sentences: tuple[str, ...]
    cautions: tuple[str, ...]
    quantities: tuple[ComparedQuantity, ...]
    bars: tuple[StackedBars, ...]
    blocks: TableContent
    fronts: tuple[FrontSeries, ...]
    front_titles: Mapping[str, str]
    front_basis: str
    front_table: TableContent | None
    missing: tuple[tuple[str, str], ...]
