"""Networks from files of other frameworks: accuracy here, and in the runtime that they are from.

    python benchmarks/imports.py FOLDER [--images N] [--file TEXT]

FOLDER has ``mlperf_resnet8_int8.tflite`` and ``mlperf_resnet8_float.tflite`` of MLPerf Tiny
(github.com/mlcommons/tiny), and ``lenet5_webmnist.onnx``, a LeNet-5 for MNIST that was published
with an accuracy of 98.22 %. What is missing is named.

``float`` is the network as read, computed in 32 bits; ``int8`` the integer network, which is equal
to the reference. The runtime computes the same images: its accuracy, the correlation of its outputs
before the softmax with those of the integer network, and how often both choose the same class. A
TFLite file in integers is compared with both sets of kernels of its interpreter, those for this
machine and the reference; the last line compares these two.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from written_onnx import write_onnx

from hawx_hw import datasets
from hawx_hw.datasets import Dataset, Split
from hawx_hw.datasets.roles import roles
from hawx_hw.emulation import Emulator
from hawx_hw.errors import UserError
from hawx_hw.graph.pixels import Preprocessing
from hawx_hw.importing.network import ImportedNetwork
from hawx_hw.importing.sources import Request, load
from hawx_hw.importing.tflite_files.interpreter import Interpreter
from hawx_hw.quantize.calibration import quantize_layers
from hawx_hw.util.tables import print_table

_CALIBRATION = 512
_PIXELS = Preprocessing(1.0)

Runtime = Callable[[Path, ImportedNetwork, np.ndarray], np.ndarray]
"""The outputs, ``(images, outputs)``, of a file for uint8 images."""


def litert(path: Path, network: ImportedNetwork, images: np.ndarray) -> np.ndarray:
    """The interpreter of TFLite with the kernels for this machine."""
    return _litert(path, network, images, exact=False)


def litert_reference(path: Path, network: ImportedNetwork, images: np.ndarray) -> np.ndarray:
    """The interpreter of TFLite with its reference kernels."""
    return _litert(path, network, images, exact=True)


def _litert(path: Path, network: ImportedNetwork, images: np.ndarray, *, exact: bool) -> np.ndarray:
    number = network.tensors[network.layers.layers[-1].name]
    preprocessing = network.source or network.layers.preprocessing
    runs = Interpreter(path, exact=exact).run(images, preprocessing, [number])
    return np.stack([values[number].ravel() for values in runs])


def onnxruntime(path: Path, network: ImportedNetwork, images: np.ndarray) -> np.ndarray:
    """ONNX Runtime; the file's output is that before the softmax."""
    import onnxruntime as runtime

    session = runtime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    (source,) = session.get_inputs()
    values = network.layers.preprocessing.real(images, np.float32)
    # A file may take one image at a time only.
    batch = source.shape[0] if isinstance(source.shape[0], int) else len(images)
    parts = [values[start : start + batch] for start in range(0, len(values), batch)]
    outputs = np.concatenate([session.run(None, {source.name: part})[0] for part in parts])
    return outputs.reshape(len(images), -1)


@dataclass(frozen=True)
class Case:
    """A file with its data.

    Parameters
    ----------
    file, dataset : str
    runtimes : dict of str to Runtime
        By the name that the table gives them.
    preprocessing : Preprocessing or None
        Where the file does not state it.
    converted : bool
        Whether it is written as an ONNX file first, and read from that.
    """

    file: str
    dataset: str
    runtimes: dict[str, Runtime]
    preprocessing: Preprocessing | None = None
    converted: bool = False


CASES = (
    Case(
        "mlperf_resnet8_int8.tflite",
        "cifar10",
        {"LiteRT": litert, "LiteRT, reference": litert_reference},
    ),
    Case("mlperf_resnet8_float.tflite", "cifar10", {"LiteRT": litert}, _PIXELS),
    Case(
        "mlperf_resnet8_float.tflite",
        "cifar10",
        {"ONNX Runtime": onnxruntime},
        _PIXELS,
        converted=True,
    ),
    Case("lenet5_webmnist.onnx", "mnist", {"ONNX Runtime": onnxruntime}),
)

