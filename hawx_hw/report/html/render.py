"""The pages of reports: HTML files with their style, their script and their numbers."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hawx_hw.report.html.front import METRICS
from hawx_hw.report.html.glossary import definitions, term_id
from hawx_hw.report.html.machine_page import machine_numbers, machine_page
from hawx_hw.util.files import read_text

if TYPE_CHECKING:
    from hawx_hw.report.html.compare_content import ComparisonContent
    from hawx_hw.report.html.content import Content

__all__ = ["PALETTE", "comparison_page", "page"]

#: Okabe and Ito's colors, then Tol's: apart for every kind of color vision.
PALETTE = (
    *("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00"),
    *("#f0e442", "#8a8f98", "#332288", "#882255", "#117733"),
)
_HERE = Path(__file__).parent
#: Keys of the content that the scripts draw from; all else is in the HTML itself.
_DRAWN = ("front", "scores", "accuracy", "bars")
#: A space between a number and its unit.
_UNIT = re.compile(r"(?<=\d) (?=(?:%|nJ|pJ|mW|MHz|ns|µs|µm²|s|images?|cycles?|points?)(?!\w))")
#: Scripts of every page: those before the parts of a page, and those after.
_FIRST, _LAST = ("base.js",), ("tables.js", "terms.js", "start.js")
#: Those of a design's page.
_SCRIPTS = ("front.js", "scores.js", "bars.js", "machine.js")


def page(content: Content) -> str:
    """The HTML of a report; the same content gives the same text.

    Nothing in it is fetched from elsewhere: style, script and the library that draws are inside.
    """
    values: dict[str, Any] = content.model_dump(mode="json")
    drawn = {key: values[key] for key in _DRAWN}
    if content.machine is not None:
        values["machine_page"] = machine_page(content.machine)
        drawn["machine"] = machine_numbers(content.machine)
    return _rendered("report.html.j2", values, drawn, _SCRIPTS)


def comparison_page(content: ComparisonContent) -> str:
    """The HTML of a comparison of designs, as :func:`page`."""
    values: dict[str, Any] = content.model_dump(mode="json")
    drawn = {key: values[key] for key in ("bars", "fronts", "front_titles")}
    return _rendered("compare.html.j2", values, drawn, ("bars.js", "compare.js"))


def _rendered(
    template: str, values: Mapping[str, Any], drawn: Mapping[str, Any], scripts: Sequence[str]
) -> str:
    """A page from its template, with what its scripts draw from."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE / "templates", encoding="utf-8"),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(definitions=definitions(), term_id=term_id, palette=PALETTE)
    environment.filters["joined"] = _joined
    environment.filters["metric"] = _metric
    environment.filters["metric_term"] = lambda name: METRICS.get(name, ("", "", None))[2]
    return environment.get_template(template).render(
        content=values,
        data=_embedded({**drawn, "palette": PALETTE}),
        styles=[_asset(name) for name in ("report.css", "machine.css")],
        scripts=[_asset(name) for name in (*_FIRST, *scripts, *_LAST)],
        library=_asset("plotly-cartesian.min.js"),
    )


def _metric(value: float, name: str) -> str:
    """A metric of a design, with as many digits as its prediction is worth."""
    return f"{value:,.{METRICS[name][1] if name in METRICS else 3}f}"


def _joined(text: str) -> str:
    """A text whose numbers stay with their units where a line ends."""
    return _UNIT.sub("\u00a0", text)


def _embedded(values: Mapping[str, Any]) -> str:
    """JSON inside of a script element: no text in it can end that element."""
    text = json.dumps(values, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


@cache
def _asset(name: str) -> str:
    return read_text(_HERE / "assets" / name)
