"""Accelerators are emitted, compiled and compared."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from verilog_runs import run_in_verilog, stored_codes

from hawx_hw.architectures.systolic.config import SystolicConfig
from hawx_hw.architectures.systolic.plan import Plan, plan
from hawx_hw.graph.random_graphs import random_codes
from hawx_hw.verification import accelerator_job
from hawx_hw.verification.accelerator_job import AcceleratorMismatch
from tests.architectures.common.layers import convolution

QUICK = "verilator" if shutil.which("iverilog") is None else "icarus"


@pytest.fixture(scope="module")
def made() -> Plan:
    graph = convolution(np.random.default_rng(0), (2, 4, 4), 3, (3, 3))
    return plan(graph, SystolicConfig(rows=2, columns=2).array())


def test_codes_that_layers_store_are_counted(made: Plan) -> None:
    images = random_codes(np.random.default_rng(0), made.graph, 1)
    codes = int(np.prod(made.graph.tensors[made.graph.output].shape))
    assert stored_codes(made, images) == codes


def test_a_wrong_code_ends_it(made: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    images = random_codes(np.random.default_rng(0), made.graph, 1)
    run_all = accelerator_job.run_all

    def wrong(*arguments):
        tensors = run_all(*arguments)
        tensors[made.graph.output][0, 1, 1, 0] ^= 1
        return tensors

    monkeypatch.setattr(accelerator_job, "run_all", wrong)
    with pytest.raises(AcceleratorMismatch, match=r"channel 1, pixel \(1, 0\)"):
        run_in_verilog(made, images, simulator=QUICK, scenarios=("inference",))
