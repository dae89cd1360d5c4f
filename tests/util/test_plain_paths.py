"""Paths that tools take for what they are, and links to all others."""

from __future__ import annotations

from pathlib import Path

import pytest

from hawx_hw.util.plain_paths import is_plain, original_paths, plain_path


@pytest.mark.parametrize("path", ["/usr/lib/g++", "a_b-c.d/e", "/", ".", "0"])
def test_plain(path: str) -> None:
    assert is_plain(Path(path))


@pytest.mark.parametrize("character", [*" $#'\"\\\n\t:;,*?[]{}()<>|&!`~=%@^é日", "\udcff"])
def test_not_plain(character: str, tmp_path: Path) -> None:
    odd = tmp_path / f"a{character}b"
    assert not is_plain(odd)
    odd.mkdir()
    (odd / "file.v").write_text("content", "utf-8")
    links = tmp_path / "links"
    links.mkdir()
    for _ in range(2):
        plain = plain_path(odd / "file.v", links)
        assert is_plain(plain)
        assert plain.name == "file.v"
        assert plain.read_text("utf-8") == "content"
    assert original_paths(f"{plain}:3: wrong", links) == f"{odd / 'file.v'}:3: wrong"


def test_an_option_is_no_path() -> None:
    assert not is_plain(Path("-x"))


def test_a_plain_path_needs_no_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert plain_path(Path("file"), tmp_path) == tmp_path / "file"
    assert list(tmp_path.iterdir()) == []
    assert original_paths("text", tmp_path) == "text"
