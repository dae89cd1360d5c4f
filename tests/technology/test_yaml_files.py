"""Files of technologies: what is wrong is named with file, line and key."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict

from hawx_hw.errors import UserError
from hawx_hw.technology.yaml_files import checked, read_mapping


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")

    number: int
    word: str = "a"


class Outer(BaseModel):
    model_config = ConfigDict(extra="forbid")

    inner: Inner | None = None
    either: int | list[str] = 0


def read(folder: Path, text: str) -> Outer:
    path = folder / "file.yaml"
    path.write_text(text)
    return checked(Outer, read_mapping(path), path)


def test_a_good_file(tmp_path: Path) -> None:
    assert read(tmp_path, "inner: {number: 010, word: yes}\neither: [a]\n") == Outer(
        inner=Inner(number=10, word="yes"), either=["a"]
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- 1\n", ": A technology must be a mapping of keys to values"),
        ("", ": A technology must be a mapping of keys to values"),
        ("inner: [\n", ":2: This is not YAML: "),
        ("either: 1\neither: 2\n", ":2: either stands here a second time. Remove it, or the one"),
        ("inner: !!python/name:os.system\n", ":1: This is not YAML: could not determine"),
        ("[" * 5000, ": This is nested too deeply"),
        ("\n\nouter: 1\n", ":3: outer: There is no such key. Known here: either, inner."),
        ("inner:\n  numbr: 1\n", ":2: inner.numbr: There is no such key. Did you mean number?"),
        ("inner:\n  word: b\n", ":1: inner: The key number is missing"),
        ("inner:\n  word: b\n  number: c\n", ":3: inner.number: must be a valid integer"),
        # The line of the key, though each branch of the union fails at a place of its own.
        ("\neither: {a: b}\n", ":2: either: must be a valid"),
        ("\neither:\n  - a\n  - 3\n", ":2: either: must be a valid"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UserError) as caught:
        read(tmp_path, text)
    assert str(caught.value).startswith(f"{tmp_path / 'file.yaml'}{message}")


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"The technology cannot be read: .*No such file"):
        read_mapping(tmp_path / "none.yaml")
    (tmp_path / "file.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="The technology cannot be read: "):
        read_mapping(tmp_path / "file.yaml")
