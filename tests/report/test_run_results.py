import json
from pathlib import Path

import pytest

from hawx_hw.design.sources import accelerator_digest
from hawx_hw.errors import UserError
from hawx_hw.report.run_results import load_results
from hawx_hw.retraining.result import RetrainedDesign, RetrainResult, Seen
from hawx_hw.scores.profiling import ProfileFile
from hawx_hw.search.result import SearchFile, save_result
from hawx_hw.search.retrained import load_candidates
from tests.flows.test_result import PASSED
from tests.flows.test_result import result as flow_result
from tests.report.samples import (
    ACCELERATOR,
    ASSIGN,
    EMIT,
    NO_RETRAINING,
    POWER,
    PREDICT,
    QUANTIZE,
    SYNTH,
    VERIFY,
    build_folder,
)
from tests.search.small import design_point, search_result

STAGES = (
    "quantize", "accelerator", "profile", "search", "retrain", "pick", "assign", "predict",
    "emit", "verify", "synth", "power",
)  # fmt: skip
EXACT = design_point((0, 0), 0.0, {"energy_nj": 9.0})
EVERY = search_result((EXACT, design_point((1, 0), 1.0, {"energy_nj": 5.0}, ["drum(k=4)"])))
NO_SEARCH = (ProfileFile(profile=None), SearchFile(search=None))
DESIGN = {
    "schema": 2,
    "accelerator": {"architecture": "systolic"},
    "assignment": {},
    "index": None,
}


def test_every_stage(tmp_path: Path) -> None:
    build_folder(tmp_path, QUANTIZE, ACCELERATOR, *NO_SEARCH, ASSIGN, PREDICT)
    build_folder(tmp_path, EMIT, VERIFY, SYNTH, POWER, NO_RETRAINING)
    (tmp_path / "design.json").write_text(json.dumps(DESIGN))
    results = load_results(tmp_path, STAGES)
    assert (results.quantize, results.accelerator) == (QUANTIZE, ACCELERATOR)
    assert (results.profile, results.search) == NO_SEARCH
    assert (results.retrain, results.index) == (NO_RETRAINING, None)
    assert (results.assign, results.predict, results.emit) == (ASSIGN, PREDICT, EMIT)
    assert (results.verify, results.synth, results.power) == (VERIFY, SYNTH, POWER)
    content = json.loads(json.dumps(results.as_dict()))
    assert list(content) == list(STAGES)
    assert content["pick"] == {"index": None}
    assert content["search"] == {"search": None}
    assert content["quantize"]["accuracy"] == {"float": 0.9931, "int8": 0.9928, "images": 10_000}
    assert "modules" not in content["power"] and content["power"]["energy_pj"] == 200_000.0


def test_the_picked_point(tmp_path: Path) -> None:
    (tmp_path / "design.json").write_text(json.dumps(DESIGN | {"index": 1}))
    results = load_results(tmp_path, ("pick",))
    assert results.index == 1
    assert results.as_dict() == {"pick": {"index": 1}}


def test_only_the_stages_of_the_run_are_read(tmp_path: Path) -> None:
    build_folder(tmp_path, QUANTIZE, VERIFY)
    results = load_results(tmp_path, ("quantize",))
    assert results.quantize == QUANTIZE
    assert results.verify is None
    assert set(results.as_dict()) == {"quantize"}


def test_retrained_designs_of_the_run_alone(tmp_path: Path) -> None:
    """Those of an earlier run, whose search was another one, are not read."""
    save_result(EVERY, tmp_path)
    designs = (retrained_design(),)
    RetrainResult(designs=designs).write(tmp_path)
    alone = load_results(tmp_path, ("search",))
    assert alone.search is not None and alone.search.search == EVERY
    both = load_results(tmp_path, ("search", "retrain"))
    assert both.search is not None and both.search.search.retrained[0].retrained
    assert both.search.search == load_candidates(tmp_path)


def retrained_design() -> RetrainedDesign:
    seen = Seen(images=100, exact=0.9, before=0.5, after=0.8, lost=10, gained=0)
    return RetrainedDesign(
        index=1, number=len(EVERY.designs), blocks=EVERY.designs[1].blocks, files="retrained/0",
        select=seen, test=seen, searched=seen,
    )  # fmt: skip


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "verify.json").write_text('{"schema": 2, "images": "many"}')
    with pytest.raises(UserError) as caught:
        load_results(tmp_path, ("verify",))
    assert caught.value.where == str(tmp_path / "verify.json")


def test_flows_of_this_accelerator_alone(tmp_path: Path) -> None:
    build_folder(tmp_path, EMIT)
    for name in ("rtl", "mem", "flows/own", "flows/earlier"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "rtl" / "filelist.f").write_text("")
    (tmp_path / "mem" / "a.hex").write_text("0\n")
    flow = flow_result(PASSED)
    own = flow.model_copy(update={"accelerator_sha256": accelerator_digest(tmp_path)})
    own.write(tmp_path / "flows" / "own")
    flow.write(tmp_path / "flows" / "earlier")
    results = load_results(tmp_path, ("emit",))
    assert results.flows == {"own": own}
    assert list(results.as_dict()) == ["emit", "flows"]
    build_folder(tmp_path, QUANTIZE)
    assert load_results(tmp_path, ("quantize",)).flows == {}
