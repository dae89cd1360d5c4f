"""The drawn front: what it shows, and that it is the same every time."""

from pathlib import Path

import numpy as np

from hawx_hw.search.designs import Candidates
from hawx_hw.search.plots import draw_front
from hawx_hw.search.result import Found, SearchResult

NONE = Candidates(np.empty(0), np.empty(0))


def result(tested: bool = True) -> SearchResult:
    front = tuple(
        Found(
            (n,),
            0.95 - lost / 100,
            lost,
            {"energy_nj": energy, "area_um2": 10 * energy},
            {"blocks": {}, "layers": {"conv1": {}} if n else {}},
            test_accuracy=0.94 - lost / 90 if tested else None,
        )
        for n, (lost, energy) in enumerate([(0.0, 9.0), (0.5, 7.0), (2.0, 5.0)])
    )
    return SearchResult("hawx", 0, "", "energy_nj", 100, 0.95, 3, 0.0, 0.0, (5.0, 10.0), 1.0, front)


def drawn(path: Path, *arguments, **options) -> str:
    draw_front(*arguments, path, **options)
    return path.read_text()


def test_what_is_drawn_is_named(tmp_path: Path) -> None:
    text = drawn(
        tmp_path / "a.svg",
        result(),
        Candidates(np.array([1.0]), np.array([6.0])),
        truth=np.array([[0.0, 8.0], [1.0, 4.0]]),
    )
    for label in ("exact", "truth", "predicted, not run", "run", "on test images"):
        assert f">{label}<" in text
    assert "energy an image, nJ" in text and "area without memories, um2" in text


def test_what_is_not_known_is_not_drawn(tmp_path: Path) -> None:
    text = drawn(tmp_path / "a.svg", result(tested=False), NONE)
    assert ">truth<" not in text and ">on test images<" not in text
    assert ">predicted, not run<" not in text


def test_same_front_same_bytes(tmp_path: Path) -> None:
    assert drawn(tmp_path / "a.svg", result(), NONE) == drawn(tmp_path / "b.svg", result(), NONE)
