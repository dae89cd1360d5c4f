"""The verdict in words."""

from __future__ import annotations

from pathlib import Path

from hawx_hw.pipeline.stage import Outcome
from hawx_hw.report.headline import headline
from hawx_hw.report.html.glossary import definitions
from hawx_hw.report.html.verdict import verdict_content
from hawx_hw.report.summary import summarize
from tests.report.html.pages import CONFIG, whole_summary
from tests.report.samples import STALLED, VERIFY, build_folder


def test_everything_that_is_known_is_stated_with_its_numbers(tmp_path: Path) -> None:
    summary = whole_summary(tmp_path)
    verdict = verdict_content(summary, CONFIG)
    assert verdict.headline == " ".join(headline(summary))
    text = dict(verdict.sentences)
    assert "least energy of an image at an accuracy drop of at most 1" in text["asked for"]
    assert text["built"] == (
        "8 x 4 array, 32 PEs, with exact in 64 PEs, drum(k=4) in 24 PEs; number 1 of the search's "
        "3 designs"
    )
    assert text["saves against exact blocks"] == (
        "0.0 % less energy of an image, 7.3 % less area: measured alike on 8 x 4"
    )
    assert "20 test images bit for bit" in text["verified"]
    assert "8,906 cycles each, exactly" in text["verified"]
    assert text["predictions"].startswith("3 of 5 lie within their intervals of 90 %; outside: ")
    assert any("outside the range" in caution for caution in verdict.cautions)


def test_every_number_has_a_unit_and_a_definition(tmp_path: Path) -> None:
    numbers = verdict_content(whole_summary(tmp_path), CONFIG).numbers
    assert [(number.label, number.unit) for number in numbers] == [
        ("test accuracy", "%"), ("accuracy drop", "points"), ("energy of an image", "nJ"),
        ("power", "mW"), ("area", "µm²"), ("clock", "MHz"), ("cycles of an image", ""),
        ("time of an image", "µs"),
    ]  # fmt: skip
    assert numbers[0].value == "98.50"
    assert numbers[1].value == "0.60"
    assert {number.term for number in numbers} <= definitions().keys()


def test_a_failed_scenario_is_stated(tmp_path: Path) -> None:
    build_folder(tmp_path, VERIFY.model_copy(update={"scenarios": STALLED}))
    summary = summarize(tmp_path, [Outcome("verify", ran=True, seconds=1.0)])
    verdict = verdict_content(summary, CONFIG.model_copy(update={"search": None}))
    assert ("verified", "FAILED: scenario stalls: Image 2 took 9 cycles") in verdict.sentences


def test_a_failed_verification_is_stated(tmp_path: Path) -> None:
    build_folder(tmp_path, VERIFY.model_copy(update={"mismatches": 3}))
    summary = summarize(tmp_path, [Outcome("verify", ran=True, seconds=1.0)])
    verdict = verdict_content(summary, CONFIG.model_copy(update={"search": None}))
    assert verdict.headline.startswith("Verification failed: 3 of 40 results differ")
    assert verdict.sentences == (
        ("asked for", "lenet5 on digits, with the blocks of the config"),
        ("verified", "FAILED: 3 of 40 results differ from the integer network"),
    )
