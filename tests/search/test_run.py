"""A search of a config, from a profile to the tested front."""

from __future__ import annotations

import numpy as np
import pytest
from rich.console import Console

from hawx_hw.blocks.registry import distinct_blocks
from hawx_hw.config.models import Config
from hawx_hw.datasets import Dataset
from hawx_hw.datasets.dataset import Split
from hawx_hw.datasets.roles import roles
from hawx_hw.errors import UserError
from hawx_hw.graph import reference
from hawx_hw.scores.profiling import profile_network
from hawx_hw.search.pareto import pareto
from hawx_hw.search.run import SearchRun
from hawx_hw.search.tuning import SearchTuning
from hawx_hw.util.progress import ProgressDisplay
from tests.search.small import small_graph, small_images

NAMES = ["array(4,4,0)", "array(5,5,0)"]
GRAPH = small_graph()


def config(**search) -> Config:
    return Config.model_validate(
        {
            "name": "a",
            "network": {"model": "lenet5", "dataset": "digits", "calibration_images": 20},
            "search": {
                "blocks": NAMES,
                "granularity": "layer",
                "images": 40,
                "objective": "multiplier_energy",
                **search,
            },
        }
    )


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    codes, labels = small_images(GRAPH, 90)
    images = (codes.astype(np.int16) + 128).astype(np.uint8)
    train, test = Split(images[:60], labels[:60]), Split(images[60:], labels[60:])
    return Dataset("small", 4, train, train, test)


@pytest.fixture(scope="module")
def profiling(dataset: Dataset):
    blocks = distinct_blocks(("exact", *NAMES))
    return profile_network(GRAPH, blocks, roles(dataset).proposing(40), count=16)


@pytest.fixture
def search(dataset, profiling, tmp_path, monkeypatch):
    """Runs a config; nothing is synthesized for the energies."""
    monkeypatch.setattr(SearchRun, "_energies", lambda self, technology: [3.0, 2.0, 1.0])
    progress = ProgressDisplay(Console(quiet=True))

    def go(config: Config, tuning: SearchTuning | None = None) -> SearchRun:
        parts, scratch = roles(dataset), tmp_path / "scratch"
        arguments = (config, tmp_path, GRAPH, parts, profiling, scratch, progress, tuning)
        return SearchRun(*arguments)

    (tmp_path / "scratch").mkdir()
    return go


def test_the_front_is_tested_on_images_that_no_search_looks_at(search, dataset) -> None:
    result = search(config(budget=12))()
    assert result.exhaustive is None
    assert (result.granularity, result.blocks) == ("layer", ("exact", *result.blocks[1:]))
    assert result.evaluations <= 12
    codes = (dataset.test.images.astype(np.int16) - 128).astype(np.int8)
    right = (reference.run(GRAPH, codes).argmax(axis=1) == dataset.test.labels).mean()
    assert result.test_images == 30
    assert result.exact_test_accuracy == pytest.approx(right)
    (exact,) = (point for point in result.uniform if point.exact)
    assert exact.test_accuracy == pytest.approx(right)
    assert all(0 <= point.test_accuracy <= 1 for point in result.front)


def test_the_front_is_judged_by_images_that_no_search_looks_at(search, dataset) -> None:
    result = search(config(budget=12))()
    select = roles(dataset).select
    assert result.select_images == len(select) > 5
    codes = (select.images.astype(np.int16) - 128).astype(np.int8)
    exact = reference.run(GRAPH, codes).argmax(axis=1) == select.labels
    assert any(point.exact for point in result.front)
    for point in result.front:
        assert point.selection is not None
        assert point.selection.images == len(select)
        assert 0 <= point.selection.lost <= exact.sum()
        assert 0 <= point.selection.gained <= (~exact).sum()
    drops = [point.estimated_drop for point in result.front]
    assert drops == sorted(drops)
    fewer = search(config(budget=12, select_images=5))()
    assert fewer.select_images == 5


def test_who_is_judged_is_decided_before_an_image_that_selects_is_looked_at(
    search, dataset, monkeypatch
) -> None:
    """Every oracle of a search is recorded: the race's are of images that nothing else has used."""
    looked_at: list[set[bytes]] = []
    real = SearchRun._emulated

    def recorded(self, images, labels):
        looked_at.append({image.tobytes() for image in images})
        return real(self, images, labels)

    monkeypatch.setattr(SearchRun, "_emulated", recorded)
    result = search(config(budget=12), SearchTuning(race_least=2))()
    assert result.race is not None and result.race.images > 0
    assert any(point.race is not None for point in result.designs)
    parts = roles(dataset)
    select, test, searched = (
        {image.tobytes() for image in split.images}
        for split in (parts.select, parts.test, parts.proposing(40))
    )
    *before, judges, tests = looked_at
    assert (judges, tests) == (select, test)
    assert not any(images & (select | test) for images in before)
    raced = [images for images in before if not images <= searched]
    assert raced and not any(images & searched for images in raced)
    # With the usual numbers there are too few images for a race.
    usual = search(config(budget=12))()
    assert usual.race is not None and usual.race.images == 0


def test_low_fidelity_evaluations_count_towards_the_budget(search) -> None:
    result = search(config(budget=12))()
    (price,) = result.low_fidelity
    assert 0 < price.images <= 16
    assert result.evaluations + price.evaluations <= 12


def test_once_all_assignments_were_evaluated_later_searches_have_their_front(search) -> None:
    known = search(config(algorithm="exhaustive", budget=81))().exhaustive
    assert known is not None and known.assignments == 81
    points = np.array([known.accuracy_drops, known.objectives]).T
    assert pareto(points).tolist() == list(range(len(points)))
    result = search(config(budget=12))()
    assert result.evaluations <= 12
    assert result.exhaustive == known
    # No evaluated design is better than all assignments are.
    for point in result.designs:
        as_good = points[points[:, 0] <= point.accuracy_drop + 1e-4]
        assert as_good[:, 1].min() <= point.metrics[result.objective] * (1 + 1e-5)


def test_evaluations_of_other_code_are_not_used(search, tmp_path) -> None:
    old = tmp_path / "scratch" / "evaluations-0123.npz"
    old.write_bytes(b"of another version")
    search(config(budget=4))()
    assert not old.exists()
    (path,) = (tmp_path / "scratch").glob("evaluations-*.npz")
    assert path.stat().st_size


def test_what_can_be_refused_at_once_is(search) -> None:
    with pytest.raises(UserError, match=r"search.algorithm: There are 4.8e\+06 assignments"):
        search(config(algorithm="exhaustive", granularity="filter"))
    with pytest.raises(ValueError, match="config must have a search"):
        search(config().model_copy(update={"search": None}))