HEAD = ["file", "images", "float %", "int8 %", "runtime", "its %", "correlation", "same %", "s"]


def _percent(share: float) -> str:
    return f"{100 * share:.2f}"


def compared(
    title: str,
    test: Split,
    ours: np.ndarray,
    theirs: dict[str, np.ndarray],
    in_float: float,
    seconds: float,
) -> Iterator[list[str]]:
    """The lines of a file: one a runtime, then one for each pair of runtimes.

    Parameters
    ----------
    title : str
    test : Split
    ours : ndarray
        Outputs of the integer network, ``(images, outputs)``.
    theirs : dict of str to ndarray
        Those of each runtime.
    in_float : float
        Accuracy of the network in floating point.
    seconds : float
    """  # fmt: skip

    def right(outputs: np.ndarray) -> str:
        return _percent(np.mean(outputs.argmax(axis=1) == test.labels))

    def alike(one: np.ndarray, other: np.ndarray) -> list[str]:
        same = np.mean(one.argmax(axis=1) == other.argmax(axis=1))
        return [f"{np.corrcoef(one.ravel(), other.ravel())[0, 1]:.5f}", _percent(same)]

    for name, outputs in theirs.items():
        yield [
            title, f"{len(test):,}", _percent(in_float), right(ours), name, right(outputs),
            *alike(ours, outputs), f"{seconds:.0f}",
        ]  # fmt: skip
    names = list(theirs)
    for position, first in enumerate(names):
        for second in names[position + 1 :]:
            yield [
                title, f"{len(test):,}", "", "", f"{first} and {second}", "",
                *alike(theirs[first], theirs[second]), "",
            ]  # fmt: skip


def measure(case: Case, folder: Path, dataset: Dataset, images: int | None) -> list[list[str]]:
    """The lines of a case."""
    start = time.perf_counter()
    calibration = roles(dataset).proposing(_CALIBRATION).images
    test = dataset.test if images is None else dataset.test.take(np.arange(images))
    request = Request(str(folder / case.file), Path(), preprocessing=case.preprocessing)
    network = load(request, dataset, calibration)
    title = case.file
    with tempfile.TemporaryDirectory() as scratch:
        if case.converted:
            title = f"ONNX of {title}"
            path = Path(scratch) / "converted.onnx"
            write_onnx(network.layers, path)
            request = Request(str(path), Path(), preprocessing=network.layers.preprocessing)
            network = load(request, dataset, calibration)
        graph = quantize_layers(network.layers, calibration, name="imported")
        outputs = np.concatenate(list(network.outputs(test.images)))
        codes = Emulator(graph).run(graph.codes(test.images)).reshape(len(test), -1)
        end = graph.tensors[graph.output]
        ours = (codes.astype(np.float64) - end.zero_point) * end.scale
        theirs = {
            name: runtime(request.path, network, test.images)
            for name, runtime in case.runtimes.items()
        }
    in_float = float(np.mean(outputs.argmax(axis=1) == test.labels))
    seconds = time.perf_counter() - start
    return list(compared(title, test, ours, theirs, in_float, seconds))


def lines(folder: Path, images: int | None, text: str) -> list[list[str]]:
    """The table's lines of the cases whose file's name contains a text."""
    loaded: dict[str, Dataset] = {}
    result = []
    for case in CASES:
        if text not in case.file:
            continue
        if not (folder / case.file).is_file():
            result.append([case.file, f"missing in {folder}", *[""] * (len(HEAD) - 2)])
            continue
        try:
            dataset = loaded.setdefault(case.dataset, datasets.load(case.dataset))
            result += measure(case, folder, dataset, images)
        except UserError as error:
            result.append([case.file, str(error), *[""] * (len(HEAD) - 2)])
    return result


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--images", type=int, help="of the test images, the first so many")
    parser.add_argument("--file", default="", help="files whose name contains this text")
    arguments = parser.parse_args()
    print_table(HEAD, lines(arguments.folder, arguments.images, arguments.file), numbers=True)


if __name__ == "__main__":
    main()
