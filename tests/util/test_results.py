import json
from pathlib import Path
from typing import ClassVar

import pytest
from pydantic import Field, ValidationError

from hawx_hw.errors import UserError
from hawx_hw.util.results import Header, Record, Result


class Layer(Record):
    name: str
    cycles: int


class Sample(Result):
    FILE: ClassVar[str] = "sample.json"
    STAGE: ClassVar[str] = "weigh"
    SCHEMA: ClassVar[int] = 3

    in_float: float = Field(alias="float")
    layers: tuple[Layer, ...]
    note: str | None = None


SAMPLE = Sample(float=0.5, layers=(Layer(name="conv1", cycles=7),))
HEADER = Header(stage="weigh", config="ab12", versions={"numpy": "2"})


@pytest.mark.parametrize("header", [None, HEADER])
def test_what_is_written_is_read(tmp_path: Path, header: Header | None) -> None:
    SAMPLE.write(tmp_path, header)
    assert Sample.read(tmp_path) == SAMPLE


def test_the_file_holds_header_and_content_side_by_side(tmp_path: Path) -> None:
    SAMPLE.write(tmp_path, HEADER)
    assert json.loads((tmp_path / "sample.json").read_text()) == {
        "schema": 3,
        "stage": "weigh",
        "config": "ab12",
        "versions": {"numpy": "2"},
        "float": 0.5,
        "layers": [{"name": "conv1", "cycles": 7}],
    }
    SAMPLE.model_copy(update={"note": "small"}).write(tmp_path)
    assert json.loads((tmp_path / "sample.json").read_text())["note"] == "small"


def test_without_a_header_the_file_is_the_content(tmp_path: Path) -> None:
    SAMPLE.write(tmp_path)
    assert set(json.loads((tmp_path / "sample.json").read_text())) == {
        "schema", "float", "layers",
    }  # fmt: skip


def test_results_are_frozen_and_take_no_unknown_key() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        SAMPLE.note = "other"  # type: ignore[misc]
    with pytest.raises(ValidationError, match="Extra inputs"):
        Layer(name="fc", cycles=1, color="red")  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "The file cannot be read: "),
        ("{", "The file cannot be read: "),
        pytest.param("[" * 100_000, "The file cannot be read: it is nested too", id="deep"),
        ('{"schema": 3, "schema": 3}', "The file cannot be read: the key 'schema' stands twice"),
        ("[]", "The file must be of schema 3, not None"),
        ('{"schema": 2}', "The file must be of schema 3, not 2"),
        (
            '{"schema": 3, "float": 1, "layers": [{"name": "fc", "cycles": "many"}]}',
            "Key 'layers.0.cycles' is damaged: ",
        ),
        ('{"schema": 3, "float": 1, "layers": [], "more": 1}', "Key 'more' is damaged: "),
        ('{"schema": 3, "layers": []}', "Key 'float' is damaged: "),
    ],
)
def test_a_damaged_file_is_named_with_its_remedy(
    tmp_path: Path, text: str | None, message: str
) -> None:
    if text is not None:
        (tmp_path / "sample.json").write_text(text)
    with pytest.raises(UserError) as caught:
        Sample.read(tmp_path)
    assert caught.value.what.startswith(message)
    assert caught.value.where == str(tmp_path / "sample.json")
    assert caught.value.hint == "Make it again, with hawx run CONFIG --until weigh."
