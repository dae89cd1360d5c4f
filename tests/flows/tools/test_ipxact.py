"""The IP-XACT component: valid, and equal to the Verilog and the registers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from hawx_hw.config.flows import flow_named, options_model
from hawx_hw.flows.base import Build
from hawx_hw.flows.environments import is_installed
from hawx_hw.flows.frame import run_flow, set_up
from hawx_hw.flows.runner import Runner
from hawx_hw.flows.tools.ipxact import (
    FLOW,
    Component,
    ports_check,
    references_check,
    registers_check,
    software_check,
)
from tests.flows.builds import small_build
from tests.flows.golden import assert_golden

IPXACT = flow_named("ipxact")
OPTIONS = options_model(IPXACT)


@pytest.fixture(scope="module", params=["systolic", "simt"])
def build(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Build:
    return small_build(tmp_path_factory.mktemp(request.param), architecture=request.param)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Build:
    return small_build(tmp_path_factory.mktemp("small"))


@pytest.fixture
def folder(small: Build) -> Path:
    return set_up(FLOW, small, OPTIONS(), label="changed")


@pytest.fixture
def installed() -> None:
    if not is_installed(IPXACT):
        pytest.skip("the environment is missing: hawx flow install ipxact")


def edited(path: Path, before: str, after: str) -> str:
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize("standard", ["2014", "2022"])
def test_files_are_as_expected(small: Build, standard: str) -> None:
    options = OPTIONS(standard=standard, vendor="example.org", library="ip")
    folder = set_up(FLOW, small, options, label=standard)
    assert_golden(folder, f"ipxact_{standard}", ("component.xml",))


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("standard", ["2014", "2022"])
def test_every_accelerator_has_a_valid_component(build: Build, standard: str) -> None:
    result = run_flow(FLOW, IPXACT, build, OPTIONS(standard=standard), label=standard)
    assert result.failures == ()
    assert [check.name for check in result.report.checks] == [
        "the schema",
        "ports as slang reads the Verilog",
        "registers of the C header",
        "access, resets and dimensions of the register map",
        "files and references",
    ]
    assert result.report.target == f"IEEE 1685-{standard}"


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("<ipxact:vendor>hawx</ipxact:vendor>", "", "Element"),
        ("read-write", "sometimes", "sometimes"),
        ("1685-2014", "1685-2022", ""),
    ],
    ids=["no vendor", "unknown access", "another revision"],
)
def test_what_the_schema_refuses_fails(folder: Path, before: str, after: str, message: str) -> None:
    text = (folder / "component.xml").read_text()
    (folder / "component.xml").write_text(text.replace(before, after))
    options = OPTIONS()
    FLOW.run(folder, options, Runner(folder, 60))
    check = FLOW.result(folder, options).checks[0]
    assert not check.passed
    assert message in check.detail


def test_all_registers_and_fields_are_there(build: Build) -> None:
    folder = set_up(FLOW, build, OPTIONS(), label="registers")
    component = Component((folder / "component.xml").read_text())
    assert component.registers["LAYER_CYCLES"] == 0x400
    assert component.masks["CONTROL_AUTO"] == 2
    check = registers_check(component, (folder / "hawx_registers.h").read_text())
    assert check.passed
    assert check.detail == f"{len(component.registers)} registers, {len(component.masks)} fields"


@pytest.mark.parametrize(
    ("before", "after", "wrong"),
    [
        ("<ipxact:addressOffset>'h014<", "<ipxact:addressOffset>'h015<", "STATUS, STATUS"),
        ("<ipxact:bitOffset>6<", "<ipxact:bitOffset>7<", "STATUS_ERROR, STATUS_ERROR"),
        ("<ipxact:name>CYCLES<", "<ipxact:name>TICKS<", "CYCLES, TICKS"),
    ],
    ids=["address", "bit", "name"],
)
def test_registers_that_differ_fail(folder: Path, before: str, after: str, wrong: str) -> None:
    component = Component(edited(folder / "component.xml", before, after))
    check = registers_check(component, (folder / "hawx_registers.h").read_text())
    assert not check.passed
    assert check.detail == wrong


@pytest.mark.parametrize("standard", ["2014", "2022"])
def test_software_sees_what_the_registers_do(build: Build, standard: str) -> None:
    folder = set_up(FLOW, build, OPTIONS(standard=standard), label=f"software_{standard}")
    component = Component((folder / "component.xml").read_text())
    check = software_check(component, json.loads((folder / "registers.json").read_text()))
    assert check.passed, check.detail
    software = component.software
    fields = {
        "CONTROL_START": ("write-only", "oneToSet", False, None),
        "CONTROL_AUTO": ("read-write", None, False, 0),
        "STATUS_ERROR": ("read-only", None, True, None),
        "ERROR_IMAGE_OVERLONG": ("read-write", "oneToClear", True, 0),
        "CONFIG_HASH_VALUE": ("read-only", None, False, 0x12345678),
    }
    keys = ("access", "written", "volatile", "reset")
    for name, values in fields.items():
        assert software[name] == dict(zip(keys, values, strict=True)), name
    layers = build.plan().signature().layers
    assert software["LAYER_CYCLES"] == {"bits": 32, "words": layers}
    assert software["CYCLES"] == {"bits": 32, "words": 0}


@pytest.mark.parametrize("standard", ["2014", "2022"])
@pytest.mark.parametrize(
    ("before", "after", "wrong"),
    [
        ("<ipxact:access>write-only<", "<ipxact:access>read-write<", "CONTROL_START"),
        (">oneToSet<", ">oneToClear<", "CONTROL_START"),
        (">oneToClear<", ">oneToToggle<", "STATUS_DONE"),
        ("<ipxact:value>'h12345678<", "<ipxact:value>'h12345679<", "CONFIG_HASH_VALUE"),
        ("<ipxact:dim>", "<ipxact:dim>1", "LAYER_CYCLES"),
        ("<ipxact:size>32<", "<ipxact:size>64<", "ID"),
        ("<ipxact:volatile>true<", "<ipxact:volatile>false<", "STATUS_BUSY"),
        ("<ipxact:range>4096<", "<ipxact:range>1024<", "registers"),
    ],
    ids=["access", "set", "clear", "reset", "dimension", "size", "volatile", "range"],
)
def test_software_that_sees_something_else_fails(
    small: Build, standard: str, before: str, after: str, wrong: str
) -> None:
    folder = set_up(FLOW, small, OPTIONS(standard=standard), label="software")
    component = Component(edited(folder / "component.xml", before, after))
    check = software_check(component, json.loads((folder / "registers.json").read_text()))
    assert not check.passed
    assert check.detail == wrong


def test_a_register_without_its_array_or_reset_fails(folder: Path) -> None:
    path = folder / "component.xml"
    text, expected = path.read_text(), json.loads((folder / "registers.json").read_text())
    for element, wrong in (("dim", "LAYER_CYCLES"), ("resets", "ID_VALUE")):
        changed = re.sub(
            rf"<ipxact:{element}>.*?</ipxact:{element}>", "", text, count=1, flags=re.DOTALL
        )
        assert changed != text
        check = software_check(Component(changed), expected)
        assert not check.passed
        assert check.detail == wrong
    assert not software_check(Component(text), {}).passed


def test_ports_that_differ_fail(folder: Path) -> None:
    path = folder / "component.xml"
    text = path.read_text()
    assert ports_check(Component(text), folder).passed
    changes: dict[str, Callable[[str], str]] = {
        "irq": lambda text: text.replace("<ipxact:name>irq<", "<ipxact:name>interrupt<"),
        "s_axil_wdata": lambda text: text.replace("<ipxact:left>31<", "<ipxact:left>30<", 1),
        "m_axis_tlast": lambda text: re.sub(
            r"<ipxact:portMap>\s*<ipxact:logicalPort>\s*<ipxact:name>TLAST.*?m_axis_tlast"
            r".*?</ipxact:portMap>", "", text, flags=re.DOTALL,
        ),
    }  # fmt: skip
    for name, change in changes.items():
        changed = change(text)
        assert changed != text
        check = ports_check(Component(changed), folder)
        assert not check.passed, name
        assert name in check.detail


def test_missing_files_and_references_fail(folder: Path) -> None:
    path = folder / "component.xml"
    assert references_check(Component(path.read_text()), folder).passed
    (folder / "rtl" / "hawx_core.v").unlink()
    changed = edited(path, 'memoryMapRef="registers"', 'memoryMapRef="others"')
    check = references_check(Component(changed), folder)
    assert not check.passed
    assert check.detail == "rtl/hawx_core.v, others"


def test_names_that_are_no_names_are_refused() -> None:
    for wrong in ("", "a b", "<a>", "1a"):
        with pytest.raises(ValueError, match="vendor"):
            OPTIONS(vendor=wrong)
