"""Accuracy with one block everywhere, without and with compensation.

    python benchmarks/compensation.py [--resnet20 FILE] [--blocks NAME ...] [--threads N]

LeNet-5 on the 10,000 test images of MNIST; with ``--resnet20 resnet20-12fca82f.th``, a checkpoint
of github.com/akamaster/pytorch_resnet_cifar10, that network on the test images of CIFAR-10. Nothing
is trained again. 512 images that the network learned from calibrate the integers and the
compensation. Every layer has the block, the first and the last too. Columns: as it is; with the
bias corrected; with weights remapped too; with activations rounded too, which is the default of a
config; and the same with the weights of a filter chosen together.
"""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
import resnet20
from torch import nn

from hawx_hw.blocks.assignment import LayerBlocks
from hawx_hw.blocks.registry import by_name
from hawx_hw.compensation import compensate
from hawx_hw.datasets import Dataset, Split, load
from hawx_hw.datasets.dataset import evenly_spaced
from hawx_hw.datasets.roles import roles
from hawx_hw.emulation import Emulator
from hawx_hw.graph.graph import Conv2d, Linear
from hawx_hw.networks import accuracy as float_accuracy
from hawx_hw.networks import load as load_network
from hawx_hw.quantize import codes
from hawx_hw.quantize.calibration import quantize
from hawx_hw.util.tables import print_table

_BLOCKS = (
    "array(0,0,4)",
    "array(1,0,0)",
    "array(1,0,4)",
    "array(1,1,0)",
    "array(2,0,5)",
    "array(3,0,0)",
    "array(2,2,0)",
    "array(3,3,0)",
    "precision(w=7,a=7)",
    "precision(w=6,a=6)",
    "precision(w=6,a=8)",
    "precision(w=5,a=8)",
    "precision(w=5,a=5)",
    "precision(w=4,a=8)",
    "precision(w=4,a=4)",
    "roup(p=1,r=2)",
    "drum(k=4)",
    "mitchell(w=3)",
    "precision(w=3,a=4)",
    "precision(w=3,a=3)",
    "precision(w=2,a=4)",
    "precision(w=2,a=8)",
    "drum(k=3)",
    "mitchell(w=2)",
    "array(4,4,9)",
    "roup(p=2,r=5)",
)
_CALIBRATION = 512
_STEPS: tuple[tuple[str, dict[str, Any] | None], ...] = (
    ("as it is", None),
    ("bias", {"weights": "none", "activation_rounding": False}),
    ("and weights", {"weights": "one_by_one", "activation_rounding": False}),
    ("and activations", {"weights": "one_by_one"}),
    ("together", {"weights": "together"}),
)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--resnet20", type=Path, help="the checkpoint")
    parser.add_argument("--blocks", nargs="+", default=_BLOCKS)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()

    network, dataset, learned = _chosen(arguments.resnet20)
    pixels = evenly_spaced(learned, _CALIBRATION).images
    graph = quantize(network, pixels, name="network")
    test = dataset.test
    exact = Emulator(graph, threads=arguments.threads).accuracy(test.images, test.labels)
    deviation = 100 * math.sqrt(exact * (1 - exact) / len(test))
    print(
        f"{dataset.name}, {len(test):,} images: "
        f"float {100 * float_accuracy(network, test.images, test.labels):.2f} %, "
        f"int8 {100 * exact:.2f} % (standard error {deviation:.2f})",
        flush=True,
    )
    rows = []
    for name in arguments.blocks:
        block = by_name(name)
        assignment = {
            node.name: LayerBlocks.uniform(block, node.weight.shape)
            for node in graph.nodes
            if isinstance(node, (Conv2d, Linear))
        }
        cells = [name]
        for _, switches in _STEPS:
            candidate = graph
            if switches is not None:
                candidate, _ = compensate(graph, assignment, codes(pixels), **switches)
            emulator = Emulator(candidate, threads=arguments.threads, memory=0)
            share = emulator.accuracy(test.images, test.labels, assignment)
            cells.append(f"{100 * share:.2f}")
        rows.append(cells)
        print("  ".join(cells), file=sys.stderr, flush=True)
    print_table(["block", *(step for step, _ in _STEPS)], rows, numbers=True)


def _chosen(checkpoint: Path | None) -> tuple[nn.Module, Dataset, Split]:
    """The network, its data set, and the images that it learned from."""
    if checkpoint is not None:
        dataset = load("cifar10")
        return resnet20.load(checkpoint), dataset, dataset.train
    dataset = load("mnist")
    return load_network("lenet5", dataset, None), dataset, roles(dataset).learn


if __name__ == "__main__":
    main()
