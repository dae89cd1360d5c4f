"""The tools that flows need: which are there, and how to install the others."""

from __future__ import annotations

import importlib.util
import re
import shutil
from collections.abc import Iterable
from pathlib import Path

from hawx_hw.config.flows import FlowDescription, FlowNeed
from hawx_hw.errors import UserError

__all__ = ["check_needs", "is_there", "missing"]

#: Lines that install several packages at once where only their last words differ.
_TOGETHER = re.compile(r"((?:apt-get|pip|python -m pip) install) (.+)")


def is_there(need: FlowNeed) -> bool:
    """Whether a tool is installed."""
    if need.module is not None:
        return importlib.util.find_spec(need.module) is not None
    if need.program is not None:
        return shutil.which(need.program) is not None
    return need.file is not None and Path(need.file).exists()


def missing(flows: Iterable[FlowDescription]) -> list[FlowNeed]:
    """The tools of flows that are not there, each once, in order."""
    needs = dict.fromkeys(need for flow in flows for need in flow.needs)
    return [need for need in needs if not is_there(need)]


def check_needs(*flows: FlowDescription) -> None:
    """Refuse flows whose tools are missing.

    Raises
    ------
    UserError
        With the names of all that are missing, and the lines that install them.
    """
    needs = missing(flows)
    if needs:
        names = ", ".join(need.name for need in needs)
        verb = "is" if len(needs) == 1 else "are"
        titles = ", ".join(flow.name for flow in flows)
        raise UserError(
            f"{names} {verb} not installed, which {titles} needs.",
            hint=f"Install with: {'; '.join(_lines(needs))}",
        )


def _lines(needs: Iterable[FlowNeed]) -> list[str]:
    """Commands that install the tools, those of one installer in one line."""
    lines: dict[str, dict[str, None]] = {}
    for need in needs:
        match = _TOGETHER.fullmatch(need.install)
        command, packages = match.groups() if match else (need.install, "")
        lines.setdefault(command, {}).update(dict.fromkeys(packages.split()))
    return [" ".join((command, *packages)) for command, packages in lines.items()]
