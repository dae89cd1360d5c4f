"""The machine's section of a page."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hawx_hw.report.html.glossary import definitions
from hawx_hw.report.html.machine import MachineContent
from hawx_hw.report.html.machine_page import (
    layer_lines,
    machine_numbers,
    machine_page,
    memory_lines,
)
from hawx_hw.report.html.render import page
from tests.report.html.pages import whole_content
from tests.report.html.test_machine import content, power


@pytest.fixture
def machine(tmp_path: Path) -> MachineContent:
    return content(tmp_path, power())


def test_lines_of_the_tables(machine: MachineContent, tmp_path: Path) -> None:
    assert layer_lines(machine) == [("conv1", "100", "40.0", "3 of 3", "0.248")]
    assert memory_lines(machine) == [("weights", "hawx_rom", "1", "99", "8", "792", "0.045")]
    assert memory_lines(content(tmp_path))[0][-1] == ""


def test_what_the_template_shows(machine: MachineContent, tmp_path: Path) -> None:
    shown = machine_page(machine)
    assert shown["letters"] == [("b0", "A", "exact"), ("b1", "B", "drum(k=4)")]
    assert shown["drawing"].startswith("<svg") and len(shown["charts"]) == 1
    assert [each["title"] for each in shown["tables"]] == [
        "Layers",
        "Memories, as they are built",
    ]
    for each in shown["tables"]:
        lists = (each["heading"], each["terms"], each["words"], *each["lines"])
        assert len({len(line) for line in lists}) == 1
        # What a heading is defined by is in the glossary, and what holds blocks is a PE or a lane.
        assert {term for term in each["terms"] if term} <= definitions().keys()
    assert shown["energy"] and not machine_page(content(tmp_path))["energy"]


def test_what_the_script_reads(machine: MachineContent) -> None:
    numbers = machine_numbers(machine)
    assert json.loads(json.dumps(numbers)) == numbers
    assert numbers["holds"] == [[0], [0, 1], [0, 1]]
    assert numbers["groups"]["core/weights"] == "weights"
    (layer,) = numbers["layers"]
    assert layer["cells"] == [0, 1, 1]


def test_a_page_of_an_architecture_without_timelines(tmp_path: Path) -> None:
    own = whole_content(tmp_path)
    assert own.machine is not None and "Over time" in page(own)
    bare = own.model_copy(update={"machine": own.machine.model_copy(update={"timelines": ()})})
    assert "states no timeline" in page(bare)
    assert 'class="gantt"' not in page(bare)
