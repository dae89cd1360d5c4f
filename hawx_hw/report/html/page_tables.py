"""Tables of a page: those of the summary, with units in their headings and terms to define them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hawx_hw.report import tables
from hawx_hw.report.html.content import TableContent
from hawx_hw.report.html.glossary import shown_heading
from hawx_hw.report.measured import measured_tables
from hawx_hw.report.tables import Table

if TYPE_CHECKING:
    from hawx_hw.report.chosen import ChosenDesign
    from hawx_hw.report.summary import Summary

__all__ = ["section_tables", "table_content"]


def section_tables(summary: Summary) -> dict[str, tuple[TableContent, ...]]:
    """The tables of each section that has some."""
    results = summary.results
    sections: dict[str, list[TableContent]] = {"verdict": [], "costs": []}
    if summary.chosen is not None:
        sections["verdict"].append(_chosen(summary.chosen))
    if summary.comparisons:
        sections["predictions"] = [table_content(tables.comparison_table(summary.comparisons))]
    if results.emit is not None:
        sections["machine"] = [table_content(tables.block_table(results.emit), "block")]
    if results.verify is not None:
        table = tables.cycle_table(results.verify)
        sections["costs"].append(table_content(table, "other cycles", causes=True))
    if results.power is not None:
        sections["costs"].append(table_content(tables.energy_table(results.power), "part"))
        if results.power.memories:
            sections["costs"].append(table_content(tables.memory_table(results.power)))
    if len(summary.measured) > 1:
        by_part, by_model = measured_tables(summary.measured)
        sections["verdict"].append(table_content(by_part, "part"))
        sections["costs"].append(table_content(by_model))
    return {name: tuple(some) for name, some in sections.items() if some}


def table_content(
    table: Table, default: str | None = None, *, causes: bool = False
) -> TableContent:
    """A table for the page.

    Parameters
    ----------
    table : Table
    default : str or None
        The term of headings that are names, such as those of parts.
    causes : bool
        Whether it is of cycles by cause.
    """
    words = tuple(not any(map(_is_number, cells)) for cells in zip(*table.lines, strict=True))
    words = words or (True,) * len(table.heading)
    headings = [shown_heading(name, default, causes=causes) for name in table.heading]
    return TableContent(
        title=f"{table.title[0].upper()}{table.title[1:]}",
        heading=tuple(name for name, _ in headings),
        lines=table.lines,
        words=words,
        terms=tuple(
            None if only_words else term
            for (_, term), only_words in zip(headings, words, strict=True)
        ),
    )


def _chosen(chosen: ChosenDesign) -> TableContent:
    """The chosen design beside others; where it is one of these itself, once."""
    table = tables.chosen_table(chosen)
    own, *others = table.lines
    itself = [line[0] for line in others if line[1:] == own[1:]]
    named = ("; ".join((f"{own[0]}", *itself)), *own[1:]) if itself else own
    model = f" (memory model {chosen.memory_model})" if chosen.memory_model else ""
    return table_content(
        Table(
            f"the chosen design beside those that it must beat, as predicted{model}",
            table.heading,
            (named, *(line for line in others if line[1:] != own[1:])),
        )
    )


def _is_number(text: str) -> bool:
    return text[:1].isdigit() or text[:1] in ("+", "-")
