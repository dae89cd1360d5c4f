"""The page of a report: one HTML file with its style, its script and its numbers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hawx_hw.report.html.glossary import definitions
from hawx_hw.util.files import read_text

if TYPE_CHECKING:
    from hawx_hw.report.html.content import Content

__all__ = ["page"]

_HERE = Path(__file__).parent
#: Keys of the content that the script draws from; all else is in the HTML itself.
_DRAWN = ("front", "scores", "machine", "bars")


def page(content: Content) -> str:
    """The HTML of a report; the same content gives the same text.

    Nothing in it is fetched from elsewhere: style, script and the library that draws are inside.
    """
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE / "templates", encoding="utf-8"),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    values: dict[str, Any] = content.model_dump(mode="json")
    return environment.get_template("report.html.j2").render(
        content=values,
        data=_embedded({key: values[key] for key in _DRAWN}),
        style=_asset("report.css"),
        script=_asset("report.js"),
        machine_style=_asset("machine.css"),
        machine_script=_asset("machine.js"),
        library=_asset("plotly-cartesian.min.js"),
        definitions=definitions(),
    )


def _embedded(values: Mapping[str, Any]) -> str:
    """JSON inside of a script element: no text in it can end that element."""
    text = json.dumps(values, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


@cache
def _asset(name: str) -> str:
    return read_text(_HERE / "assets" / name)
