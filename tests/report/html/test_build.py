"""The content of a report, from a run."""

from __future__ import annotations

import base64
from pathlib import Path

from hawx_hw.pipeline.stage import Outcome
from hawx_hw.report.html.build import report_content
from hawx_hw.report.summary import summarize
from hawx_hw.util.yaml_text import read_yaml
from tests.report.html.pages import CONFIG, whole_content
from tests.report.samples import EMIT, QUANTIZE, VERIFY, build_folder


def test_a_whole_run_has_every_section(tmp_path: Path) -> None:
    content = whole_content(tmp_path)
    assert content.front is not None and content.scores is not None
    assert content.machine is not None
    assert len(content.bars) == 3
    assert set(content.tables) == {"verdict", "predictions", "machine", "costs"}
    assert dict(content.proofs)["verification"].startswith("20 images bit-exact")
    assert dict(content.reproduce)["time of emit"] == "2.5 s"
    assert content.missing == ()
    assert read_yaml(content.config)["network"]["model"] == "lenet5"


def test_a_flow_brings_its_picture(tmp_path: Path) -> None:
    [flow] = whole_content(tmp_path).flows
    assert flow.passed
    assert flow.picture is not None
    assert base64.b64decode(flow.picture) == b"\x89PNG picture"


def test_what_is_missing_is_named_with_the_command_that_makes_it(tmp_path: Path) -> None:
    build_folder(tmp_path, QUANTIZE, EMIT, VERIFY)
    outcomes = [Outcome(stage, ran=True, seconds=1.0) for stage in ("quantize", "emit", "verify")]
    content = report_content(summarize(tmp_path, outcomes), CONFIG, path="tiny.yaml")
    missing = {each.section: each.command for each in content.missing}
    assert missing["front"] == "hawx run tiny.yaml --until search"
    assert missing["cycles and energy"] == "hawx run tiny.yaml --until power"
    assert "proofs" not in missing
    plain = CONFIG.model_copy(update={"search": None})
    content = report_content(summarize(tmp_path, outcomes), plain, path="tiny.yaml")
    assert "front" not in {each.section for each in content.missing}


def test_each_place_of_a_table_has_words_or_numbers(tmp_path: Path) -> None:
    [predictions] = whole_content(tmp_path).tables["predictions"]
    assert predictions.words == (True, False, False, False, False, True)
