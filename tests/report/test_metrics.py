"""The numbers of summary.json: each is that of a stage's file, or null."""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hawx_hw.config.search import SearchConfig
from hawx_hw.errors import UserError
from hawx_hw.power.references import ReferencesResult
from hawx_hw.report.metrics import summary_result
from hawx_hw.report.result import SummaryResult
from hawx_hw.search.bound import Paired
from hawx_hw.search.pick import choose
from hawx_hw.search.result import DesignPoint, DropEstimate, SearchFile, load_result, save_result
from tests.report.samples import (
    ACCELERATOR,
    ASSIGN,
    EMIT,
    POWER,
    PREDICT,
    QUANTIZE,
    REFERENCES,
    STALLED,
    SYNTH,
    VERIFY,
    build_folder,
)
from tests.search.small import design_point, search_result

SEARCH = SearchConfig.model_validate({"constraints": {"accuracy_drop": 0.5, "confidence": 0.9}})
EXACT = design_point((0,), 0.0, {"energy_nj": 100.0}, selection=Paired(5000, 0, 0))
LOWER = design_point(
    (1,), 0.1, {"energy_nj": 80.0}, ["precision(w=6,a=6)"], selection=Paired(5000, 5, 2)
)
MIXED = design_point(
    (2,),
    0.2,
    {"energy_nj": 70.0},
    ["a", "b"],
    selection=Paired(5000, 6, 1),
    estimate=DropEstimate(0.15, -0.1, 0.4),
)


def summary(
    folder: Path, *stages: str, search: SearchConfig | None = None, index: int | None = None
) -> SummaryResult:
    """The summary of a folder whose stages are up to date; ``pick`` chose the point ``index``."""
    if "pick" in stages:
        accelerator = {"architecture": "systolic"}
        design = {"schema": 2, "accelerator": accelerator, "assignment": {}, "index": index}
        (folder / "design.json").write_text(json.dumps(design))
    config: Any = SimpleNamespace(
        name="tiny", accelerator=SimpleNamespace(architecture="systolic"), search=search
    )
    return summary_result(config, folder, stages)


def searched(folder: Path, *front: DesignPoint, **more: Any) -> Path:
    result = search_result(
        front, uniform=(EXACT, LOWER), select_images=5000, granularity="filter", **more
    )
    save_result(result, folder)
    return folder


def test_nothing_is_known_before_the_first_stage(tmp_path: Path) -> None:
    result = summary(tmp_path)
    assert (result.name, result.architecture, result.stages) == ("tiny", "systolic", ())
    content = result.as_dict()
    for key in ("name", "architecture", "stages"):
        del content[key]
    sections = [content.pop("source"), content["energy_nj"].pop("source")]
    sections += [content.pop("energy_nj"), content.pop("accuracy"), content]
    # Never a zero, and no key is left out.
    assert {value for section in sections for value in section.values()} == {None}
    assert len(content) == len(SummaryResult.model_fields) - 6


def test_without_a_search_each_number_is_that_of_the_stage(tmp_path: Path) -> None:
    build_folder(tmp_path, QUANTIZE, ACCELERATOR, ASSIGN, PREDICT, EMIT, VERIFY, SYNTH, POWER)
    build_folder(tmp_path, REFERENCES, SearchFile(search=None))
    stages = ("quantize", "search", "pick", "assign", "predict", "emit", "verify", "synth")
    result = summary(tmp_path, *stages, "power", "references")
    test = result.accuracy.test
    assert test is not None
    assert (test.images, test.in_float, test.exact) == (10_000, 0.9931, 0.9928)
    # Of the network that is built, not as the search evaluated it.
    assert test.chosen == 0.985
    assert (result.accuracy.bound, result.search) == (None, None)
    energy = result.energy_nj
    assert (energy.exact, energy.chosen, energy.lower_precision) == (200.0, 200.0, None)
    assert energy.source.as_dict() == {
        "exact": "measured", "chosen": "measured", "lower_precision": None,
    }  # fmt: skip
    assert (result.multipliers, result.cycles, result.verified_images) == (32, 8906, 20)
    assert (result.clock_mhz, result.latency_us, result.power_mw) == (500.0, 20.0, 10.0)
    assert (result.area_um2, result.longest_path_ns) == (83_394.192, 2.1264)
    assert set(result.source.as_dict().values()) == {"measured"}
    assert (result.technology, result.memory_model) == ("generic45", "published")
    assert result.accelerator == "8 x 4 array, 32 PEs"
    assert result.blocks is not None
    assert [(b.name, b.implementation, b.instances) for b in result.blocks] == [
        ("exact", "tree", 64), ("drum(k=4)", "multiply", 24),
    ]  # fmt: skip
    assert result.images is not None
    assert result.images.as_dict() == {
        "learn": 50_004, "select": 9_996, "test": 10_000, "select_unseen": True,
    }  # fmt: skip
    design = (tmp_path / "design.json").read_bytes()
    assert result.design_sha256 == sha256(design).hexdigest()


