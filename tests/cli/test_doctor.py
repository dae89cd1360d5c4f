"""Installed tools are detected, and missing ones are reported with their remedy."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from hawx_hw.cli.doctor import Finding, check_required, examine
from hawx_hw.config.flows import FlowNeed
from hawx_hw.errors import UserError
from tests.flows.fake import DESCRIPTION


def by_name() -> dict[str, Finding]:
    return {finding.name: finding for finding in examine()}


def test_this_machine() -> None:
    tools = by_name()
    assert tools["python"].version == ".".join(map(str, sys.version_info[:3]))
    assert tools["amaranth"].version == "0.5.10"
    assert tools["verilator"].version is not None
    assert (tools["iverilog"].version is None) == (shutil.which("iverilog") is None)
    check_required(list(tools.values()))


def test_required_come_first() -> None:
    required = [finding.required for finding in examine()[:-2]]
    assert required == sorted(required, reverse=True)


def test_the_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HAWX_CACHE", str(tmp_path / "cache"))
    tools = by_name()
    assert tools["cache"].version == str(tmp_path / "cache")
    assert tools["scratch folder"].version == str(tmp_path / "cache" / "scratch")

    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("HAWX_CACHE", str(tmp_path / "file"))
    tools = by_name()
    assert tools["cache"].version is None
    assert tools["cache"].install == (
        f"{tmp_path / 'file'} cannot be written: File exists. Set HAWX_CACHE to a folder that can "
        "be written"
    )
    assert tools["scratch folder"].version is not None
    check_required(list(tools.values()))


def test_no_scratch_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("hawx_hw.util.scratch._is_usable", lambda root, *, given: False)
    with pytest.raises(UserError, match=r"needs scratch folder. .*Set HAWX_CACHE or TMPDIR"):
        check_required(examine())


def test_empty_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    tools = by_name()
    missing = {name for name, finding in tools.items() if finding.version is None}
    assert {"C++ compiler", "make", "perl", "verilator"} <= missing
    with pytest.raises(UserError) as caught:
        check_required(list(tools.values()))
    assert str(caught.value).startswith("The main job needs C++ compiler, make, perl, verilator. ")
    assert "C++ compiler: apt-get install g++." in str(caught.value)


def test_program_without_a_version(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "sta"
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert by_name()["sta"].version == "found"


def test_technologies_are_searched_where_synthesis_does(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(name: str) -> None:
        if name == "osu035":
            raise UserError("The liberty file is missing")

    monkeypatch.setattr("hawx_hw.technology.load", load)
    tools = by_name()
    assert (tools["osu018"].version, tools["osu035"].version) == ("found", None)


def test_tools_of_flows(monkeypatch: pytest.MonkeyPatch) -> None:
    there = FlowNeed(name="maker", program="make", install="apt-get install make")
    missing = FlowNeed(name="sieve", program="no-such-sieve", install="apt-get install sieve")
    known = FlowNeed(name="sta", program="sta", install="")
    flows = {
        name: DESCRIPTION.model_copy(update={"name": name, "needs": needs})
        for name, needs in {"one": (there, missing, known), "two": (missing,)}.items()
    }
    monkeypatch.setattr("hawx_hw.cli.doctor.flow_descriptions", lambda: flows)
    tools = by_name()
    assert tools["maker"].version == "found"
    assert tools["sieve"].version is None
    assert tools["sieve"].unlocks == "hawx flow one, hawx flow two"
    assert len([each for each in examine() if each.name == "sta"]) == 1
