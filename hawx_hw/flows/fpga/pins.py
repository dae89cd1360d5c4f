"""Where place and route has put the ports of a top, and where its board has them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hawx_hw.flows.fpga.boards import Pin
from hawx_hw.flows.result import Check
from hawx_hw.util.files import read_text

__all__ = ["check_pins", "logged_sites", "routed_sites"]

#: Of what is wrong, in a check's detail.
_SHOWN = 4


def check_pins(
    ports: Sequence[str],
    expected: Mapping[str, Pin],
    placed: Mapping[str, str],
    sites: Mapping[str, str] | None,
) -> Check:
    """Compare where each port is with the site of its pin.

    Parameters
    ----------
    ports : sequence of str
        Of the netlist, bit by bit.
    expected : mapping of str to Pin
        By port, of the board.
    placed : mapping of str to str
        Site by port, as nextpnr has placed it.
    sites : mapping of str to str or None
        Site by pin of the package, from another source than nextpnr; None where there is none: then
        every port must be constrained to a site, each to another one.
    """
    wrong = []
    for port in ports:
        pin, site = expected.get(port), placed.get(port)
        if pin is None:
            wrong.append(f"{port} is no port of the board")
        elif site is None:
            wrong.append(f"{port} is not constrained to a site")
        elif sites is not None and site != sites.get(pin.pin):
            wrong.append(
                f"{port} is at {site}, its pin {pin.pin} at {sites.get(pin.pin, 'no site')}"
            )
    if len(set(placed.values())) < len(placed):
        wrong.append("two ports are at one site")
    if not ports:
        wrong.append("there are no ports")
    return Check(
        name="every port is on its pin of the board",
        passed=not wrong,
        detail="; ".join(wrong[:_SHOWN]) or f"{len(ports)} ports, as nextpnr has placed them",
    )


def logged_sites(log: str, pattern: re.Pattern[str]) -> dict[str, str]:
    """Sites by port from nextpnr's log; the pattern has the port and the site as its groups."""
    return dict(pattern.findall(log))


def routed_sites(path: Path) -> dict[str, str]:
    """Sites by port from the netlist in JSON that nextpnr has placed: those of the ports' buffers.

    Parameters
    ----------
    path : Path
        What ``--write`` has written.
    """
    modules: Mapping[str, Any] = json.loads(read_text(path))["modules"]
    sites = {}
    for module in modules.values():
        ports = {}
        for name, port in module["ports"].items():
            several = len(port["bits"]) > 1
            for index, bit in enumerate(port["bits"]):
                ports[bit] = f"{name}[{index}]" if several else name
        for cell in module["cells"].values():
            if not cell["type"].endswith("BUF") or "IOB" not in _site(cell):
                continue
            for bits in cell["connections"].values():
                sites.update({ports[bit]: _site(cell) for bit in bits if bit in ports})
    return sites


def _site(cell: Mapping[str, Any]) -> str:
    return str(cell.get("attributes", {}).get("NEXTPNR_BEL", ""))
