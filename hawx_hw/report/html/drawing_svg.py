"""Draws an accelerator as SVG.

Of the page's own style it takes colors (``machine.css``); a picture by itself has them inside.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from hawx_hw.architectures.drawing import WIDTH, DrawnMemory
from hawx_hw.util.files import read_text

if TYPE_CHECKING:
    from hawx_hw.architectures.drawing import (
        Bus,
        Caption,
        Drawing,
        DrawnCell,
        DrawnUnit,
        LayerUse,
    )

__all__ = ["COLORS", "block_letter", "drawing_svg", "picture"]

#: Blocks from this one on have the colors of the first ones again; their letters differ.
COLORS = 8
#: Sizes of letters, and their mean width, of bold ones too, in the widest of common fonts: DejaVu.
_TITLE, _SMALL, _LABEL = 12.0, 10.5, 10.0
_ASPECT, _BOLD_ASPECT = 0.58, 0.64
_BOLD = {"title", "strong"}
#: Letters are not made smaller than this share.
_LEAST = 0.8
#: Length of the head of a bus.
_HEAD = 6.0
#: A block's letter needs a place at least so large.
_LETTER = 9.0


def drawing_svg(drawing: Drawing, label: str) -> str:
    """The drawing as an element of a page.

    Fields are pale where the first layer does not use the block. Cells have ``data-cell``, with a
    rect for each of their blocks; units and memories have ``data-unit``.

    Parameters
    ----------
    drawing : Drawing
    label : str
        What it shows, for those who do not see it.
    """
    used = drawing.layers[0] if drawing.layers else None
    return "\n".join(_svg(drawing, label, used, ""))


def picture(drawing: Drawing) -> str:
    """The drawing as a file, light, with all blocks of its cells.

    Parameters
    ----------
    drawing : Drawing
    """
    style = read_text(Path(__file__).parent / "assets" / "machine.css")
    light = (
        "svg { --ground: #ffffff; --raised: #f4f6f8; --text: #1b232b; --faint: #55606b; "
        "--line: #d4dae0; }"
    )
    inside = f'<style>{light}\n{style}</style>\n<rect class="page" width="100%" height="100%"/>'
    return "\n".join(_svg(drawing, drawing.title, None, inside)) + "\n"


def block_letter(index: int) -> str:
    """What stands for a block in a drawing: A to Z, then AA and on."""
    letter = chr(ord("A") + index % 26)
    return letter if index < 26 else block_letter(index // 26 - 1) + letter


def _svg(drawing: Drawing, label: str, used: LayerUse | None, inside: str) -> Iterator[str]:
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="machine" viewBox="0 0 {_n(WIDTH)} '
        f'{_n(drawing.height)}" role="img" aria-label="{escape(label)}">'
    )
    if inside:
        yield inside
    for bus in drawing.buses:
        yield _line(bus)
    for unit in drawing.units:
        yield _unit(unit, "port" if unit.port else "unit", unit.height / 2 if unit.port else 4)
    for memory in drawing.memories:
        yield _unit(memory, "memory", 1)
    for number, cell in enumerate(drawing.cells):
        use = used.uses[used.cells[number]] if used and used.cells else ()
        yield _cell(drawing, number, cell, use)
    for bus in drawing.buses:
        if bus.labeled:
            yield from _label(bus)
    for caption in drawing.captions:
        yield _caption(caption)
    yield "</svg>"


def _n(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")


def _box(x: float, y: float, width: float, height: float) -> str:
    return f'x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}"'


def _text(
    text: str, x: float, y: float, size: float, width: float, anchor: str, kind: str
) -> str | None:
    """A line of text; None where it would have to be too small."""
    fitting = min(size, width / (_aspect(kind) * max(len(text), 1)))
    if fitting < _LEAST * size:
        return None
    ends = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return (
        f'<text class="{kind}" x="{_n(x)}" y="{_n(y)}" font-size="{_n(fitting)}"{ends}>'
        f"{escape(text)}</text>"
    )


def _aspect(kind: str) -> float:
    return _BOLD_ASPECT if _BOLD & set(kind.split()) else _ASPECT


def _hover(unit: DrawnUnit | DrawnMemory) -> str:
    if isinstance(unit, DrawnMemory):
        return f"{unit.use}: {unit.words:,} words of {unit.bits} bits ({unit.macro})"
    return ", ".join(filter(None, (unit.title, unit.detail)))


def _unit(unit: DrawnUnit, kind: str, corner: float) -> str:
    x, middle, room = unit.x + unit.width / 2, unit.y + unit.height / 2, unit.width - 6
    lines: list[str | None] = []
    if unit.title and unit.detail and unit.height >= 28:
        lines = [
            _text(unit.title, x, middle - 2, _TITLE, room, "middle", "title"),
            _text(unit.detail, x, middle + 11, _SMALL, room, "middle", "small"),
        ]
    elif unit.title and unit.height >= 12:
        size = _TITLE if unit.height >= 20 else _SMALL
        y = middle + size * 0.36
        whole = f"{unit.title} {unit.detail}" if unit.detail else unit.title
        lines = [
            _text(whole, x, y, size, room, "middle", "small" if size == _SMALL else "title")
            or _text(unit.title, x, y, size, room, "middle", "small")
        ]
    return (
        f'<g class="{kind}" data-unit="{escape(unit.id)}"><rect rx="{_n(corner)}" '
        f"{_box(unit.x, unit.y, unit.width, unit.height)}/><title>{escape(_hover(unit))}</title>"
        f"{''.join(line for line in lines if line)}</g>"
    )


def _cell(drawing: Drawing, number: int, cell: DrawnCell, use: tuple[float, ...]) -> str:
    """A cell: its blocks side by side."""
    gap = min(1.5, drawing.cell_width / 8)
    width = (drawing.cell_width - gap) / max(len(cell.blocks), 1)
    height = drawing.cell_height - gap
    names = " and ".join(drawing.blocks[index].name for index in cell.blocks) or "nothing"
    parts = [f'<g data-cell="{number}">']
    for place, index in enumerate(cell.blocks):
        x = cell.x + gap / 2 + place * width
        idle = "" if not use or use[place] else " idle"
        parts.append(
            f'<rect class="block b{index % COLORS}{idle}" '
            f"{_box(x, cell.y + gap / 2, width, height)}/>"
        )
        letter = block_letter(index)
        if min(width / len(letter), height) >= _LETTER:
            size = min(12.0, 0.55 * min(width / len(letter), height) + 3)
            parts.append(
                f'<text class="letter l{index % COLORS}{idle}" x="{_n(x + width / 2)}" '
                f'y="{_n(cell.y + drawing.cell_height / 2 + 0.36 * size)}" text-anchor="middle" '
                f'font-size="{_n(size)}">{letter}</text>'
            )
    title = f"{drawing.cell} {cell.name}: {names}"
    return f"{''.join(parts)}<title>{escape(title)}</title></g>"


def _line(bus: Bus) -> str:
    """A line with its head; a head by itself needs no id, of which a page may have only one."""
    *before, (x0, y0), (x, y) = bus.points
    length = math.dist((x0, y0), (x, y))
    dx, dy = ((x - x0) / length, (y - y0) / length) if length else (0.0, 0.0)
    size = min(_HEAD, length)
    foot = x - size * dx, y - size * dy
    points = " ".join(f"{_n(px)},{_n(py)}" for px, py in (*before, (x0, y0), foot))
    half = size / 2
    head = " ".join(
        f"{_n(px)},{_n(py)}"
        for px, py in (
            (foot[0] - half * dy, foot[1] + half * dx),
            (x, y),
            (foot[0] + half * dy, foot[1] - half * dx),
        )
    )
    thick = 1.0 + 0.25 * math.log2(bus.bits) if bus.bits else 1.0
    width = f"{bus.label}, {bus.bits} bits" if bus.bits else bus.label
    control = "" if bus.bits else " control"
    return (
        f'<g class="bus{control}"><polyline points="{points}" stroke-width="{_n(thick)}"/>'
        f'<polygon points="{head}"/>'
        f"<title>{escape(f'{width}: {bus.source} to {bus.target}')}</title></g>"
    )


def _label(bus: Bus) -> Iterator[str]:
    """What a bus carries, beside its longest part: all of it, or its width, as there is room."""
    (x0, y0), (x1, y1) = max(
        itertools.pairwise(bus.points),
        # Above a line is more room than beside one that is as long.
        key=lambda pair: math.dist(*pair) + abs(pair[1][0] - pair[0][0]),
    )
    size = f"{bus.bits} b" if bus.bits else ""
    texts = [text for text in (f"{bus.label} {size}".strip(), size) if text]
    if bus.label_at is not None:
        (x, y), anchor = bus.label_at, "start"
        room = WIDTH - x
    elif y0 == y1:
        x, y, room, anchor = (x0 + x1) / 2, y0 - 4, abs(x1 - x0) - 4, "middle"
    else:
        x, y, room, anchor = x0 + 5, (y0 + y1) / 2 + 3.5, WIDTH - x0 - 8, "start"
    for text in texts:
        line = _text(text, x, y, _LABEL, room, anchor, "label")
        if line is not None:
            yield line
            return


def _caption(caption: Caption) -> str:
    kind = "caption strong" if caption.strong else "caption"
    size = _SMALL
    line = _text(caption.text, caption.x, caption.y, size, caption.width, caption.anchor, kind)
    if line is not None:
        return line
    # A caption stays, as small as it has to be.
    fitting = caption.width / (_aspect(kind) * len(caption.text))
    return (
        f'<text class="{kind}" x="{_n(caption.x)}" y="{_n(caption.y)}" font-size="{_n(fitting)}" '
        f'text-anchor="{caption.anchor}">{escape(caption.text)}</text>'
    )