def test_what_was_not_measured_is_predicted_and_says_so(tmp_path: Path) -> None:
    build_folder(tmp_path, PREDICT, SYNTH)
    result = summary(tmp_path, "predict")
    assert (result.cycles, result.clock_mhz, result.latency_us) == (8906, 100.0, 12.34)
    assert (result.power_mw, result.area_um2, result.longest_path_ns) == (9.8, 100_000.0, 2.0)
    assert set(result.source.as_dict().values()) == {"predicted"}
    assert (result.energy_nj.chosen, result.energy_nj.source.chosen) == (300.0, "predicted")
    result = summary(tmp_path, "predict", "synth")
    assert (result.source.area_um2, result.source.longest_path_ns) == ("measured", "measured")
    assert (result.source.power_mw, result.area_um2) == ("predicted", 83_394.192)


def test_of_a_search_the_bound_of_the_choice_and_predicted_energies(tmp_path: Path) -> None:
    searched(tmp_path, EXACT, LOWER, MIXED, memory_model="published")
    result = summary(tmp_path, "search", "pick", search=SEARCH, index=2)
    bound, chosen = result.accuracy.bound, choose(load_result(tmp_path), 0.5, {}, 0.9)
    assert bound is not None and chosen.bound is not None
    assert bound.drop == pytest.approx(0.1) and 0.1 < bound.upper < 0.5
    assert (bound.upper, bound.finalists) == (chosen.bound.upper, chosen.bound.finalists)
    assert (bound.most, bound.confidence, bound.images) == (0.5, 0.9, 5000)
    assert (bound.holds, bound.images_needed) == (True, None)
    energy = result.energy_nj
    assert (energy.exact, energy.chosen, energy.lower_precision) == (100.0, 70.0, 80.0)
    assert set(energy.source.as_dict().values()) == {"predicted"}
    assert result.memory_model == "published"
    assert result.search is not None
    assert result.search.as_dict() == {
        "objective": "energy_nj", "granularity": "filter", "evaluations": 3, "images": 100,
        "front": 3, "designs": 3, "index": 2, "accuracy_drop": 0.2,
    }  # fmt: skip
    assert result.accuracy.estimate is not None
    assert result.accuracy.estimate.as_dict() == {"drop": 0.15, "low": -0.1, "high": 0.4}


def test_a_design_behind_the_front_is_found_by_its_number(tmp_path: Path) -> None:
    searched(tmp_path, EXACT, LOWER, behind=(MIXED,))
    result = summary(tmp_path, "search", "pick", search=SEARCH, index=2)
    assert result.energy_nj.chosen == 70.0
    assert result.search is not None
    assert (result.search.front, result.search.designs) == (2, 3)


def test_an_undecided_bound_says_how_many_images_would_decide(tmp_path: Path) -> None:
    front = [replace(point, selection=Paired(300, 0, 0)) for point in (EXACT, MIXED)]
    searched(tmp_path, *front)
    bound = summary(tmp_path, "search", "pick", search=SEARCH, index=1).accuracy.bound
    assert bound is not None and not bound.holds
    assert bound.upper > 0.5 and bound.images_needed is not None and bound.images_needed > 300


def test_of_a_search_that_has_chosen_nothing_yet(tmp_path: Path) -> None:
    searched(tmp_path, EXACT, LOWER, MIXED)
    result = summary(tmp_path, "search", search=SEARCH)
    assert result.search is not None
    assert (result.search.index, result.search.accuracy_drop) == (None, None)
    assert (result.accuracy.bound, result.energy_nj.exact) == (None, None)


