import io
import json
from pathlib import Path
from typing import Any

import pytest

from hawx_hw.pipeline.stage import Outcome
from hawx_hw.prediction.prediction import Interval, OutOfRange, Prediction
from hawx_hw.report.summary import account, print_account

QUANTIZE = {
    "model": "lenet5",
    "dataset": {"name": "mnist", "note": "Only a part is at hand."},
    "accuracy": {"float": 0.9931, "int8": 0.9928, "images": 10_000},
    "versions": {"torch": "2"},
}
EMIT = {
    "title": "8 x 4 systolic, 32 PEs",
    "loadable": False,
    "blocks": [
        {"name": "exact", "implementation": "tree", "instances": 64},
        {"name": "drum(k=4)", "implementation": "multiply", "instances": 24},
    ],
    "multiplications": [
        {"layer": "conv1", "blocks": {"exact": 300, "drum(k=4)": 100}},
        {"layer": "fc", "blocks": {"exact": 50}},
    ],
    "parameter_bytes": 64413,
    "program": [],
}
VERIFY = {
    "images": 20,
    "mismatches": 0,
    "cycles_per_image": 8906,
    "cycles_predicted": 8907,
    "utilization": 0.7307,
    "simulator": "verilator",
    "causes": [
        {"name": "useful", "title": "useful"},
        {"name": "fill_and_drain", "title": "fill, drain"},
        {"name": "other", "title": "other"},
    ],
    "ledger": [
        {
            "name": "conv1",
            "cycles": 8906,
            "macs": 5000,
            "causes": {
                "useful": 6506.0,
                "fill_and_drain": 1800,
                "other": 600,
            },
        }
    ],
}
POWER = {
    "clock": "of the technology",
    "clock_mhz": 500.0,
    "cycles": 10_000,
    "images": 64,
    "internal_uw": 4000.0,
    "switching_uw": 3000.0,
    "memory_uw": 2000.0,
    "leakage_uw": 1000.0,
    "power_uw": 10_000.0,
    "energy_pj": 200_000.0,
    "blocks": {"hawx_block_exact": {"instances": 64}},
    "parts": {"blocks": {"energy_pj": 50_000.0}, "memories": {"energy_pj": 150_000.0}},
    "layers": [
        {
            "name": "conv1",
            "power_uw": 10_000.0,
            "energy_pj": 200_000.0,
            "parts": {"blocks": 50_000.0, "memories": 150_000.0},
        }
    ],
}
SYNTH = {
    "area": 83394.192,
    "cells": 57834,
    "memory_bits": 724275,
    "sequential_area": 23193.338,
    "sequential_cells": 5129,
    "technology": {"name": "generic45"},
    "timing": {"longest_path_ns": 2.1264, "module": "hawx_array_slice"},
}


def folder(base: Path, **parts: dict[str, Any]) -> Path:
    for name, content in parts.items():
        (base / f"{name}.json").write_text(json.dumps(content))
    return base


def printed(found: dict[str, Any]) -> list[str]:
    stream = io.StringIO()
    print_account(found, stream)
    return stream.getvalue().splitlines()


def test_the_figures_that_matter(tmp_path: Path) -> None:
    build = folder(tmp_path, quantize=QUANTIZE, program=EMIT, verify=VERIFY)
    outcomes = [Outcome("quantize", False, 0.0), Outcome("emit", True, 2.0)]
    found = account(build, [*outcomes, Outcome("verify", True, 31.0)])
    lines = printed(found)
    end = lines.index("")
    lines, table = lines[:end], lines[end + 1 :]
    assert lines[0] == f"{tmp_path.name} (up to date: quantize)"
    assert [line.split("  ", 1)[0] for line in lines[1:]] == [
        "accuracy, float",
        "accuracy, int8",
        "note",
        "accelerator",
        "blocks",
        "cycles per image",
        "utilization",
        "verified",
        "integer graph",
        "Verilog",
        "memory images",
        "C header",
        "register map",
        "layer program",
        "verification",
    ]
    assert [" ".join(line.split()) for line in table] == [
        "multiplications by block",
        "layer all exact drum(k=4)",
        "conv1 400 75.0 % 25.0 %",
        "fc 50 100.0 %",
        "",
        "where the cycles of an image go",
        "layer cycles useful fill, drain other",
        "conv1 8,906 73.1 % 20.2 % 6.7 %",
    ]
    values = [line.split("  ", 1)[1].strip() for line in lines[1:9]]
    assert values == [
        "99.31 % of 10,000 test images of mnist",
        "99.28 % of 10,000 test images of mnist",
        "Only a part is at hand.",
        "8 x 4 systolic, 32 PEs, 64,413 bytes of parameters built in",
        "exact (tree) in 64 PEs, drum(k=4) (multiply) in 24 PEs",
        "8,906 (the model says 8,907)",
        "73.1 % of the multiplier-cycles",
        "20 images, all bit-accurate (verilator)",
    ]
    assert found["files"]["verification"] == str(tmp_path / "verify.json")
    assert "versions" not in found["results"]["quantize"]
    json.dumps(found)


