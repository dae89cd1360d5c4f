"""Which networks run on which accelerators, and a line of their table."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import networks_rtl
import numpy as np
import pytest
import torch
from emulation_networks import resnet
from networks_rtl import ACCELERATORS, HEADING, NETWORKS, Case, cases, record, trained_network
from safetensors.torch import save_file
from verilog_runs import VerilogRun

from hawx_hw.datasets import load as load_dataset
from hawx_hw.graph.graph import Conv2d, Graph
from hawx_hw.graph.random_graphs import random_codes
from hawx_hw.networks import build
from hawx_hw.verification.result import VerifyResult

Maker = Callable[[], tuple[Graph, np.ndarray]]


def small() -> tuple[Graph, np.ndarray]:
    graph = resnet(1, (4,), 4)
    return graph, random_codes(np.random.default_rng(0), graph, 2)


def never() -> tuple[Graph, np.ndarray]:
    raise AssertionError("A network that was not asked for is made")


@pytest.mark.parametrize(
    ("only", "expected"),
    [
        ("resnet8", [("resnet8", name) for name in ACCELERATORS]),
        ("8 x 8", [("resnet8", "systolic 8 x 8"), ("resnet20", "systolic 8 x 8")]),
        ("", [(network, name) for network in NETWORKS for name in ACCELERATORS]),
    ],
)
def test_cases_by_a_part_of_their_names(only: str, expected: list[tuple[str, str]]) -> None:
    makers: dict[str, Maker] = {"resnet8": small, "resnet20": small}
    if only == "resnet8":
        makers["resnet20"] = never
    chosen = cases(only, makers)
    assert [(case.network, case.accelerator) for case in chosen] == expected


def test_a_trained_network_comes_with_its_own_images(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(0)
    digits = load_dataset("digits")
    network = build("resnet8", digits.shape, digits.classes)
    checkpoint = tmp_path / "resnet8.safetensors"
    save_file(network.state_dict(), checkpoint)
    monkeypatch.setattr(networks_rtl, "load_dataset", lambda name: digits)
    monkeypatch.setattr(networks_rtl, "_CALIBRATION", 8)
    graph, images = trained_network("resnet8", checkpoint, 2)
    assert graph.name == "resnet8"
    first = next(node for node in graph.nodes if isinstance(node, Conv2d))
    weight = network.conv1.weight.detach().numpy()
    # Codes of a filter are its weights by one scale.
    scaled = weight / np.abs(weight).max(axis=(1, 2, 3), keepdims=True) * 127
    assert np.abs(first.weight - scaled).max() <= 1
    np.testing.assert_array_equal(images, digits.test.images[:2].astype(np.int16) - 128)


def test_accelerators_are_what_they_are_called() -> None:
    multipliers = {}
    for case in cases("", {"small": small}):
        plan = case.plan(blocks=False, parameters="rom")
        multipliers[case.accelerator] = plan.multipliers
        assert not plan.loadable
        assert case.plan(blocks=False, parameters="loaded").loadable
        assert len(case.plan(blocks=True, parameters="rom").blocks) > 1
    assert multipliers == {"systolic 8 x 8": 64, "systolic 16 x 16": 256, "SIMT 16 lanes": 16}


def test_a_line_has_what_was_measured() -> None:
    case = Case("small", "systolic 8 x 8", *small())
    plan = case.plan(blocks=False, parameters="rom")
    result = VerifyResult(
        images=2,
        traced=1,
        inferences=2,
        mismatches=0,
        cycles_per_image=1234,
        cycles_predicted=1235,
        cycles_of_layers={},
        scenarios={},
        simulator="icarus",
        macs=plan.graph.macs,
        multipliers=64,
        utilization=0.5,
        causes=(),
        ledger=(),
    )
    line = dict(zip(HEADING, record(case, plan, VerilogRun(result, 5678, 1, 2, 3, 4)), strict=True))
    depth = next(use.depth for use in plan.accesses() if use.use == "activation")
    assert line["activation words"].startswith(f"8 x {depth} x ")
    assert {**line, "activation words": ""} == {
        "network": "small",
        "accelerator": "systolic 8 x 8",
        "blocks": "exact",
        "cycles predicted": "1,235",
        "measured": "1,234",
        "images equal": "2 of 2",
        "codes equal": "5,678",
        "activation words": "",
        "parameter words": str(sum(memory.depth for memory in plan.memories())),
        "emit, s": "1",
        "compile, s": "2",
        "simulate, s": "3",
        "CPU, s": "4",
    }
