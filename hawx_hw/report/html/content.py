"""The content of a report: everything that its page shows, typed, before any HTML."""

from __future__ import annotations

from collections.abc import Mapping

from hawx_hw.report.html.front import FrontContent
from hawx_hw.report.html.machine import MachineContent
from hawx_hw.search.result import AccuracyCurve
from hawx_hw.util.results import Record

__all__ = [
    "Content",
    "Flow",
    "HeatMap",
    "LayerScoresContent",
    "Missing",
    "Number",
    "ScoresContent",
    "StackedBars",
    "TableContent",
    "Verdict",
]


class Number(Record):
    """A number of the verdict.

    Parameters
    ----------
    label, value, unit : str
    term : str or None
        Of the glossary, which defines it.
    note : str
        What it is compared with, or where it comes from.
    """

    label: str
    value: str
    unit: str = ""
    term: str | None = None
    note: str = ""


class Verdict(Record):
    """The first section.

    Parameters
    ----------
    headline : str
        What it saves, in one sentence.
    sentences : tuple of (str, str)
        What was asked, what was built, what it saves, how it was verified, how sure it is.
    numbers : tuple of Number
    cautions : tuple of str
        What keeps the result from being sure.
    hints : tuple of str
        What would make it better, computed from this design's own numbers.
    """

    headline: str
    sentences: tuple[tuple[str, str], ...]
    numbers: tuple[Number, ...]
    cautions: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()


class TableContent(Record):
    """A table.

    Parameters
    ----------
    title : str
    heading : tuple of str
    lines : tuple of tuple of str
    words : tuple of bool
        Of each place in a line, whether it holds words, not numbers, in all lines.
    terms : tuple of str or None
        Of the glossary, which define the numbers of each place; None where there is nothing to
        define.
    """

    title: str
    heading: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]
    words: tuple[bool, ...]
    terms: tuple[str | None, ...]


class HeatMap(Record):
    """Scores of the units of a layer under each block.

    Parameters
    ----------
    scores : tuple of tuple of float
        By block, then unit; the larger, the more the network suffers.
    """

    scores: tuple[tuple[float, ...], ...]


class LayerScoresContent(Record):
    """One layer of the profile.

    Parameters
    ----------
    name : str
    activations : tuple of float
        Share of each code, from -128 on.
    operations : mapping of str to pair of tuple of float
        Of each block, mean absolute errors of products in ascending order, and the share of
        operations above each.
    filters : HeatMap
    """

    name: str
    activations: tuple[float, ...]
    operations: Mapping[str, tuple[tuple[float, ...], tuple[float, ...]]]
    filters: HeatMap


class ScoresContent(Record):
    """The third section.

    Parameters
    ----------
    blocks : tuple of str
    layers : tuple of LayerScoresContent
    unit : str
        What has a score of its own, such as ``filter``.
    images : int
    """

    blocks: tuple[str, ...]
    layers: tuple[LayerScoresContent, ...]
    unit: str
    images: int


class StackedBars(Record):
    """Bars of several parts.

    Parameters
    ----------
    title, unit : str
    bars : tuple of str
    parts : mapping of str to tuple of float
        Of each part, its number in each bar.
    """

    title: str
    unit: str
    bars: tuple[str, ...]
    parts: Mapping[str, tuple[float, ...]]


class Flow(Record):
    """A flow that ran.

    Parameters
    ----------
    name, title, target : str
    worth : str
        What its results are worth.
    passed : bool
    failures : tuple of str
    tables : tuple of TableContent
        Timing, and utilization.
    numbers : tuple of (str, str)
    notes : tuple of str
    checks : tuple of (str, str)
    picture : str or None
        A PNG, base64.
    """

    name: str
    title: str
    target: str
    worth: str
    passed: bool
    failures: tuple[str, ...]
    tables: tuple[TableContent, ...]
    numbers: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    checks: tuple[tuple[str, str], ...]
    picture: str | None = None


class Missing(Record):
    """A section that cannot be shown.

    Parameters
    ----------
    section : str
    command : str
        What makes it.
    """

    section: str
    command: str


class Content(Record):
    """Everything on the page.

    Parameters
    ----------
    name : str
        Of the config.
    title : str
    network : str
    verdict : Verdict
    front : FrontContent or None
    scores : ScoresContent or None
    accuracy : AccuracyCurve or None
        Accuracy against hawx(model).
    accuracy_text : str
        What it shows, in a sentence.
    machine : MachineContent or None
    bars : tuple of StackedBars
        Cycles and energy, by layer.
    tables : mapping of str to tuple of TableContent
        By section.
    outside : tuple of str
        A sentence for each prediction that lies outside of its interval.
    proofs : tuple of (str, str)
    flows : tuple of Flow
    reproduce : tuple of (str, str)
    config : str
        With every default, as YAML.
    missing : tuple of Missing
    """

    name: str
    title: str
    network: str
    verdict: Verdict
    front: FrontContent | None
    scores: ScoresContent | None
    accuracy: AccuracyCurve | None
    accuracy_text: str
    machine: MachineContent | None
    bars: tuple[StackedBars, ...]
    tables: Mapping[str, tuple[TableContent, ...]]
    outside: tuple[str, ...]
    proofs: tuple[tuple[str, str], ...]
    flows: tuple[Flow, ...]
    reproduce: tuple[tuple[str, str], ...]
    config: str
    missing: tuple[Missing, ...]
