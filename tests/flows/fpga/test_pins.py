"""Where place and route has put the ports, and what of it is not as the board has them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from hawx_hw.flows.fpga.boards import Pin
from hawx_hw.flows.fpga.pins import check_pins, logged_sites, routed_sites

EXPECTED = {"clk": Pin(pin="A1"), "led[0]": Pin(pin="B2")}
SITES = {"A1": "X0/Y1", "B2": "X5/Y0", "C3": "X7/Y0"}
PLACED = {"clk": "X0/Y1", "led[0]": "X5/Y0"}


def test_ports_on_their_pins() -> None:
    check = check_pins(list(EXPECTED), EXPECTED, PLACED, SITES)
    assert check.passed
    assert check.detail == "2 ports, as nextpnr has placed them"
    assert check_pins(list(EXPECTED), EXPECTED, PLACED, None).passed


@pytest.mark.parametrize(
    ("ports", "placed", "sites", "detail"),
    [
        (["clk"], {"clk": "X7/Y0"}, SITES, "clk is at X7/Y0, its pin A1 at X0/Y1"),
        (["clk"], {"clk": "X7/Y0"}, {}, "clk is at X7/Y0, its pin A1 at no site"),
        (["clk"], {}, SITES, "clk is not constrained to a site"),
        (["clk", "led[0]"], {"clk": "X0/Y1"}, None, "led[0] is not constrained to a site"),
        (["rst"], {"rst": "X0/Y1"}, SITES, "rst is no port of the board"),
        (["clk"], {"clk": "X0/Y1", "led[0]": "X0/Y1"}, None, "two ports are at one site"),
        ([], {}, SITES, "there are no ports"),
    ],
)
def test_other_sites_are_seen(
    ports: list[str], placed: dict[str, str], sites: dict[str, str] | None, detail: str
) -> None:
    check = check_pins(ports, EXPECTED, placed, sites)
    assert not check.passed
    assert check.detail == detail


def test_sites_in_a_log() -> None:
    log = "Info: 'clk' is at X0/Y1\nInfo: pins\nInfo: 'led[0]' is at X5/Y0\n"
    pattern = re.compile(r"^Info: '(\S+)' is at (\S+)$", re.MULTILINE)
    assert logged_sites(log, pattern) == PLACED


def test_sites_in_a_routed_netlist(tmp_path: Path) -> None:
    """Those of the buffers at the ports alone: not of clock buffers, nor of other cells."""

    def cell(kind: str, site: str, **nets: int) -> dict[str, object]:
        connections = {name: [bit] for name, bit in nets.items()}
        return {"type": kind, "attributes": {"NEXTPNR_BEL": site}, "connections": connections}

    module = {
        "ports": {"clk": {"bits": [1]}, "led": {"bits": [2, 3]}},
        "cells": {
            "a": cell("IBUF", "X0Y1/IOBA", I=1, O=4),
            "b": cell("OBUF", "X5Y0/IOBB", I=5, O=3),
            "c": cell("OBUF", "X5Y0/IOBA", I=6, O=2),
            "d": cell("BUFG", "X9Y9/BUFG0", I=1, O=7),
            "e": cell("LUT4", "X9Y9/LUT0", F=2),
        },
    }
    (tmp_path / "routed.json").write_text(json.dumps({"modules": {"top": module}}))
    assert routed_sites(tmp_path / "routed.json") == {
        "clk": "X0Y1/IOBA",
        "led[0]": "X5Y0/IOBA",
        "led[1]": "X5Y0/IOBB",
    }
