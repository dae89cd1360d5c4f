"""The verdict in words."""

from __future__ import annotations

from pathlib import Path

from hawx_hw.pipeline.stage import Outcome
from hawx_hw.report.html.verdict import verdict_content
from hawx_hw.report.summary import summarize
from tests.report.html.pages import CONFIG, whole_summary
from tests.report.samples import POWER, QUANTIZE, VERIFY, build_folder


def test_everything_that_is_known_is_stated_with_its_numbers(tmp_path: Path) -> None:
    verdict = verdict_content(whole_summary(tmp_path), CONFIG)
    text = " ".join(verdict.sentences)
    assert "least energy at an accuracy drop of at most 1 percentage points" in text
    assert "Built: 8 x 4 array, 32 PEs, with exact in 64 PEs, drum(k=4) in 24 PEs." in text
    assert "takes 0.0 % less energy an image and 7.3 % less area than exact blocks" in text
    assert "20 test images bit for bit" in text and "8,906 cycles each, exactly" in text
    assert "Of 5 predictions, 3 lie within their intervals; outside: area, um2; " in text
    labels = [number.label for number in verdict.numbers]
    assert labels == [
        "accuracy", "energy of an image", "power", "area", "longest path", "clock",
        "cycles of an image",
    ]  # fmt: skip
    assert verdict.numbers[0].value == "98.50"
    assert any("outside the range" in caution for caution in verdict.cautions)


def test_hints_come_from_the_designs_own_numbers(tmp_path: Path) -> None:
    build_folder(tmp_path, QUANTIZE, VERIFY, POWER)
    outcomes = [Outcome(stage, ran=True, seconds=1.0) for stage in ("quantize", "verify", "power")]
    hints = verdict_content(summarize(tmp_path, outcomes), CONFIG).hints
    assert hints[0].startswith(
        "Memories take 75 % of the energy (44 % under cacti, 75 % under published, 89 % under"
    )
    assert hints[1].startswith("Multipliers take 25.0 % of the energy")
    assert hints[2] == (
        "conv1 does no useful work in 2,400 of its 8,906 cycles (27 % of all), most of it for: "
        "fill, drain."
    )


def test_a_failed_verification_is_stated(tmp_path: Path) -> None:
    build_folder(tmp_path, VERIFY.model_copy(update={"mismatches": 3}))
    summary = summarize(tmp_path, [Outcome("verify", ran=True, seconds=1.0)])
    sentences = verdict_content(summary, CONFIG.model_copy(update={"search": None})).sentences
    assert sentences[0].startswith("Verification failed: 3 of 40 results differ")
    assert sentences[1:] == ("Asked for: lenet5 on digits, with the blocks of the config.",)
