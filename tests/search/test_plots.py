"""The drawn front: what it shows, and that it is the same every time."""

from dataclasses import replace
from pathlib import Path

from hawx_hw.search.plots import draw_front
from hawx_hw.search.result import ExhaustiveFront, PredictedPoints, SearchResult
from tests.search.small import design_point, search_result


def result(tested: bool = True, predicted: PredictedPoints | None = None) -> SearchResult:
    front = tuple(
        design_point(
            (n,),
            drop,
            {"energy_nj": energy, "area_um2": 10 * energy},
            ["drum(k=4)"] if n else [],
            test_accuracy=0.94 - drop / 90 if tested else None,
        )
        for n, (drop, energy) in enumerate([(0.0, 9.0), (0.5, 7.0), (2.0, 5.0)])
    )
    return search_result(front, predicted=predicted or PredictedPoints())


def drawn(path: Path, *arguments, **options) -> str:
    draw_front(*arguments, path, **options)
    return path.read_text(encoding="utf-8")


def test_what_is_drawn_is_named(tmp_path: Path) -> None:
    text = drawn(
        tmp_path / "a.svg",
        replace(
            result(predicted=PredictedPoints((1.0,), (6.0,))),
            exhaustive=ExhaustiveFront(4, (0.0, 1.0), (8.0, 4.0)),
        ),
    )
    for label in ("exact", "all assignments", "predicted only", "evaluated", "on test images"):
        assert f">{label}<" in text
    assert "energy an image, nJ" in text and "area without memories, um2" in text


def test_energy_names_the_memory_model(tmp_path: Path) -> None:
    text = drawn(tmp_path / "a.svg", replace(result(), memory_model="cacti"))
    assert "energy an image, nJ (memories: cacti)" in text
    assert "um2 (memories" not in text


def test_what_is_not_known_is_not_drawn(tmp_path: Path) -> None:
    text = drawn(tmp_path / "a.svg", result(tested=False))
    assert ">all assignments<" not in text and ">on test images<" not in text
    assert ">predicted only<" not in text


def test_the_same_front_gives_the_same_bytes(tmp_path: Path) -> None:
    assert drawn(tmp_path / "a.svg", result()) == drawn(tmp_path / "b.svg", result())
