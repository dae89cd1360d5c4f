"""The networks of the zoo: size, float and integer accuracy, time and memory.

    python benchmarks/networks.py [NETWORK ...] [--models FOLDER] [--imagenet FOLDER] [--threads N]

Weights are those that come with hawx, those of an installed package, and files of ``--models``:
``resnet20-12fca82f.th`` (and 32, 44, 56) of github.com/akamaster/pytorch_resnet_cifar10, and
``vgg11_cifar10.safetensors``. ``--imagenet`` is a folder of images of 224 x 224 pixels that are
called ``000.jpg`` to ``999.jpg`` by their class. What is missing is named.

Each network is measured in a process of its own, whose peak memory is given. It is calibrated by
512 training images; of ImageNet, where there are only test images, by every fourth of these. The
float network computes in 32 bits, the integer network is emulated, which is equal to the reference.
Accuracies are of test images, and of the images that select where training has left them out, by
the record of the checkpoint; the time is that of all, with calibration.
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from hawx_hw import datasets
from hawx_hw.datasets import Dataset, Split
from hawx_hw.datasets.roles import roles
from hawx_hw.emulation import Emulator
from hawx_hw.errors import UserError
from hawx_hw.graph.graph import Conv2d, Graph, Linear
from hawx_hw.graph.pixels import Preprocessing
from hawx_hw.importing.accuracy import accuracy
from hawx_hw.importing.sources import Request, load
from hawx_hw.networks.files import default_checkpoint, held_out
from hawx_hw.quantize.calibration import quantize_layers
from hawx_hw.util.tables import print_table

_CALIBRATION = 512
_CLASSES = 1000
_CIFAR = Preprocessing(1 / 255, (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616))


@dataclass(frozen=True)
class Case:
    """A network with its data.

    Parameters
    ----------
    model, dataset : str
        ``imagenet`` is the folder of the command line.
    file : str
        Pattern of the checkpoint's name in the folder of models; empty: the default checkpoint.
    preprocessing : Preprocessing or None
        Where no record states it.
    """

    model: str
    dataset: str
    file: str = ""
    preprocessing: Preprocessing | None = None


CASES = (
    Case("lenet5", "digits"),
    Case("lenet5", "mnist"),
    Case("resnet8", "cifar10"),
    Case("resnet20", "cifar10"),
    Case("resnet20", "cifar10", "resnet20-*.th"),
    Case("resnet32", "cifar10", "resnet32-*.th"),
    Case("resnet44", "cifar10", "resnet44-*.th"),
    Case("resnet56", "cifar10", "resnet56-*.th"),
    Case("vgg11", "cifar10", "vgg11_cifar10.safetensors", _CIFAR),
    Case("efficientnet_lite0", "imagenet"),
)


def macs(graph: Graph) -> int:
    """Multiplications of an image."""
    return sum(
        node.weight[0].size * math.prod(graph.tensors[node.name].shape)
        for node in graph.nodes
        if isinstance(node, Conv2d | Linear)
    )


def measure(case: Case, arguments: argparse.Namespace) -> dict[str, object]:
    """One line of the table, or why there is none."""
    checkpoint = default_checkpoint(case.model, case.dataset)
    if case.file:
        matches = sorted(arguments.models.glob(case.file)) if arguments.models else []
        if not matches:
            return {"missing": f"{case.file} in --models"}
        checkpoint = matches[0]
    elif checkpoint is None:
        return {"missing": "a checkpoint"}
    try:
        dataset, calibration = _data(case, arguments)
    except UserError as error:
        return {"missing": error.what}
    start = time.perf_counter()
    request = Request(case.model, Path(), checkpoint, case.preprocessing)
    network = load(request, dataset, calibration)
    graph = quantize_layers(network.layers, calibration, name=case.model)
    test = dataset.test
    in_float = accuracy(network, test.images, test.labels)
    emulator = Emulator(graph, threads=arguments.threads)
    in_integers = emulator.accuracy(test.images, test.labels)
    select = roles(dataset).select
    unseen: dict[str, object] = {"select_images": 0}
    if held_out(case.model, case.dataset, checkpoint, select.digest):
        unseen = {
            "select_images": len(select),
            "select_float": accuracy(network, select.images, select.labels),
            "select_int8": emulator.accuracy(select.images, select.labels),
        }
    return {
        **unseen,
        "parameters": network.parameters,
        "macs": macs(graph),
        "float": in_float,
        "int8": in_integers,
        "images": len(test),
        "seconds": time.perf_counter() - start,
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def _data(case: Case, arguments: argparse.Namespace) -> tuple[Dataset, np.ndarray]:
    """The data set, and the images that calibrate."""
    if case.dataset != "imagenet":
        dataset = datasets.load(case.dataset)
        return dataset, roles(dataset).proposing(_CALIBRATION).images
    if arguments.imagenet is None:
        raise UserError("--imagenet")
    images = []
    for label in range(_CLASSES):
        with Image.open(arguments.imagenet / f"{label:03d}.jpg") as image:
            images.append(np.asarray(image.convert("RGB")).transpose(2, 0, 1))
    split = Split(np.stack(images), np.arange(_CLASSES))
    return Dataset("imagenet", _CLASSES, split, split, split), split.images[::4]


def lines(names: Sequence[str], words: Sequence[str]) -> list[list[str]]:
    """The lines of the table; each case in its own process."""
    result = []
    for number, case in enumerate(CASES):
        if names and case.model not in names:
            continue
        command = [sys.executable, __file__, *words, "--case", str(number)]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        values = json.loads(output)
        title = f"{case.model}, {case.dataset}" + (f", {case.file}" if case.file else "")
        print(f"{title}: {values}", file=sys.stderr, flush=True)
        if "missing" in values:
            result.append([title, f"missing: {values['missing']}", *[""] * 9])
            continue
        unseen = [""] * 3
        if values["select_images"]:
            unseen = [f"{100 * values[f'select_{kind}']:.2f}" for kind in ("float", "int8")]
            unseen.append(f"{values['select_images']:,}")
        result.append(
            [
                title,
                f"{values['parameters']:,}",
                f"{values['macs'] / 1e6:.1f}",
                f"{100 * values['float']:.2f}",
                f"{100 * values['int8']:.2f}",
                f"{values['images']:,}",
                *unseen,
                f"{values['seconds']:.0f}",
                f"{values['megabytes']:.0f}",
            ]
        )
    return result


def main() -> None:
    """Print the table, or what one case gives as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    known = sorted({case.model for case in CASES})
    parser.add_argument("networks", nargs="*", metavar="NETWORK", help=", ".join(known))
    parser.add_argument("--models", type=Path)
    parser.add_argument("--imagenet", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--case", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.case is not None:
        print(json.dumps(measure(CASES[arguments.case], arguments)))
        return
    if unknown := set(arguments.networks) - set(known):
        parser.error(f"no case for {', '.join(sorted(unknown))}")
    words = ["--threads", str(arguments.threads)]
    for name in ("models", "imagenet"):
        if (folder := getattr(arguments, name)) is not None:
            words += [f"--{name}", str(folder.resolve())]
    head = ["network", "parameters", "MMAC", "float %", "int8 %", "images"]
    head += ["select: float %", "int8 %", "images", "s", "MB"]
    print_table(head, lines(arguments.networks, words), numbers=True)


if __name__ == "__main__":
    main()