@pytest.mark.parametrize(
    ("ran", "note"), [((True, True), "5 s"), ((False, False), "everything was up to date")]
)
def test_only_the_stages_of_the_run(tmp_path: Path, ran: tuple[bool, bool], note: str) -> None:
    build = folder(tmp_path, quantize=QUANTIZE, program=EMIT, verify=VERIFY)
    outcomes = [Outcome("quantize", ran[0], 3.0), Outcome("emit", ran[1], 2.0)]
    found = account(build, outcomes)
    assert set(found["results"]) == {"quantize", "emit"}
    assert printed(found)[0] == f"{tmp_path.name} ({note})"


def test_power(tmp_path: Path) -> None:
    build = folder(tmp_path, power=POWER)
    lines = printed(account(build, [Outcome("power", True, 40.0)]))
    assert [" ".join(line.split()) for line in lines[1:] if line] == [
        "power 10.00 mW at 500 MHz, the clock of the technology "
        "(internal 40 %, switching 30 %, memory 20 %, leakage 10 %)",
        "energy per image 0.200 uJ in 10,000 cycles (mean of 64 images)",
        f"power {tmp_path}/power.json",
        "where the energy of an image goes",
        "layer mW nJ blocks memories",
        "conv1 10.00 200.0 25.0 % 75.0 %",
        "all 10.00 200.0 25.0 % 75.0 %",
    ]


def test_synthesis(tmp_path: Path) -> None:
    build = folder(tmp_path, synth=SYNTH)
    lines = printed(account(build, [Outcome("synth", True, 40.0)]))
    assert [" ".join(line.split()) for line in lines[1:]] == [
        "cells 57,834 (5,129 sequential) of generic45",
        "area 83,394 um2 (23,193 sequential), without 724,275 bits of memory",
        "longest path 2.13 ns without wires (hawx_array_slice)",
        f"netlist {tmp_path}/netlist.v",
        f"synthesis {tmp_path}/synth.json",
    ]


def test_predicted_beside_measured(tmp_path: Path) -> None:
    def around(value: float) -> Interval:
        return Interval(value, 0.9 * value, 1.1 * value)

    prediction = Prediction(
        technology="t", designs=80, area=around(1000.0), memory_area=5.0,
        longest_path_ns=around(2.0), fmax_mhz=around(500.0), clock_mhz=100.0, cycles=1234,
        latency_us=12.34, power_uw=around(5000.0), energy_pj=around(3e6),
        outside=(OutOfRange("block_area", "area of the blocks (um2)", 1515.14, 6296.0, 249476.0),),
    )  # fmt: skip
    content = {"technology": {"name": "t"}, "prediction": prediction.as_dict(), "reason": None}
    (tmp_path / "predict.json").write_text(json.dumps(content))
    outcomes = [Outcome("predict", True, 1.0)]
    alone = "\n".join(printed(account(tmp_path, outcomes)))
    assert "1,000 um2 (900 to 1,100), 5 mW (4.5 to 5.5) at 100 MHz" in alone
    caution = (
        "the design is outside the range that the predictors were trained on: area of the blocks "
        "(um2): 1,515.14 (trained on 6,296 to 249,476). The intervals are widened, but unproven "
        "there: measure with hawx synth and hawx power, or train predictors on designs like this "
        "one"
    )
    assert caution in " ".join(alone.split())
    timing = {**SYNTH["timing"], "longest_path_ns": 2.0}
    synth = {**SYNTH, "technology": {"name": "t"}, "area": 1250.0, "timing": timing}
    (tmp_path / "synth.json").write_text(json.dumps(synth))
    outcomes.append(Outcome("synth", True, 1.0))
    both = "\n".join(printed(account(tmp_path, outcomes)))
    assert "(900 to 1,100)" not in both
    assert "area of the blocks" in both
    lines = {line.split("  ")[0]: line.split() for line in both.splitlines() if line}
    assert lines["area, um2"][2:] == ["1,000", "900", "to", "1,100", "1,250", "-20.0", "%",
                                      "outside"]  # fmt: skip
    assert lines["longest path, ns"][3:] == ["2", "1.8", "to", "2.2", "2", "+0.0", "%"]
