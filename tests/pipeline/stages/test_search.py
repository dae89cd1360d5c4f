"""From scores to a design: the stages profile, search and pick."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hawx_hw.errors import UserError
from hawx_hw.scores.profile import load_profile
from hawx_hw.search.differences import Differences
from hawx_hw.search.oracle import EmulatedOracle
from hawx_hw.search.result import SearchResult, load_result
from tests.pipeline.conftest import run_stages, started

#: Blocks whose metrics come with the predictors: nothing is synthesized.
SEARCH = """columns: 4
search:
  blocks: ["precision(w=4,a=4)", "array(2,2,7)"]
  budget: 9
  images: 30
  profile_images: 16
  shapes: [{rows: 4, columns: 4}, {rows: 2, columns: 4}]
  constraints: {accuracy_drop: 100}
"""


@pytest.fixture(scope="module")
def profiled(quantized: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with the stage ``profile`` up to date; not to be changed."""
    folder = tmp_path_factory.mktemp("profiled")
    shutil.copytree(quantized, folder, dirs_exist_ok=True)
    config = folder / "tiny.yaml"
    config.write_text(config.read_text().replace("columns: 4\n", SEARCH))
    run_stages(folder, "profile")
    return folder


@pytest.fixture(scope="module")
def searched_once(profiled: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with its search done and its design built; not to be changed."""
    return started(profiled, tmp_path_factory.mktemp("searched"), "assign")


@pytest.fixture
def searching(profiled: Path, tmp_path: Path) -> Path:
    """A project of the test's own that can be searched."""
    shutil.copytree(profiled, tmp_path, dirs_exist_ok=True)
    return tmp_path


@pytest.fixture
def searched(searched_once: Path, tmp_path: Path) -> Path:
    """A project of the test's own with the design of a search."""
    shutil.copytree(searched_once, tmp_path, dirs_exist_ok=True)
    return tmp_path


def ran(outcomes) -> list[str]:
    return [outcome.stage for outcome in outcomes if outcome.ran]


def read(project: Path, name: str) -> dict[str, Any]:
    return json.loads((project / "build" / name).read_text("utf-8"))


def result_of(project: Path) -> SearchResult:
    return load_result(project / "build")


def untimed(result: SearchResult) -> SearchResult:
    prices = tuple(replace(price, seconds=0.0) for price in result.low_fidelity)
    return replace(result, seconds=0.0, evaluation_seconds=0.0, low_fidelity=prices)


def test_a_design_is_chosen_and_built_as_it_was_run(searched: Path) -> None:
    result, design = result_of(searched), read(searched, "design.json")
    assert result.evaluations <= 9
    assert result.granularity == "filter" and result.test_images
    assert len(result.uniform) == 3
    point = result.front[design["index"]]
    # All constraints are loose: the least energy.
    assert point.metrics["energy_nj"] == min(p.metrics["energy_nj"] for p in result.front)
    assert point.accelerator is not None
    assert design["accelerator"] == result.accelerators[point.accelerator].hardware()
    assert design["assignment"] == point.assignment
    profile = load_profile(searched / "build" / "scores.npz")
    assert profile.units == len(point.vector)
    # The search's graph is made again to the bit; it is the one that images selected.
    assigned = read(searched, "assign.json")
    assert assigned["accuracy"]["searched"] == point.test_accuracy
    seen = assigned["training"]
    assert (seen["images"], seen["by_filter"]) == (30, point.accuracy)
    assert "compensation" not in assigned or not assigned["compensation"]
    assert assigned["accuracy"]["assigned"] == point.test_accuracy
    assert result.select_images == 9
    assert all(point.selection.images == 9 for point in (*result.designs, *result.uniform))


def test_the_search_predicts_as_the_stage_predict_does(searched: Path, run) -> None:
    run(searched, "predict")
    prediction = read(searched, "predict.json")["prediction"]
    point = result_of(searched).front[read(searched, "design.json")["index"]]
    # Biases that are compensated layer after layer may need a bit more or less in the adders.
    assert prediction["energy_pj"]["value"] / 1000 == pytest.approx(
        point.metrics["energy_nj"], rel=0.01
    )
    assert prediction["area"]["value"] == pytest.approx(point.metrics["area_um2"], rel=0.01)
    assert prediction["cycles"] == point.metrics["cycles"]
    model = read(searched, "predict.json")["technology"]["memory_model"]
    assert model == result_of(searched).memory_model == "published"


def test_the_summary_has_the_numbers_of_the_stages(searched: Path, run, edit) -> None:
    run(searched, "predict")
    summary, result = read(searched, "summary.json"), result_of(searched)
    design, known = read(searched, "design.json"), read(searched, "quantize.json")["accuracy"]
    point = result.designs[design["index"]]
    assert summary["search"]["index"] == design["index"]
    assert summary["search"]["evaluations"] == result.evaluations
    assert summary["search"]["designs"] == len(result.designs)
    assert summary["accuracy"]["test"] == {
        "images": 12,
        "float": known["float"],
        "exact": known["int8"],
        "chosen": read(searched, "assign.json")["accuracy"]["assigned"],
        "before_retraining": None,
    }
    bound = summary["accuracy"]["bound"]
    assert (bound["images"], bound["most"], bound["holds"]) == (9, 100, True)
    assert bound["drop"] == (0.0 if point.exact else point.unseen_drop) <= bound["upper"]
    assert summary["accuracy"]["estimate"]["drop"] == point.estimated_drop
    energy, exact = summary["energy_nj"], next(p for p in result.uniform if p.exact)
    predicted = read(searched, "predict.json")["prediction"]
    assert energy["chosen"] == pytest.approx(predicted["energy_pj"]["value"] / 1000)
    assert energy["exact"] == exact.metrics["energy_nj"] > energy["chosen"]
    assert energy["lower_precision"] in [p.metrics["energy_nj"] for p in result.uniform[1:]]
    assert set(energy["source"].values()) == {"predicted"}
    assert (summary["cycles"], summary["source"]["cycles"]) == (predicted["cycles"], "predicted")
    assert (summary["multipliers"], summary["verified_images"]) == (None, None)
    # Of the config, not of the results that another one left.
    edit(searched, "budget: 9", "budget: 8")
    run(searched, "quantize")
    after = read(searched, "summary.json")
    assert (after["stages"], after["search"]) == (["quantize", "accelerator", "profile"], None)
    assert after["energy_nj"]["chosen"] is None


def test_a_changed_constraint_runs_no_search(searched: Path, run, edit) -> None:
    run(searched, "assign")
    edit(searched, "accuracy_drop: 100", "accuracy_drop: 99")
    # The same point: nothing after it is made anew.
    assert ran(run(searched, "assign")) == ["pick"]
    area = min(p.metrics["area_um2"] for p in result_of(searched).front)
    edit(searched, "accuracy_drop: 99", f"accuracy_drop: 99, area_um2: {area}")
    outcomes = ran(run(searched, "assign"))
    assert outcomes[0] == "pick" and "search" not in outcomes
    design = read(searched, "design.json")
    assert design["accelerator"]["rows"] == 2


def test_a_point_can_be_named(searched: Path, run, edit) -> None:
    run(searched, "pick")
    count = len(result_of(searched).designs)
    for index in (0, count - 1):
        before = "budget: 9" if index == 0 else "index: 0\n  budget: 9"
        edit(searched, before, f"index: {index}\n  budget: 9")
        assert ran(run(searched, "pick")) == ["pick"]
        assert read(searched, "design.json")["index"] == index
    edit(searched, f"index: {count - 1}", f"index: {count}")
    with pytest.raises(UserError, match=rf"search.index: The search has no point {count}"):
        run(searched, "pick")


def test_constraints_that_nothing_meets_lose_no_result(searched: Path, run, edit) -> None:
    edit(searched, "accuracy_drop: 100", "energy_nj: 0.001")
    with pytest.raises(UserError, match=r"search.constraints.*No design of the front meets"):
        run(searched, "pick")
    assert result_of(searched).front
    edit(searched, "energy_nj: 0.001", "accuracy_drop: 99")
    assert ran(run(searched, "pick")) == ["pick"]


def test_evaluations_are_used_again(searching: Path, run, edit, monkeypatch) -> None:
    requested: list[bytes] = []
    real = EmulatedOracle.measure

    def counted(self, vectors):
        if self.images == 30:
            requested.extend(vector.tobytes() for vector in np.atleast_2d(vectors))
        return real(self, vectors)

    monkeypatch.setattr(EmulatedOracle, "measure", counted)
    edit(searching, "budget: 9", "budget: 5")
    run(searching, "search")
    assert len(requested) == result_of(searching).evaluations <= 5
    first = len(requested)
    edit(searching, "budget: 5", "budget: 9")
    run(searching, "search")
    # With another budget it may not need all of those that the first one made.
    assert first < len(requested) == len(set(requested))
    assert first < result_of(searching).evaluations <= len(requested)


def test_the_same_config_gives_the_same_front(searched: Path, run) -> None:
    run(searched, "pick")
    first, design = result_of(searched), (searched / "build/design.json").read_bytes()
    picture = (searched / "build" / "front.svg").read_bytes()
    (searched / "build" / "search.json").unlink()
    assert "search" in ran(run(searched, "pick"))
    assert untimed(result_of(searched)) == untimed(first)
    assert (searched / "build" / "design.json").read_bytes() == design
    assert (searched / "build" / "front.svg").read_bytes() == picture


@pytest.mark.parametrize("algorithm", [pytest.param("random", marks=pytest.mark.slow), "greedy"])
def test_other_searches_end_in_designs_too(searching: Path, run, edit, algorithm: str) -> None:
    edit(searching, "budget: 9", f"algorithm: {algorithm}\n  budget: 9")
    run(searching, "pick")
    result = result_of(searching)
    assert result.algorithm == algorithm
    assert result.evaluations <= 9
    assert all(set(p.metrics) >= {"energy_nj", "area_um2"} for p in result.front)


def test_multiplications_alone_need_no_predictors(searching: Path, run, edit) -> None:
    edit(searching, "budget: 9", "objective: multiplier_energy\n  budget: 9")
    run(searching, "pick")
    result = result_of(searching)
    assert result.objective == "energy_pj"
    assert result.memory_model is None
    assert result.accelerators == ()
    assert read(searching, "design.json")["accelerator"]["rows"] == 4


def test_a_mixture_is_verified(searching: Path, run, edit, monkeypatch) -> None:
    """Some point with several blocks, down to the simulated Verilog."""

    def measured(self, vectors):
        """The small network does not depend on its blocks: more exact units are better here."""
        exact = np.mean(np.atleast_2d(vectors) == 0, axis=1)
        return np.rint(self.exact * exact).astype(np.int64), self.exact_expected * exact

    def differences(self, vectors, progress=None):
        lost = np.rint(1000 * np.mean(vectors != 0, axis=1))
        right = np.arange(1000) >= lost[:, None]
        return Differences.of(np.ones(1000, dtype=bool), right)

    with monkeypatch.context() as patch:
        patch.setattr(EmulatedOracle, "measure", measured)
        patch.setattr(EmulatedOracle, "differences", differences)
        run(searching, "search")
    front = result_of(searching).front
    index = next(i for i, point in enumerate(front) if len(set(point.vector)) > 1)
    edit(searching, "budget: 9", f"index: {index}\n  budget: 9")
    run(searching, "verify")
    report = read(searching, "verify.json")
    assert (report["stage"], report["mismatches"]) == ("verify", 0)
    assert (report["images"], report["traced"]) == (2, 1)
    cycles = report["cycles_per_image"]
    assert cycles == report["cycles_predicted"] == front[index].metrics["cycles"]
    assert sum(entry["cycles"] for entry in report["ledger"]) == cycles
    array = read(searching, "program.json")["array"]
    assert report["utilization"] == report["macs"] / (array["rows"] * array["columns"] * cycles)
    assert not any(outcome.ran for outcome in run(searching, "verify"))


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        (
            "budget: 9",
            "algorithm: exhaustive\n  budget: 9",
            "search.algorithm: There are .* more th",
        ),
        ("columns: 4\nsearch", "columns: 4\n  activation_kib: 1\nsearch", "activation_kib"),
    ],
)
def test_what_only_a_network_shows_is_refused(
    searching: Path, run, edit, before, after, message
) -> None:
    edit(searching, before, after)
    with pytest.raises(UserError, match=message):
        run(searching, "search")
    assert not (searching / "build" / "search.json").exists()


