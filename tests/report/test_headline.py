"""The verdict in a sentence or two, from as much as is known."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hawx_hw.pipeline.stage import Outcome
from hawx_hw.report.headline import cautions, headline
from hawx_hw.report.html.verdict import verdict_content
from hawx_hw.report.summary import Summary, summarize
from hawx_hw.search.result import save_result
from hawx_hw.util.results import Result
from tests.report.html.pages import CONFIG, whole_summary
from tests.report.samples import (
    ASSIGN,
    EMIT,
    POWER,
    PREDICT,
    QUANTIZE,
    REFERENCES,
    SYNTH,
    VERIFY,
    build_folder,
)
from tests.search.small import design_point, search_result


def summary_of(folder: Path, *results: Result) -> Summary:
    build_folder(folder, *results)
    return summarize(folder, [Outcome(each.STAGE, True, 1.0) for each in results])


@pytest.mark.parametrize(
    ("results", "sentence"),
    [
        (
            (QUANTIZE,),
            "The integer network is right on 99.28 % of 10,000 test images (float 99.31 %).",
        ),
        ((VERIFY,), "The Verilog computes the same as the integer network."),
        ((PREDICT,), "The design is predicted to take 300.0 nJ an image."),
        (
            (QUANTIZE, EMIT, POWER),
            "The accelerator with 2 kinds of block takes 200.0 nJ an image, at a test accuracy of "
            "99.28 %.",
        ),
        (
            (QUANTIZE, ASSIGN, EMIT, SYNTH, POWER, REFERENCES),
            "The accelerator with 2 kinds of block takes 0.0 % less energy an image and 7.3 % less "
            "area than exact blocks, at a test accuracy of 98.50 % in place of 99.28 %.",
        ),
    ],
    ids=lambda value: "" if isinstance(value, str) else "-".join(each.STAGE for each in value),
)
def test_the_most_that_is_known(tmp_path: Path, results: tuple[Result, ...], sentence: str) -> None:
    assert headline(summary_of(tmp_path, *results)) == (sentence,)


def test_one_block_and_an_equal_accuracy(tmp_path: Path) -> None:
    (block, *_) = EMIT.blocks
    same = ASSIGN.accuracy.model_copy(update={"assigned": 0.99281})
    summary = summary_of(
        tmp_path,
        QUANTIZE,
        ASSIGN.model_copy(update={"accuracy": same}),
        EMIT.model_copy(update={"blocks": (block,)}),
        SYNTH,
        POWER,
        REFERENCES,
    )
    (sentence,) = headline(summary)
    assert sentence.startswith("The accelerator with exact blocks takes 0.0 % less energy")
    assert sentence.endswith(", at the same test accuracy of 99.28 %.")


def test_a_failed_verification_is_all_that_counts(tmp_path: Path) -> None:
    failed = VERIFY.model_copy(update={"mismatches": 3})
    summary = summary_of(tmp_path, QUANTIZE, EMIT, failed, SYNTH, POWER, REFERENCES)
    assert headline(summary) == (
        "Verification failed: 3 of 40 results differ from the integer network.",
    )


def test_the_kind_of_a_chosen_design_is_named(tmp_path: Path) -> None:
    exact = design_point((0,), 0.0, {"energy_nj": 100.0}, [])
    save_result(search_result((exact,), uniform=(exact,)), tmp_path)
    design = {"schema": 2, "accelerator": {"architecture": "systolic"}, "assignment": {}}
    (tmp_path / "design.json").write_text(json.dumps({**design, "index": 0}))
    kind = "exact blocks: no design that was evaluated is as accurate and takes less."
    chosen = summarize(tmp_path, [Outcome("pick", True, 1.0)])
    assert headline(chosen) == (f"The chosen design is {kind}",)
    build_folder(tmp_path, EMIT, POWER)
    stages = ("pick", "emit", "power")
    measured = summarize(tmp_path, [Outcome(stage, True, 1.0) for stage in stages])
    assert headline(measured) == (
        "The accelerator with 2 kinds of block takes 200.0 nJ an image.",
        f"It is {kind}",
    )


def test_the_report_begins_with_the_same_words(tmp_path: Path) -> None:
    summary = whole_summary(tmp_path)
    verdict = verdict_content(summary, CONFIG)
    sentences = headline(summary)
    assert verdict.headline == " ".join(sentences)
    shown = [caution.lower() for caution in verdict.cautions]
    assert cautions(summary)
    assert all(f"{text}.".lower() in shown for text in cautions(summary))


def test_a_network_that_guesses_is_a_caution(tmp_path: Path) -> None:
    accuracy = QUANTIZE.accuracy.model_copy(update={"in_float": 0.11})
    guessing = summary_of(tmp_path, QUANTIZE.model_copy(update={"accuracy": accuracy}))
    (caution,) = cautions(guessing)
    assert caution.startswith("the float network is right in 11.00 %")
