from pathlib import Path
from types import SimpleNamespace

import pytest

from hawx_hw.errors import UserError
from hawx_hw.pipeline.technology import load_technology
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
