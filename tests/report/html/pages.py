"""Summaries of small runs, and their content, for the tests of the report."""

from __future__ import annotations

from pathlib import Path

from hawx_hw.config.models import Config
from hawx_hw.design.sources import accelerator_digest
from hawx_hw.flows.result import Check, Clock, FlowReport, FlowResult, Resource
from hawx_hw.pipeline.stage import Outcome
from hawx_hw.report.html.build import report_content
from hawx_hw.report.html.cells import CellMap
from hawx_hw.report.html.content import Content
from hawx_hw.report.summary import Summary, summarize
from hawx_hw.scores.profiling import ProfileReport, Profiling, save_profiling
from hawx_hw.search.result import (
    AccuracyCurve,
    AccuracyInterval,
    DropEstimate,
    ExhaustiveFront,
    PredictedPoints,
    save_result,
)
from tests.report.samples import (
    ACCELERATOR,
    ALTERNATIVES,
    ASSIGN,
    DRAWING,
    EMIT,
    NO_RETRAINING,
    POWER,
    PREDICT,
    QUANTIZE,
    REFERENCES,
    SYNTH,
    VERIFY,
    build_folder,
)
from tests.scores.networks import profiled
from tests.search.small import design_point, search_result

CONFIG = Config.model_validate(
    {"name": "tiny", "network": {"model": "lenet5", "dataset": "digits"}, "search": {}}
)
ALL = (
    "quantize", "accelerator", "profile", "search", "retrain", "pick", "assign", "predict",
    "emit", "verify", "synth", "power", "references",
)  # fmt: skip
#: An accelerator with the layer of the drawing.
BUILT = type(EMIT).model_validate(
    {
        **EMIT.model_dump(),
        "cycles": {"core": 100, "layers": ({
            "name": "conv1", "total": 100, "macs": 1600, "causes": {}, "utilization": 0.5,
        },)},
    }
)  # fmt: skip
#: A name that would end a script, or an element, if it were not written as text.
HOSTILE = "</script><b>&"


def points():
    """The exact design, and two with blocks; the last has none of the images that select."""
    metrics = [{"energy_nj": energy, "area_um2": 10 * energy} for energy in (9.0, 6.0, 3.0)]
    exact = design_point((0, 0), 0.0, metrics[0])
    blocks = {"blocks": {"drum(k=4)": "d"}, "layers": {"conv1": {"groups": [
        {"block": "drum(k=4)", "filters": "0-3, 7"}, {"block": "exact", "filters": "4-6"},
    ]}}}  # fmt: skip
    mixed = design_point((1, 0), 0.5, metrics[1])
    mixed = type(mixed)(
        **{
            **vars(mixed),
            "assignment": blocks,
            "estimate": DropEstimate(0.6, 0.1, 1.1),
            "predicted_accuracy": AccuracyInterval(0.94, 0.92, 0.96),
        }
    )
    return exact, mixed, design_point((1, 1), 9.0, metrics[2], (HOSTILE,))


def searched():
    """A search whose space was evaluated in full, with the fit of its accuracies."""
    return search_result(
        points(),
        test_images=40,
        exact_test_accuracy=0.95,
        predicted=PredictedPoints((1.0, 2.0), (5.0, 4.0)),
        accuracy_curve=AccuracyCurve(
            3, (0.0, 0.4, 5.0), (0.0, 0.5, 4.0),
            ((0.0, 0.0, -0.1, 0.2), (1.0, 0.9, 0.5, 1.4), (5.0, 4.1, 3.0, 6.0)), 0.2, 2,
        ),
        exhaustive=ExhaustiveFront(4, (0.0, 0.5, 4.0), (9.0, 6.0, 3.0)),
    )  # fmt: skip


def whole_summary(folder: Path, config: Config = CONFIG) -> Summary:
    """A run in which everything was done; the second design of its search is built."""
    profile = profiled(3)
    report = ProfileReport(
        network="tiny", blocks=profile.blocks, layers=profile.layers, units=profile.units,
        images=len(profile.labels), indices=tuple(range(len(profile.labels))),
        weights=(1.0,) * len(profile.labels),
    )  # fmt: skip
    save_profiling(Profiling(profile, report), folder)
    save_result(searched(), folder)
    (folder / "design.json").write_text(
        '{"schema": 2, "accelerator": {"architecture": "systolic"}, "assignment": {}, "index": 1}'
    )
    predict = PREDICT.model_copy(update={"alternatives": ALTERNATIVES})
    build_folder(folder, QUANTIZE, ACCELERATOR, ASSIGN, predict, BUILT, VERIFY, SYNTH, POWER)
    build_folder(folder, DRAWING, REFERENCES, NO_RETRAINING)
    outcomes = [Outcome(stage, ran=True, seconds=1.0) for stage in ALL]
    return summarize(folder, outcomes, config.search)


def with_flow(folder: Path) -> None:
    """A flow that ran on the accelerator in a folder, and left a picture."""
    for name in ("rtl", "mem", "flows/qflow"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "rtl" / "filelist.f").write_text("")
    (folder / "flows" / "qflow" / "layout.png").write_bytes(b"\x89PNG picture")
    result = FlowResult(
        tool="qflow", title="Layout", standing="picture", options={},
        accelerator_sha256=accelerator_digest(folder), seconds=3.0,
        report=FlowReport(
            target="osu018", versions={"magic": "8.3"}, checks=(Check(name="drc", passed=True),),
            files=("layout.png",), area_um2=1234.5, notes=("One corner.",),
            resources=(Resource(kind="LUT", used=50, available=200),),
            clocks=(Clock(name="clk", required_mhz=100.0, achieved_mhz=120.0),),
        ),
    )  # fmt: skip
    result.write(folder / "flows" / "qflow")


def whole_content(folder: Path) -> Content:
    """The content of a report with all sections."""
    with_flow(folder)
    summary = whole_summary(folder)
    cells = CellMap(
        cell="PE", blocks=("exact", "drum(k=4)"), kinds=((0,), (0, 1)), lines=((0, 1), (1, 0))
    )
    return report_content(summary, CONFIG, path="tiny.yaml", seconds={"emit": 2.5}, maps={1: cells})
