import io
import json
from pathlib import Path

import pytest

from hawx_hw.pipeline.stage import Outcome
from hawx_hw.report.summary import Summary, print_summary, summarize
from hawx_hw.search.result import save_result
from tests.report.samples import EMIT, POWER, PREDICT, QUANTIZE, SYNTH, VERIFY, build_folder
from tests.search.small import design_point, search_result


def printed(summary: Summary) -> list[str]:
    stream = io.StringIO()
    print_summary(summary, stream)
    return stream.getvalue().splitlines()


def test_lines_files_and_tables_in_the_order_of_the_stages(tmp_path: Path) -> None:
    build_folder(tmp_path, QUANTIZE, EMIT, VERIFY)
    (tmp_path / "rtl").mkdir()
    outcomes = [Outcome("quantize", False, 0.0), Outcome("emit", True, 2.0)]
    summary = summarize(tmp_path, [*outcomes, Outcome("verify", True, 31.0)])
    lines = printed(summary)
    end = lines.index("")
    lines, below = lines[:end], lines[end + 1 :]
    assert lines[0] == f"{tmp_path.name} (up to date: quantize)"
    assert [line.split("  ", 1)[0] for line in lines[1:]] == [
        "accuracy, float network",
        "accuracy, int8 network",
        "images",
        "note",
        "accelerator",
        "blocks",
        "cycles per image",
        "utilization",
        "verification",
        "Verilog",
        "layer program",
        "verification",
    ]
    assert [" ".join(line.split()) for line in below] == [
        "multiplications by block",
        "layer all exact drum(k=4)",
        "conv1 400 75.0 % 25.0 %",
        "fc 50 100.0 %",
        "",
        "where the cycles of an image go",
        "layer cycles useful fill, drain other",
        "conv1 8,906 73.1 % 20.2 % 6.7 %",
    ]


def test_as_json(tmp_path: Path) -> None:
    build_folder(tmp_path, QUANTIZE, VERIFY)
    outcomes = [Outcome("quantize", False, 0.0), Outcome("verify", True, 31.123)]
    content = summarize(tmp_path, outcomes).as_dict()
    assert content == json.loads(json.dumps(content))
    assert content["name"] == tmp_path.name
    assert content["stages"]["verify"] == {"ran": True, "seconds": 31.12}
    assert content["files"] == {"verification": str(tmp_path / "verify.json")}
    assert content["results"]["verify"]["utilization"] == 0.7307
    assert "predicted" not in content and "chosen" not in content


@pytest.mark.parametrize(
    ("ran", "note"), [((True, True), "5 s"), ((False, False), "everything was up to date")]
)
def test_only_the_stages_of_the_run(tmp_path: Path, ran: tuple[bool, bool], note: str) -> None:
    build_folder(tmp_path, QUANTIZE, EMIT, VERIFY)
    outcomes = [Outcome("quantize", ran[0], 3.0), Outcome("emit", ran[1], 2.0)]
    summary = summarize(tmp_path, outcomes)
    assert set(summary.as_dict()["results"]) == {"quantize", "emit"}
    assert printed(summary)[0] == f"{tmp_path.name} ({note})"


def test_power(tmp_path: Path) -> None:
    build_folder(tmp_path, POWER)
    lines = printed(summarize(tmp_path, [Outcome("power", True, 40.0)]))
    assert [" ".join(line.split()) for line in lines[1:] if line] == [
        "power 10.00 mW (clock 10 %, internal 30 %, switching 20 %, glitches 10 %, memory 20 %, "
        "leakage 10 %)",
        "clock 500 MHz, set by the technology",
        "clocked 154 flip-flops, 150 of them behind 10 clock gates; a clock tree would take "
        "0.12 mW besides (estimate: 3 buffers, no wires)",
        "energy per image 0.200 uJ in 10,000 cycles (mean of 64 images), memory model published",
        "glitches +25.0 % of the energy of cells without clock (standard error 0.4 %; 512 of "
        "10,000 cycles with delays)",
        "energy by memory model 0.090 to 0.450 uJ per image (cacti 0.090, published 0.200, scaled "
        "0.450)",
        f"power {tmp_path}/power.json",
        "where the energy of an image goes, memory model published",
        "layer mW nJ blocks memories",
        "conv1 10.00 200.0 25.0 % 75.0 %",
        "all 10.00 200.0 25.0 % 75.0 %",
        "all, without glitches 9.00 180.0 16.7 % 83.3 %",
    ]


def test_a_prediction_moves_into_a_table_once_it_is_measured(tmp_path: Path) -> None:
    build_folder(tmp_path, PREDICT)
    outcomes = [Outcome("predict", True, 1.0)]
    alone = "\n".join(printed(summarize(tmp_path, outcomes)))
    assert "9.8 mW (8.82 to 10.78) at 100 MHz" in alone
    assert "number of PEs: 40 (trained on 4 to 20)" in alone
    build_folder(tmp_path, SYNTH)
    outcomes.append(Outcome("synth", True, 1.0))
    summary = summarize(tmp_path, outcomes)
    both = "\n".join(printed(summary))
    assert "(8.82 to 10.78)" not in both
    assert "number of PEs: 40" in both
    assert "predicted before synthesis, and measured" in both
    assert [each["metric"] for each in summary.as_dict()["predicted"]] == [
        "area",
        "longest_path_ns",
    ]


def test_an_earlier_prediction_is_compared_too(tmp_path: Path) -> None:
    build_folder(tmp_path, PREDICT, POWER)
    summary = summarize(tmp_path, [Outcome("power", True, 40.0)])
    assert [each.metric for each in summary.comparisons] == ["power_uw", "energy_pj"]
    build_folder(tmp_path, POWER)
    (tmp_path / "predict.json").unlink()
    assert summarize(tmp_path, [Outcome("power", True, 40.0)]).comparisons == ()


def test_the_chosen_design_is_compared_with_its_rivals(tmp_path: Path) -> None:
    exact = design_point((0,), 0.0, {"energy_nj": 100.0}, [])
    mixed = design_point((1,), 0.25, {"energy_nj": 75.0}, ["a", "b"])
    save_result(search_result((exact, mixed), uniform=(exact,)), tmp_path)
    design = {
        "schema": 2,
        "accelerator": {"architecture": "systolic"},
        "assignment": {},
        "index": 1,
    }
    (tmp_path / "design.json").write_text(json.dumps(design))
    # With and without the search in the run: its file is read all the same.
    for stages in (("search", "pick"), ("pick",)):
        summary = summarize(tmp_path, [Outcome(stage, True, 1.0) for stage in stages])
        assert summary.chosen is not None
        assert summary.chosen.index == 1
        assert summary.as_dict()["chosen"]["designs"][1]["energy_nj"] == 100.0
        lines = printed(summary)
        assert any(line.startswith("chosen design  number 1 of the search") for line in lines)
        text = "predicted to take 25.0 % less energy than exact blocks (21.2 to 28.8 %)"
        assert f"chosen design: {text}" in lines