def test_no_search_builds_the_blocks_of_the_config(project: Path, run) -> None:
    run(project, "pick")
    assert read(project, "design.json")["index"] is None
    assert read(project, "design.json")["assignment"] == {"blocks": {}, "layers": {}}
    assert read(project, "search.json")["search"] is None
    assert not (project / "build" / "scores.npz").exists()


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("search:\n", "blocks: drum(k=4)\nsearch:\n", r":10: blocks: blocks gives the blocks"),
        ('["precision(w=4,a=4)", "array(2,2,7)"]', "[drum]", "search.blocks.0"),
        ("rows: 4, columns: 4}", "rows: 2, columns: 4}", "search.*A variant is listed twice"),
        ("rows: 2, columns: 4}", "rows: 0, columns: 4}", "search.variants.1.rows"),
        ("budget: 9", "budgets: 9", "Did you mean budget"),
        ("profile_images: 16", "profile_images: 1", "search.profile_images"),
        ('["precision(w=4,a=4)", "array(2,2,7)"]', "[exact]", "no block beside the exact one"),
        (
            "columns: 4\nsearch",
            "columns: 4\n  slice_columns: 4\n  lanes: 3\nsearch",
            "accelerator.requantizers",
        ),
    ],
)
def test_bad_configs(new_project: Path, run, edit, before: str, after: str, message: str) -> None:
    edit(new_project, "columns: 4\n", SEARCH)
    edit(new_project, before, after)
    with pytest.raises(UserError, match=message):
        run(new_project, "search")
    assert not (new_project / "build" / "quantized.npz").exists()


def test_the_front_of_all_assignments_is_drawn_if_known(searching: Path, run, edit) -> None:
    """Once every assignment was run, pictures of later searches have them behind."""
    edit(searching, ', "array(2,2,7)"]', "]")
    edit(searching, "budget: 9", "granularity: layer\n  budget: 9")
    run(searching, "search")
    assert "all assignments" not in (searching / "build" / "front.svg").read_text()
    edit(searching, "budget: 9", "algorithm: exhaustive\n  budget: 32")
    run(searching, "search")
    assert result_of(searching).evaluations == 32
    edit(searching, "algorithm: exhaustive\n  budget: 32", "budget: 9")
    run(searching, "search")
    assert result_of(searching).evaluations <= 9
    assert "all assignments" in (searching / "build" / "front.svg").read_text()
