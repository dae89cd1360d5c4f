"""Pictures: the same bytes for the same content, and errors that give a hint."""

from pathlib import Path

import pytest

from hawx_hw.errors import UserError
from hawx_hw.util import plotting as pictures
from hawx_hw.util.plotting import can_draw, picture


def draw(path: Path, value: float) -> bytes:
    with picture(path, (2, 2)) as figure:
        figure.add_subplot().plot([0, value])
    return path.read_bytes()


@pytest.mark.parametrize("suffix", pictures.SUFFIXES)
def test_same_content_same_bytes(tmp_path: Path, suffix: str) -> None:
    first = draw(tmp_path / f"a{suffix}", 1)
    assert draw(tmp_path / f"b{suffix}", 1) == first
    assert draw(tmp_path / f"c{suffix}", 2) != first


def test_other_endings_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"\.png or \.svg, not 'a.gif'"):
        draw(tmp_path / "a.gif", 1)
    assert not list(tmp_path.iterdir())


def test_an_error_while_drawing_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), picture(tmp_path / "a.svg", (2, 2)):
        _ = 1 / 0
    assert not list(tmp_path.iterdir())


def test_without_matplotlib(tmp_path: Path, monkeypatch) -> None:
    import builtins

    real = builtins.__import__

    def missing(name, *arguments, **options):
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return real(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(UserError, match=r"matplotlib, which is missing.*pip install matplotlib"):
        draw(tmp_path / "a.svg", 1)
    monkeypatch.undo()
    monkeypatch.setattr(pictures, "find_spec", lambda name: None)
    assert not can_draw()
