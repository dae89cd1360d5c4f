"""A picture of a routed layout, with a legend of its layers and a scale bar; drawn by KLayout."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hawx_hw.flows.layout_files import read_layout
from hawx_hw.util.files import write_bytes

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["LAYER_COLORS", "draw_database", "draw_layout", "scale_bar"]

#: Fills of routing layers, from the lowest up: distinct to those who see no red or no green, too.
LAYER_COLORS = ("#33a02c", "#1f78b4", "#e31a1c", "#ff7f00", "#6a3d9a", "#b15928")
_CELL, _CELL_METAL, _EDGE, _INK = "#f3f3f0", "#c3c8cf", "#a3a3a0", "#202020"
_MARGIN, _LINE, _SWATCH = 16, 30, 18


def draw_layout(
    path: Path,
    lefs: Sequence[Path],
    layers: Sequence[str],
    output: Path,
    *,
    title: str,
    footer: str,
    width: int = 1600,
) -> tuple[int, int]:
    """Draw a DEF with the abstracts of its cells.

    Wires of each layer are solid, upper layers on top; cells are pale, with the metal that the
    abstracts have in them. No text of the layout is drawn.

    Parameters
    ----------
    path : Path
        The DEF.
    lefs : sequence of Path
        LEF files of its cells and layers.
    layers : sequence of str
        Names of the routing layers, from the lowest up.
    output : Path
        A PNG.
    title, footer : str
        Lines above and below.
    width : int
        In pixels; the height follows from the layout.

    Returns
    -------
    (int, int)
        Width and height of the picture, in pixels.

    Raises
    ------
    ValueError
        The layout is empty.
    """
    layout = read_layout(path, lefs, cells=True)
    return draw_database(layout, layers, output, title=title, footer=footer, width=width)


def draw_database(
    layout: Any,
    layers: Sequence[str],
    output: Path,
    *,
    title: str,
    footer: str,
    width: int = 1600,
) -> tuple[int, int]:
    """Draw a layout in KLayout's database.

    Parameters
    ----------
    layout : klayout.db.Layout
        Its layers have names: those of ``layers``, the same with ``.OBS`` and ``.PIN`` for metal in
        cells, and ``OUTLINE`` for the cells.
    layers, output, title, footer, width
        As of :func:`draw_layout`.

    Raises
    ------
    ValueError
        The layout is empty.
    """
    from PIL import Image

    box = layout.top_cell().dbbox()
    if box.empty() or not box.width() or not box.height():
        raise ValueError("a layout must have shapes to be drawn")
    inner = width - 2 * _MARGIN
    height = max(1, round(inner * box.height() / box.width()))
    drawn = Image.open(io.BytesIO(_pixels(layout, layers, box, inner, height))).convert("RGB")
    picture = _framed(drawn, layers, inner / box.width(), title, footer)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", optimize=True)
    write_bytes(output, buffer.getvalue())
    return picture.size


def scale_bar(pixels_um: float, width: int) -> tuple[int, int]:
    """A round length in um that is about a sixth of a picture's width, and its pixels.

    Parameters
    ----------
    pixels_um : float
        Pixels of a um.
    width : int
        Of the picture, in pixels.
    """
    target = max(width / 6 / pixels_um, 1.0)
    decade = 10 ** math.floor(math.log10(target))
    length = max(step * decade for step in (1, 2, 5) if step * decade <= target)
    return int(length), round(length * pixels_um)


def _pixels(layout: Any, layers: Sequence[str], box: Any, width: int, height: int) -> bytes:
    import klayout.lay as lay

    view = lay.LayoutView()
    for name in ("text-visible", "grid-visible", "cell-box-visible", "inst-visible"):
        view.set_config(name, "false")
    view.set_config("background-color", "#ffffff")
    view.show_layout(layout, False)
    view.clear_layers()
    for source, style in _styles(layout, layers).items():
        properties = lay.LayerProperties()
        properties.source = source
        properties.fill_color = int(style["fill"][1:], 16)
        properties.frame_color = int(style["frame"][1:], 16)
        properties.dither_pattern = 0  # solid
        properties.width = 1
        view.insert_layer(view.end_layers(), properties)
    view.max_hier()
    view.zoom_box(box)
    data: bytes = view.get_pixels_with_options(width, height, 1, 2, 0, box).to_png_data()
    return data


def _styles(layout: Any, layers: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
    """What is drawn, by source and in order: cells, metal in them, wires layer by layer."""
    names = {layout.get_info(index).name: index for index in layout.layer_indexes()}
    styles: dict[str, dict[str, str]] = {}

    def add(name: str, fill: str, frame: str) -> None:
        if name in names:
            info = layout.get_info(names[name])
            styles[f"{info.layer}/{info.datatype}"] = {"fill": fill, "frame": frame}

    add("OUTLINE", _CELL, _EDGE)
    for layer in layers:
        for purpose in ("OBS", "PIN"):
            add(f"{layer}.{purpose}", _CELL_METAL, _CELL_METAL)
    for layer, color in zip(layers, LAYER_COLORS, strict=False):
        add(layer, color, color)
    return styles


def _framed(
    drawn: Image, layers: Sequence[str], pixels_um: float, title: str, footer: str
) -> Image:
    """The picture with its title, legend, scale bar and footer."""
    from PIL import Image, ImageDraw, ImageFont

    font = ImageFont.load_default(_SWATCH)
    top = _MARGIN + _LINE
    size = (drawn.width + 2 * _MARGIN, drawn.height + top + 2 * _LINE + 2 * _MARGIN)
    picture = Image.new("RGB", size, "white")
    picture.paste(drawn, (_MARGIN, top))
    draw = ImageDraw.Draw(picture)
    draw.text((_MARGIN, _MARGIN), title, fill=_INK, font=font)
    left, line = _MARGIN, top + drawn.height + _MARGIN // 2
    entries = [
        ("cells", _CELL),
        ("metal in cells", _CELL_METAL),
        *zip(layers, LAYER_COLORS, strict=False),
    ]
    for name, color in entries:
        box = (left, line, left + _SWATCH, line + _SWATCH)
        draw.rectangle(box, fill=color, outline=_EDGE)
        draw.text((left + _SWATCH + 6, line - 2), name, fill=_INK, font=font)
        left += _SWATCH + 24 + round(draw.textlength(name, font=font))
    length, pixels = scale_bar(pixels_um, drawn.width)
    text = f"{length} um"
    right = size[0] - _MARGIN
    draw.rectangle((right - pixels, line + 6, right, line + 12), fill=_INK)
    draw.text(
        (right - pixels - 12 - draw.textlength(text, font=font), line - 2),
        text,
        fill=_INK,
        font=font,
    )
    draw.text((_MARGIN, line + _LINE), footer, fill=_INK, font=font)
    return picture
