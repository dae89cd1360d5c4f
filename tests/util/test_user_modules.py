"""Objects of the user's own modules; tests/blocks/user/test_python_block.py has more of them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hawx_hw.errors import UserError
from hawx_hw.util.user_modules import load_object, search_folders, split_name


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    path = list(sys.path)
    yield tmp_path
    sys.path[:] = path
    for name in [name for name in sys.modules if name.startswith("um_")]:
        del sys.modules[name]


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("python:mine:X", ("mine", "X")),
        ("python:a.b.c:X.y", ("a.b.c", "X.y")),
        ("python:mine", None),
        ("python:mine:", None),
        ("python:mine.py:X", ("mine.py", "X")),
        ("python:a/b.py:X", None),
        ("python:.mine:X", None),
        ("Python:mine:X", None),
        ("mine:X", None),
        ("python:mine:X ", None),
    ],
)
def test_names(name: str, parts: tuple[str, str] | None) -> None:
    assert split_name(name) == parts


def test_an_object_of_a_module_beside_the_config(folder: Path) -> None:
    (folder / "um_mine.py").write_text("class Outer:\n    inner = 7\n")
    assert load_object("python:um_mine:Outer.inner", folder, "Look.") == 7
    with pytest.raises(UserError) as caught:
        load_object("python:um_mine:Outer.other", folder, "Look.")
    assert str(caught.value) == (
        "python:um_mine:Outer.other: um_mine has no object 'Outer.other'. Look."
    )
    with pytest.raises(ValueError, match="Name must be python:MODULE:OBJECT, not 'um_mine'"):
        load_object("um_mine", folder, "Look.")


def test_the_folder_comes_before_the_current_one(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert search_folders(tmp_path / "a") == [tmp_path / "a", tmp_path]
    assert search_folders(None) == [tmp_path]
