from pathlib import Path
from types import SimpleNamespace

import pytest

from hawx_hw.errors import UserError
from hawx_hw.pipeline.technology import load_technology, technology_files
from hawx_hw.technology import load


def config(technology: str) -> SimpleNamespace:
    return SimpleNamespace(technology=technology)


def test_by_name_and_by_path(tmp_path: Path) -> None:
    built_in = load_technology(config("generic45"), tmp_path)
    assert built_in.name == "generic45"
    (tmp_path / "mine.lib").write_bytes(load("generic45").liberty.read_bytes())
    assert load_technology(config("mine.lib"), tmp_path).digest == built_in.digest


def test_an_error_names_the_key(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        load_technology(config("gone.lib"), tmp_path)
    assert caught.value.where == "technology"


def test_all_that_it_is_read_from(tmp_path: Path) -> None:
    (tmp_path / "mine.lib").write_bytes(load("generic45").liberty.read_bytes())
    (tmp_path / "mine.yaml").write_text("name: mine\nliberty: mine.lib\n", encoding="utf-8")
    assert technology_files(config("mine.lib"), tmp_path) == {"technology": tmp_path / "mine.lib"}
    assert technology_files(config("mine.yaml"), tmp_path) == {
        "technology": tmp_path / "mine.lib",
        "technology (mine.yaml)": tmp_path / "mine.yaml",
    }