@pytest.mark.parametrize(
    ("index", "energies"), [(0, (200.0, 200.0, 80.0)), (1, (100.0, 200.0, 200.0))]
)
def test_a_design_that_is_its_own_rival_has_one_energy(
    tmp_path: Path, index: int, energies: tuple[float, float, float]
) -> None:
    """Its own, measured: the stage references does not measure it once more."""
    searched(tmp_path, EXACT, LOWER, MIXED)
    build_folder(tmp_path, POWER, ReferencesResult(designs=()))
    stages = ("search", "pick", "power", "references")
    energy = summary(tmp_path, *stages, search=SEARCH, index=index).energy_nj
    assert (energy.exact, energy.chosen, energy.lower_precision) == energies
    kinds = {200.0: "measured"}
    assert (energy.source.exact, energy.source.lower_precision) == tuple(
        kinds.get(energies[place], "predicted") for place in (0, 2)
    )


def test_the_same_blocks_on_another_accelerator_are_another_design(tmp_path: Path) -> None:
    searched(tmp_path, EXACT, replace(LOWER, accelerator=0))
    build_folder(tmp_path, POWER)
    energy = summary(tmp_path, "search", "pick", "power", search=SEARCH, index=1).energy_nj
    assert (energy.chosen, energy.lower_precision) == (200.0, 80.0)


def test_measured_rivals_by_what_they_are(tmp_path: Path) -> None:
    searched(tmp_path, EXACT, LOWER, MIXED)
    (exact,) = REFERENCES.designs
    power = POWER.model_copy(update={"energy_pj": 150_000.0})
    lower = exact.model_copy(
        update={"what": "lower precision alone: precision(w=6,a=6)", "power": power}
    )
    build_folder(tmp_path, POWER, ReferencesResult(designs=(lower, exact)))
    stages = ("search", "pick", "power", "references")
    energy = summary(tmp_path, *stages, search=SEARCH, index=2).energy_nj
    assert (energy.exact, energy.lower_precision) == (200.0, 150.0)
    assert set(energy.source.as_dict().values()) == {"measured"}


def test_a_search_of_multipliers_alone_knows_no_energy_of_an_image(tmp_path: Path) -> None:
    front = [replace(point, metrics={"energy_pj": 3.0}) for point in (EXACT, MIXED)]
    save_result(replace(search_result(tuple(front)), objective="energy_pj"), tmp_path)
    result = summary(tmp_path, "search", "pick", search=SEARCH, index=1)
    assert (result.energy_nj.chosen, result.energy_nj.source.chosen) == (None, None)


def test_an_exact_design_is_as_accurate_as_the_integer_network(tmp_path: Path) -> None:
    assign = ASSIGN.model_copy(update={"exact": True, "accuracy": None})
    build_folder(tmp_path, QUANTIZE, assign, POWER)
    result = summary(tmp_path, "quantize", "assign", "power")
    assert result.accuracy.test is not None and result.accuracy.test.chosen == 0.9928
    assert result.accuracy.test.before_retraining is None
    assert (result.energy_nj.exact, result.energy_nj.source.exact) == (200.0, "measured")
    before = summary(tmp_path, "quantize")
    assert before.accuracy.test is not None and before.accuracy.test.chosen is None


def test_a_retrained_network_has_two_accuracies(tmp_path: Path) -> None:
    accuracy = ASSIGN.accuracy.model_copy(update={"compensated": 0.8})
    build_folder(tmp_path, QUANTIZE, ASSIGN.model_copy(update={"accuracy": accuracy}))
    test = summary(tmp_path, "quantize", "assign").accuracy.test
    assert test is not None and (test.chosen, test.before_retraining) == (0.985, 0.8)


@pytest.mark.parametrize("change", [{"mismatches": 1}, {"scenarios": STALLED}])
def test_nothing_was_verified_where_something_differs(tmp_path: Path, change) -> None:
    build_folder(tmp_path, VERIFY.model_copy(update=change))
    assert summary(tmp_path, "verify").verified_images is None


def test_cycles_of_the_gates_where_none_were_simulated(tmp_path: Path) -> None:
    build_folder(tmp_path, VERIFY.model_copy(update={"cycles_per_image": None}), POWER)
    assert summary(tmp_path, "verify", "power").cycles == 10_000


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "verify.json").write_text('{"schema": 2, "images": "many"}')
    with pytest.raises(UserError) as caught:
        summary(tmp_path, "verify")
    assert caught.value.where == str(tmp_path / "verify.json")
