import shutil
from dataclasses import replace

import numpy as np
import pytest

from hawx_hw.architectures.systolic.plan import plan
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.design.emission import emit_accelerator
from hawx_hw.graph import reference
from hawx_hw.graph.random_graphs import random_graph
from hawx_hw.verification import accelerator_job as module
from hawx_hw.verification.accelerator_job import (
    accelerator_job,
    cycle_ledger,
    verify_accelerator,
)
from hawx_hw.verification.run import Mismatch

QUICK = "verilator" if shutil.which("iverilog") is None else "icarus"


def network(seed, **changes):
    rng = np.random.default_rng(seed)
    options = {"layers": 3, "max_size": 7, "max_channels": 5, "max_features": 9, "output": "map"}
    graph = random_graph(rng, **(options | changes))
    images = rng.integers(-128, 128, (3, *graph.tensors[graph.input].shape)).astype(np.int8)
    return graph, images


def test_packets_and_layers_are_those_of_the_reference():
    graph, images = network(3)
    planned = plan(graph, ArrayShape.complete(4, 4))
    job = accelerator_job(planned, images, config_hash=0xABC, traced=2, seed=5)
    expected = reference.run(graph, images)
    assert expected.ndim == 4
    for index in range(len(images)):
        assert job.images[index].tobytes() == images[index].transpose(1, 2, 0).tobytes()
        assert job.results[index].tobytes() == expected[index].transpose(1, 2, 0).tobytes()
    tensors = reference.run_all(graph, images)
    for layer in job.layers:
        for image in range(2):
            for word, (row, column) in enumerate(layer.place):
                used = layer.channels[word] >= 0
                codes = layer.data[image, word].view(np.int8)[used]
                expected = tensors[layer.name][image, layer.channels[word][used], row, column]
                np.testing.assert_array_equal(codes, expected)
    assert job.registers["config_hash"].value == 0xABC
    assert job.parameters == b""
    assert job.seed == 5


def test_ledger_adds_up():
    graph, images = network(8, layers=4, output="vector")
    planned = plan(graph, ArrayShape.complete(5, 3))
    job = accelerator_job(planned, images, config_hash=0)
    ledger = cycle_ledger(planned)
    assert sum(entry.cycles for entry in ledger) == job.cycles
    assert sum(entry.macs for entry in ledger) == graph.macs
    for entry in ledger:
        assert sum(entry.causes.values()) == pytest.approx(entry.cycles, abs=1e-9)
        assert min(entry.causes.values()) >= -1e-9
    assert ledger[-1].name == "image in, result out"


def test_wrong_images():
    graph, images = network(3)
    planned = plan(graph, ArrayShape.complete(4, 4))
    with pytest.raises(ValueError, match=r"^Images must be int8 of shape \(images, \*\("):
        accelerator_job(planned, images[:, :, 1:], config_hash=0)
    with pytest.raises(ValueError, match=r"^Images must be int8 of shape \(images, \*\("):
        accelerator_job(planned, images.view(np.uint8), config_hash=0)


def check(graph, images, architecture, folder, simulator, **options):
    planned = plan(graph, architecture)
    emit_accelerator(planned, folder / "accelerator", config_hash=0x1234)
    return verify_accelerator(
        folder / "accelerator",
        planned,
        images,
        config_hash=0x1234,
        workdir=folder / "work",
        simulator=simulator,
        **options,
    )


@pytest.mark.parametrize("loadable", [False, True])
def test_an_accelerator_is_verified(loadable, tmp_path):
    graph, images = network(3)
    architecture = ArrayShape.complete(4, 3, loadable=loadable)
    report = check(
        graph, images, architecture, tmp_path, QUICK, scenarios=("inference", "back_to_back")
    )
    assert report.images == 3
    assert report.mismatches == 0
    assert report.cycles_per_image == report.cycles_predicted
    assert report.macs == graph.macs
    assert report.multipliers == 12
    assert report.utilization == graph.macs / (12 * report.cycles_per_image)
    assert report.ledger == cycle_ledger(plan(graph, architecture))
    assert {cause.name for cause in report.causes} == set(report.ledger[0].causes)


def test_a_mismatch_has_the_same_result(tmp_path, monkeypatch):
    graph, images = network(3)

    def wrong(*arguments, **options):
        job = accelerator_job(*arguments, **options)
        return replace(job, results=job.results ^ 1)

    monkeypatch.setattr(module, "accelerator_job", wrong)
    message = r"Image 0, result of layer 2 \(.*\): channel 0, pixel \(0, 0\) is"
    with pytest.raises(Mismatch, match=message) as caught:
        check(
            graph,
            images,
            ArrayShape.complete(4, 3),
            tmp_path,
            QUICK,
            traced=0,
            scenarios=("inference",),
        )
    assert caught.value.result.mismatches == 3
    assert caught.value.result.macs == graph.macs


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_random_networks_on_random_arrays(seed, tmp_path):
    rng = np.random.default_rng(seed)
    graph, images = network(seed + 100, output=None, layers=int(rng.integers(1, 5)))
    rows, columns = (int(n) for n in rng.integers(1, 9, 2))
    architecture = ArrayShape.complete(rows, columns, loadable=bool(seed % 2))
    report = check(graph, images, architecture, tmp_path, "verilator", seed=seed)
    assert all(entry.passed for entry in report.scenarios.values())
