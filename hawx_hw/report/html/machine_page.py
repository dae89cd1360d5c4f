"""The machine's section of a page: its drawing, its charts, and the numbers that color them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hawx_hw.report.html.drawing_svg import COLORS, block_letter, drawing_svg
from hawx_hw.report.html.gantt import chart

if TYPE_CHECKING:
    from hawx_hw.report.html.machine import MachineContent

__all__ = ["layer_lines", "machine_numbers", "machine_page", "memory_lines"]


def machine_page(machine: MachineContent) -> dict[str, Any]:
    """What the template shows beside the content: drawing, key of the blocks, charts, tables.

    Parameters
    ----------
    machine : MachineContent
    """
    label = f"{machine.title}: units, memories and buses; the tables below have the numbers"
    return {
        "drawing": drawing_svg(machine.drawing, label),
        "letters": [
            (f"b{index % COLORS}", block_letter(index), block.name)
            for index, block in enumerate(machine.drawing.blocks)
        ],
        "charts": [chart(each) for each in machine.timelines],
        "tables": [_layers(machine), _memories(machine)],
        "energy": any(layer.energy_nj is not None for layer in machine.layers),
    }


def machine_numbers(machine: MachineContent) -> dict[str, Any]:
    """What the script colors the drawing by, JSON-able.

    Parameters
    ----------
    machine : MachineContent
    """
    drawing = machine.drawing
    return {
        "cell": drawing.cell,
        "blocks": [block.name for block in drawing.blocks],
        "holds": [list(cell.blocks) for cell in drawing.cells],
        "names": [cell.name for cell in drawing.cells],
        "groups": {
            unit.id: unit.group or unit.title for unit in (*drawing.units, *drawing.memories)
        },
        "layers": [layer.model_dump(mode="json") for layer in machine.layers],
    }


def _layers(machine: MachineContent) -> dict[str, Any]:
    cells = f"{machine.drawing.cell}s in use"
    heading = ("layer", "cycles", "multiplier-cycles useful, %", cells, "energy, nJ")
    terms = (None, "cycles of an image", "utilization", machine.drawing.cell, "energy of an image")
    return _table("Layers", heading, terms, layer_lines(machine), words=1)


def _memories(machine: MachineContent) -> dict[str, Any]:
    heading = (
        "use", "macro", "copies", "words", "bits of a word", "bits in all",
        "accesses and clock of an image, nJ",
    )  # fmt: skip
    terms = (None, "macro", None, None, None, None, "memory access")
    return _table("Memories, as they are built", heading, terms, memory_lines(machine), words=2)


def _table(
    title: str,
    heading: tuple[str, ...],
    terms: tuple[str | None, ...],
    lines: list[tuple[str, ...]],
    words: int,
) -> dict[str, Any]:
    """A table whose first places in a line are words; terms of the glossary define its headings."""
    return {
        "title": title,
        "heading": heading,
        "terms": terms,
        "words": [place < words for place in range(len(heading))],
        "lines": lines,
    }


def layer_lines(machine: MachineContent) -> list[tuple[str, ...]]:
    """Lines of a table: name of the layer, cycles, useful share in per cent, cells in use, nJ."""
    lines: list[tuple[str, ...]] = []
    for layer in machine.layers:
        used = sum(any(layer.uses[use].busy) for use in layer.cells)
        lines.append(
            (
                layer.name,
                f"{layer.cycles:,}",
                f"{100 * layer.utilization:.1f}",
                f"{used:,} of {len(layer.cells):,}",
                _energy_text(layer.energy_nj),
            )
        )
    return lines


def memory_lines(machine: MachineContent) -> list[tuple[str, ...]]:
    """Lines of a table: use, macro, copies, words, bits of a word, bits in all, nJ of an image."""
    return [
        (
            group.use,
            group.macro,
            f"{group.count:,}",
            f"{group.words:,}",
            f"{group.bits:,}",
            f"{group.count * group.words * group.bits:,}",
            _energy_text(group.energy_nj),
        )
        for group in machine.memories
    ]


def _energy_text(energy_nj: float | None) -> str:
    """Four digits, without an exponent; large ones to the unit."""
    if energy_nj is None:
        return ""
    return f"{energy_nj:,.0f}" if energy_nj >= 1000 else f"{energy_nj:.4g}"
