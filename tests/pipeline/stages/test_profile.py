"""The stage profile: scores for a search, and nothing without one."""

from __future__ import annotations

import json
from pathlib import Path

from hawx_hw.scores.profiling import load_profiling

SEARCH = """columns: 4
search:
  blocks: ["precision(w=4,a=4)"]
  images: 12
  profile_images: 4
"""


def test_scores_are_of_the_searchs_images_and_blocks(project: Path, run, edit) -> None:
    edit(project, "columns: 4\n", SEARCH)
    run(project, "profile")
    profiling = load_profiling(project / "build")
    report = profiling.report
    assert report.blocks == ("exact", "precision(w=4,a=4)")
    assert (report.images, profiling.weights.sum()) == (4, 12.0)
    assert profiling.profile.shifts.shape[:3] == (report.units, 2, 4)
    content = json.loads((project / "build" / "profile.json").read_text())
    assert content["stage"] == "profile" and "torch" in content["versions"]


def test_without_a_search_nothing_is_profiled(project: Path, run) -> None:
    run(project, "profile")
    content = json.loads((project / "build" / "profile.json").read_text())
    assert content["profile"] is None
    assert not (project / "build" / "scores.npz").exists()


def test_compensation_of_the_config_is_that_of_the_profile(project: Path, run, edit) -> None:
    edit(project, "columns: 4\n", SEARCH + "compensation: {bias: false, weights: none}\n")
    run(project, "profile")
    profile = load_profiling(project / "build").profile
    assert (profile.bias_correction, profile.weight_choice) == (False, "none")
