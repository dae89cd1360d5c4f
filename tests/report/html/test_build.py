"""The content of a report, from a run."""

from __future__ import annotations

from pathlib import Path

from hawx_hw.pipeline.stage import Outcome
from hawx_hw.report.html.build import report_content
from hawx_hw.report.summary import summarize
from hawx_hw.util.yaml_text import read_yaml
from tests.report.html.pages import BUILT, CONFIG, whole_content
from tests.report.samples import DRAWING, QUANTIZE, VERIFY, build_folder


def test_a_whole_run_has_every_section(tmp_path: Path) -> None:
    content = whole_content(tmp_path)
    assert content.front is not None and content.scores is not None
    assert content.machine is not None
    assert len(content.bars) == 3
    assert len(content.outside) == 3
    assert set(content.tables) == {"verdict", "predictions", "machine", "costs"}
    assert dict(content.proofs)["verification"].startswith("20 images bit-exact")
    times = dict(content.reproduce)["time of the stages, when they last ran"]
    assert times == "emit 2.5 s; 2 s together"
    assert content.missing == ()
    assert read_yaml(content.config)["network"]["model"] == "lenet5"


def test_accuracy_against_the_scores_with_its_error(tmp_path: Path) -> None:
    content = whole_content(tmp_path)
    assert content.accuracy is not None
    assert content.accuracy_text == (
        "The search evaluated 3 assignments on 100 training images. Predicted from its hawx(model) "
        "and the other evaluations, the accuracy of each is off by 0.20 percentage points on "
        "average; 2 of 3 lie within their interval of 90 %."
    )


def test_what_is_missing_is_named_with_the_command_that_makes_it(tmp_path: Path) -> None:
    build_folder(tmp_path, QUANTIZE, BUILT, DRAWING, VERIFY)
    outcomes = [Outcome(stage, ran=True, seconds=1.0) for stage in ("quantize", "emit", "verify")]
    content = report_content(summarize(tmp_path, outcomes), CONFIG, path="tiny.yaml")
    missing = {each.section: each.command for each in content.missing}
    assert missing["front"] == "hawx run tiny.yaml --until search"
    assert missing["cycles and energy"] == "hawx run tiny.yaml --until power"
    assert "proofs" not in missing
    content = report_content(summarize(tmp_path, outcomes), CONFIG, path="tiny.yaml", index=1)
    missing = {each.section: each.command for each in content.missing}
    assert missing["cycles and energy"] == "hawx run tiny.yaml --index 1 --until power"
    assert missing["flows"] == "hawx flow list; hawx flow ecp5 tiny.yaml --index 1"
    plain = CONFIG.model_copy(update={"search": None})
    content = report_content(summarize(tmp_path, outcomes), plain, path="tiny.yaml")
    assert "front" not in {each.section for each in content.missing}
