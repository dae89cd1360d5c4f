"""Build folders of tiny designs, as a host program finds them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hawx_hw import datasets
from hawx_hw.architectures.systolic.config import SystolicConfig
from hawx_hw.config.models import NetworkConfig
from hawx_hw.datasets.options import options_of
from hawx_hw.design.design import Design
from hawx_hw.design.emission import emit_accelerator
from hawx_hw.graph.graph import Graph
from hawx_hw.graph.random_graphs import random_graph
from hawx_hw.graph.storage import save_graph
from hawx_hw.pipeline.build_folder import BuildFolder
from hawx_hw.pipeline.hosted_build import HostedBuild
from hawx_hw.pipeline.inputs import ASSIGNED, DESIGN
from hawx_hw.quantize.result import DatasetSummary, NetworkAccuracy, QuantizeResult, RolesSummary

__all__ = ["HASH", "array_design", "dataset", "network", "write_build"]

HASH = 0x600D600D
_IMAGES = 10


def network(seed: int = 15) -> Graph:
    """A network of a few layers; that of seed 15 takes RGB images of 4 x 5 and has four classes."""
    return random_graph(np.random.default_rng(seed), layers=2, max_size=5, max_channels=4)


def array_design(parameters: str) -> Design:
    """A 2 x 2 array."""
    shape = {"accumulators": 16, "requantizers": 1, "slice_columns": 2, "weight_rows": 2}
    accelerator = {"rows": 2, "columns": 2, "parameters": parameters, **shape}
    return Design(SystolicConfig.model_validate(accelerator), {})


def dataset(path: Path, shape: tuple[int, ...]) -> None:
    """An archive of random images, channels last, of four classes."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (5 * _IMAGES, *shape[1:], shape[0]), dtype=np.uint8)
    labels = np.arange(len(images)) % 4
    np.savez(path, images=images, labels=labels, layout="NHWC")


def write_build(folder: Path, design: Design, graph: Graph) -> HostedBuild:
    """Emit a design into a build folder, with a data set beside it."""
    archive = folder.parent / "images.npz"
    folder.mkdir(parents=True)
    dataset(archive, graph.tensors[graph.input].shape)
    settings = NetworkConfig(model="lenet5", dataset=str(archive))
    loaded = datasets.load(settings.dataset, options=options_of(settings))
    quantized = QuantizeResult(
        model=settings.model,
        dataset=DatasetSummary.of(loaded),
        roles=RolesSummary(learn=1, select=0, test=len(loaded.test), unseen=False),
        calibration_images=1,
        accuracy=NetworkAccuracy(float=1.0, int8=1.0, images=1),
        parameters=1,
    )
    results = BuildFolder(folder)
    with results.locked(), results.staging("quantize") as staging:
        quantized.write(staging)
        inputs = {"settings": {"network": settings.model_dump(mode="json")}}
        results.publish("quantize", staging, inputs)
    save_graph(graph, folder / ASSIGNED)
    design.save(folder / DESIGN)
    emit_accelerator(design.plan(graph), folder, config_hash=HASH).write(folder)
    return HostedBuild.read(folder)
