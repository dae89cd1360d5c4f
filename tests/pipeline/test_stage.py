import json
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

import pytest

from hawx_hw.errors import UserError
from hawx_hw.pipeline.stage import Context, Outcome, Stage
from hawx_hw.util.results import Header, Result


class Sum(Result):
    FILE: ClassVar[str] = "sum.json"
    STAGE: ClassVar[str] = "sum"
    SCHEMA: ClassVar[int] = 1

    value: int


def context(folder: Path, base: Path = Path()) -> Context:
    return Context(
        config=SimpleNamespace(),
        base=base,
        folder=folder / "build",
        output=folder,
        scratch=folder / "scratch",
        progress=SimpleNamespace(),
        header=Header(stage="sum", config="ab", versions={"tool": "1"}),
    )


def test_results_get_the_header(tmp_path: Path) -> None:
    context(tmp_path).write(Sum(value=3))
    assert json.loads((tmp_path / "sum.json").read_text()) == {
        "schema": 1, "stage": "sum", "config": "ab", "versions": {"tool": "1"}, "value": 3,
    }  # fmt: skip
    assert Sum.read(tmp_path) == Sum(value=3)


def test_paths_start_from_the_configs_folder(tmp_path: Path) -> None:
    given = context(tmp_path, tmp_path / "configs")
    assert given.path("data.npz") == tmp_path / "configs" / "data.npz"
    assert given.path("/data.npz") == Path("/data.npz")


def test_a_stage_needs_nothing_unless_it_names_it() -> None:
    stage = Stage("sum", lambda given: None)
    config = SimpleNamespace()
    assert stage.needs == stage.settings == stage.ignored == ()
    assert stage.section is None
    assert stage.files(config, Path()) == stage.tools(config, Path()) == {}
    stage.check(config, Path())
    assert not stage.sealed


def test_stages_and_outcomes_are_frozen() -> None:
    with pytest.raises(AttributeError):
        Outcome("sum", True, 1.0).ran = False  # type: ignore[misc]
    with pytest.raises(AttributeError):
        Stage("sum", lambda given: None).name = "other"  # type: ignore[misc]


def test_a_missing_result_names_the_stage_to_run(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        Sum.read(tmp_path)
    assert caught.value.hint == "Make it again, with hawx run CONFIG --until sum."
