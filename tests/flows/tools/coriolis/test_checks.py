"""Checks from the reports: what was not checked has failed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hawx_hw.flows.tools.coriolis.checks import RULES, checks, planted_check, rules_check
from tests.flows.tools.coriolis.test_netlist import NETLIST, routed

NAMES = ("placement", "cells", "cf-precheck", "PDKMaster", "comparison")


def report(path: Path, rules: int, violations: tuple[str, ...] = ()) -> None:
    """A report as KLayout writes it."""
    categories = "".join(f"<category><name>r.{n}</name></category>" for n in range(rules))
    items = "".join(f"<item><category>'{rule}'</category></item>" for rule in violations)
    lists = f"<categories>{categories}</categories><items>{items}</items>"
    path.write_text(f"<report-database>{lists}</report-database>", encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    layout = {"cells": {"nand2_x0": 1, "tie": 2}, "placement_faults": []}
    (tmp_path / "layout.json").write_text(json.dumps(layout))
    (tmp_path / "routed.json").write_text(json.dumps({"routed": True, **routed()}))
    for name, rules in (("feol", 107), ("beol", 92), ("offgrid", 77), ("pdkmaster", 194)):
        report(tmp_path / f"{name}.xml", rules)
    ports = (*NETLIST.inputs, *NETLIST.outputs, "vdd", "vss")
    observed = {
        "nets": 9,
        "other_nets": 0,
        "transistors": 30,
        "other_transistors": 0,
        "labels": {port: port.upper() for port in ports},
    }
    (tmp_path / "comparison.json").write_text(json.dumps(observed))
    (tmp_path / "comparison.log").write_text("LVS OK\n")
    return tmp_path


def failures(folder: Path) -> dict[str, str]:
    made = dict(zip(NAMES, checks(folder, NETLIST), strict=True))
    return {name: check.detail for name, check in made.items() if not check.passed}


def test_a_layout_without_fault_passes(folder: Path) -> None:
    assert failures(folder) == {}
    details = [check.detail for check in checks(folder, NETLIST)]
    assert details == [
        "3 cells, with those that fill gaps",
        "4 cells, 1 buffers",
        "0 violations of 276 rules",
        "0 violations of 194 rules",
        "30 transistors, 9 nets",
    ]


def test_an_empty_folder_fails_every_check(tmp_path: Path) -> None:
    assert set(failures(tmp_path)) == set(NAMES)


def test_rules_that_were_not_checked_are_a_failure(folder: Path) -> None:
    report(folder / "beol.xml", 0)
    assert failures(folder) == {"cf-precheck": "184 rules were checked, of 276"}
    (folder / "beol.xml").write_text("")
    assert failures(folder) == {"cf-precheck": "beol.xml cannot be read"}


def test_rules_that_do_not_see_planted_errors_are_a_failure(folder: Path) -> None:
    assert planted_check(folder).detail == "none in feol.xml, beol.xml, offgrid.xml, pdkmaster.xml"
    for _, reports, _ in RULES:
        for name in reports:
            report(folder / name, 9, ("r.1", "r.1", "r.2"))
    assert planted_check(folder).passed
    assert planted_check(folder).detail == "8 rules are broken"
    report(folder / "offgrid.xml", 9)
    assert not planted_check(folder).passed
    (folder / "offgrid.xml").unlink()
    assert planted_check(folder).detail == "offgrid.xml cannot be read"


def test_violations_are_counted_by_rule(folder: Path) -> None:
    title, reports, count = RULES[1]
    report(folder / reports[0], count, ("m1.2", "m1.2", "li.3"))
    check = rules_check(folder, title, reports, count)
    assert not check.passed
    assert check.detail == "3 violations of 194 rules: 2 of m1.2, 1 of li.3"


@pytest.mark.parametrize(
    ("file", "key", "value", "name", "detail"),
    [
        ("layout.json", "placement_faults", ["row 1 has a gap"], "placement", "row 1 has a gap"),
        ("layout.json", "cells", {}, "placement", "0 cells"),
        ("routed.json", "routed", False, "cells", "Coriolis did not route every net"),
        ("comparison.json", "other_nets", 2, "comparison", "2 nets differ"),
        ("comparison.json", "other_transistors", 1, "comparison", "1 transistors differ"),
        ("comparison.json", "transistors", 0, "comparison", "only 0 transistors"),
        ("comparison.json", "labels", {"a": "A"}, "comparison", "the pin b[0] is at another"),
    ],
)
def test_a_fault_fails_its_check(
    folder: Path, file: str, key: str, value: object, name: str, detail: str
) -> None:
    content = json.loads((folder / file).read_text())
    (folder / file).write_text(json.dumps({**content, key: value}))
    (failed,) = failures(folder).items()
    assert failed[0] == name
    assert failed[1].startswith(detail)


def test_labels_that_are_exchanged_fail_though_the_circuits_are_equal(folder: Path) -> None:
    content = json.loads((folder / "comparison.json").read_text())
    content["labels"] |= {"a": "B[0]", "b[0]": "A"}
    (folder / "comparison.json").write_text(json.dumps(content))
    assert failures(folder)["comparison"].startswith("the pin a is at another net")


@pytest.mark.parametrize("text", ["", "LVS Failed!\n", "no LVS OK here\n"])
def test_a_comparison_that_did_not_end_well_fails(folder: Path, text: str) -> None:
    (folder / "comparison.log").write_text(text)
    assert failures(folder) == {"comparison": "KLayout does not match them"}
