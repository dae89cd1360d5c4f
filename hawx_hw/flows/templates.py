"""Files of flows from their jinja2 templates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hawx_hw.util.files import write_text
from hawx_hw.util.resources import flows

__all__ = ["render", "write_template"]


def render(flow: str, template: str, /, **values: Any) -> str:
    """The text of a template of a flow.

    Parameters
    ----------
    flow : str
        Name of the flow, whose folder holds the template.
    template : str
        Name of the file, which ends in ``.j2``.
    **values
        Of the template's variables. A name that the template uses and that is not given is an
        error of the program's.
    """
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(flows() / flow, encoding="utf-8"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        # Verilog, Tcl and makefiles: nothing is escaped as in HTML.
        autoescape=False,  # noqa: S701
    )
    return environment.get_template(template).render(**values)


def write_template(path: Path, flow: str, template: str, /, **values: Any) -> None:
    """Write the text of a template of a flow; see :func:`render`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, render(flow, template, **values))
