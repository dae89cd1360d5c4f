"""The records of summary.json, and the page that documents them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

import pytest
from pydantic import ValidationError

import hawx_hw
from hawx_hw.report.result import (
    Accuracies,
    BoundSummary,
    Energies,
    EnergySources,
    Sources,
    SummaryResult,
    TestAccuracy,
)
from hawx_hw.search.pick import AccuracyBound
from hawx_hw.util.results import Record

GUIDE = Path(hawx_hw.__file__).parents[1] / "docs" / "reference" / "summary.md"
#: The keys that state a unit, and what they state.
UNITS = {
    "nj": "nJ", "mhz": "MHz", "us": "us", "mw": "mW", "um2": "um2", "ns": "ns", "drop": "points",
}  # fmt: skip
EMPTY = SummaryResult(
    name="tiny",
    stages=(),
    architecture="systolic",
    accuracy=Accuracies(test=None, estimate=None, bound=None),
    energy_nj=Energies(
        **dict.fromkeys(("exact", "chosen", "lower_precision")),
        source=EnergySources(**dict.fromkeys(EnergySources.model_fields)),
    ),
    source=Sources(**dict.fromkeys(Sources.model_fields)),
    **dict.fromkeys(
        SummaryResult.model_fields.keys()
        - {"name", "stages", "architecture", "accuracy", "energy_nj", "source"}
    ),
)


def kind_of(annotation: Any) -> tuple[str, type[Record] | None]:
    """The type as the page names it, and the record that it is of."""
    if get_origin(annotation) in (Union, UnionType):
        (inner,) = (each for each in get_args(annotation) if each is not NoneType)
        name, record = kind_of(inner)
        return f"{name} or null", record
    if get_origin(annotation) is tuple:
        name, record = kind_of(get_args(annotation)[0])
        return ("list" if record else f"list of {name}"), record
    if get_origin(annotation) is Literal:
        return "source", None
    if issubclass(annotation, Record):
        return "object", annotation
    return {str: "string", int: "integer", float: "number", bool: "boolean"}[annotation], None


def keys(record: type[Record], before: str = "") -> Iterator[tuple[str, str]]:
    """The keys of a record and of those in it, by their paths, with their types."""
    for name, field in record.model_fields.items():
        kind, inner = kind_of(field.annotation)
        path = f"{before}{field.alias or name}"
        yield path, kind
        if inner is not None:
            yield from keys(inner, f"{path}[]." if kind.startswith("list") else f"{path}.")


def documented() -> list[list[str]]:
    text = GUIDE.read_text("utf-8")
    rows = re.findall(r"^\| `(.+?)` \|(.*)\|(.*)\|(.*)\|$", text, re.MULTILINE)
    return [[cell.strip() for cell in row] for row in rows]


def test_the_page_documents_each_key_and_its_type() -> None:
    expected = [("schema", "integer"), *keys(SummaryResult)]
    assert [(key, kind) for key, kind, *_ in documented()] == expected


def test_the_page_states_the_units_that_the_keys_name() -> None:
    for key, kind, unit, _ in documented():
        number = kind.startswith(("number", "integer"))
        name = key.replace("energy_nj.", "energy_nj_").rpartition(".")[2]
        stated = [UNITS[part] for part in name.split("_") if part in UNITS]
        if number and stated:
            assert unit.endswith(stated[0]), key
        # Every other number with a fraction has one too.
        assert unit or not kind.startswith("number"), key


def test_the_page_states_the_schema() -> None:
    (row,) = (row for row in documented() if row[0] == "schema")
    assert row[3].endswith(f" {SummaryResult.SCHEMA}")


def test_all_keys_are_in_the_file(tmp_path: Path) -> None:
    content = EMPTY.as_dict()
    assert content.keys() == SummaryResult.model_fields.keys()
    assert content["energy_nj"] == {
        "exact": None, "chosen": None, "lower_precision": None,
        "source": {"exact": None, "chosen": None, "lower_precision": None},
    }  # fmt: skip
    EMPTY.write(tmp_path)
    assert SummaryResult.read(tmp_path) == EMPTY
    before = (tmp_path / "summary.json").read_bytes()
    EMPTY.write(tmp_path)
    assert (tmp_path / "summary.json").read_bytes() == before


def test_the_float_network_is_float_in_the_file() -> None:
    test = TestAccuracy(images=10, float=0.5, exact=0.4, chosen=None, before_retraining=None)
    assert test.as_dict() == {
        "images": 10,
        "float": 0.5,
        "exact": 0.4,
        "chosen": None,
        "before_retraining": None,
    }


def test_the_bound_has_the_keys_of_the_search() -> None:
    bound = AccuracyBound(
        drop=0.1, upper=0.7, most=0.5, confidence=0.95, images=300, finalists=2, holds=False,
        images_needed=None,
    )  # fmt: skip
    content = BoundSummary.of(bound).as_dict()
    assert (content["upper"], content["holds"], content["images_needed"]) == (0.7, False, None)


def test_records_are_frozen_and_checked() -> None:
    with pytest.raises(ValidationError):
        EMPTY.cycles = 3  # type: ignore[misc]
    with pytest.raises(ValidationError, match="measured"):
        Sources(**{**dict.fromkeys(Sources.model_fields), "cycles": "guessed"})
