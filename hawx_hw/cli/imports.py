"""``hawx import``: the layers of a file as understood, beside what its own runtime computes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hawx_hw.cli.options import JsonOption
from hawx_hw.errors import UserError, of_system, shown
from hawx_hw.util.paths import user_path

if TYPE_CHECKING:
    import numpy as np

    from hawx_hw.graph.pixels import Preprocessing
    from hawx_hw.importing.network import ImportedNetwork
    from hawx_hw.importing.summary import LayerSummary
    from hawx_hw.quantize.layer_values import Difference

__all__ = ["import_network"]


def import_network(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file .onnx or .tflite.")],
    image: Annotated[
        Path | None,
        typer.Option(
            metavar="IMAGE",
            help="Run this PNG, JPEG or WebP here and in the file's own runtime (onnxruntime, "
            "ai-edge-litert), and compare layer by layer.",
        ),
    ] = None,
    shape: Annotated[
        str | None,
        typer.Option(
            metavar="CxHxW",
            help="Channels, height and width of the images; left out: as the file declares.",
        ),
    ] = None,
    scale: Annotated[
        float | None, typer.Option(help="As network.preprocess.scale; left out: 1/255.")
    ] = None,
    mean: Annotated[
        str | None,
        typer.Option(metavar="N[,N...]", help="As network.preprocess.mean: one, or one a channel."),
    ] = None,
    std: Annotated[
        str | None,
        typer.Option(metavar="N[,N...]", help="As network.preprocess.std: one, or one a channel."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show the layers of a network's file as understood, and what is left out of it."""
    from hawx_hw.util.progress import ProgressDisplay, console_for

    path = user_path(file, "FILE")
    sizes = None if shape is None else _sizes(shape)
    with ProgressDisplay(console_for(silent=as_json)) as progress:
        # It loads torch and the library of the file's format.
        with progress.task("reading the network", estimate=5.0):
            from hawx_hw.importing.files import read_file
            from hawx_hw.importing.summary import summarize

            network = read_file(path, sizes, _preprocessing(scale, mean, std))
    layers = list(summarize(network.layers))
    compared = None if image is None else _compared(path, network, user_path(image, "--image"))
    if as_json:
        typer.echo(json.dumps(_content(path, network, layers, compared), indent=2))
        return
    _print(network, layers, compared)


def _sizes(text: str) -> tuple[int, int, int]:
    numbers = text.lower().split("x")
    if len(numbers) != 3 or not all(n.isascii() and n.isdigit() and int(n) for n in numbers):
        raise UserError(
            f"The shape must be three sizes, such as 3x32x32, not {shown(text)}.", where="--shape"
        )
    channels, height, width = map(int, numbers)
    return channels, height, width


def _preprocessing(scale: float | None, mean: str | None, std: str | None) -> Preprocessing | None:
    """What the options state of pixel values, by the rules of the config; None: nothing."""
    from pydantic import ValidationError

    from hawx_hw.config.models import PreprocessConfig
    from hawx_hw.pipeline.network import preprocessing_of

    given = {"scale": scale, "mean": _numbers(mean, "--mean"), "std": _numbers(std, "--std")}
    try:
        return preprocessing_of(PreprocessConfig.model_validate(given))
    except ValidationError as error:
        problem = error.errors()[0]
        key = (problem.get("ctx") or {}).get("key") or str(problem["loc"][0])
        raise UserError(f"{problem['msg']}.", where=f"--{key.rpartition('.')[2]}") from error


def _numbers(text: str | None, option: str) -> list[float] | None:
    if text is None:
        return None
    try:
        return [float(number) for number in text.split(",")]
    except ValueError:
        raise UserError(
            f"{shown(text)} is no list of numbers.",
            where=option,
            hint="Write 0.5, or 0.485,0.456,0.406.",
        ) from None


def _compared(path: Path, network: ImportedNetwork, image: Path) -> list[Difference]:
    from hawx_hw.importing.files import run_file
    from hawx_hw.quantize.layer_values import differences

    pixels = _pixels(image, network.layers.shape)
    return list(differences(network, pixels, run_file(path, network, pixels)))


def _pixels(path: Path, shape: tuple[int, ...]) -> np.ndarray:
    """An image of the size that the network takes; grey ones serve all channels."""
    import numpy as np

    from hawx_hw.datasets.image_files import decode, quiet_decoder
    from hawx_hw.util.files import read_bytes

    try:
        content = read_bytes(path)
    except OSError as error:
        raise of_system(error) from error
    with quiet_decoder():
        pixels = decode(content, str(path)).pixels
    if pixels.shape[0] == 1 and shape[0] == 3:
        pixels = np.repeat(pixels, 3, axis=0)
    if pixels.shape != tuple(shape):
        raise UserError(
            f"The image has the shape {'x'.join(map(str, pixels.shape))}, and the network takes "
            f"{'x'.join(map(str, shape))} (channels, height, width).",
            where=str(path),
        )
    return pixels


def _content(
    path: Path,
    network: ImportedNetwork,
    layers: list[LayerSummary],
    compared: list[Difference] | None,
) -> dict[str, object]:
    rule = network.layers.preprocessing
    return {
        "file": str(path),
        "shape": list(network.layers.shape),
        "quantized": network.quantized,
        "preprocess": {"scale": rule.scale, "mean": list(rule.mean), "std": list(rule.std)},
        "layers": [layer.as_dict() for layer in layers],
        "parameters": network.parameters,
        "macs": sum(layer.macs for layer in layers),
        "notes": list(network.notes),
        "differences": None if compared is None else [each.as_dict() for each in compared],
    }


def _print(
    network: ImportedNetwork, layers: list[LayerSummary], compared: list[Difference] | None
) -> None:
    from hawx_hw.util.tables import print_table

    known = {each.layer: each for each in compared or ()}
    head = ["layer", "kind", "reads", "shape", "parameters", "MACs", "clamp"]
    if compared is not None:
        head += ["largest difference", "that differ %"]
    records = []
    for layer in layers:
        record = [
            layer.name,
            layer.kind,
            ", ".join(layer.inputs),
            "x".join(map(str, layer.shape)),
            f"{layer.parameters:,}" if layer.parameters else "",
            f"{layer.macs:,}" if layer.macs else "",
            _clamp(layer),
        ]
        if compared is not None:
            each = known.get(layer.name)
            record += (
                ["", ""] if each is None else [f"{each.largest:.2g}", f"{100 * each.share:.2f}"]
            )
        records.append(record)
    print_table(head, records)
    typer.echo(
        f"{network.parameters:,} parameters, {sum(layer.macs for layer in layers):,} MACs; "
        f"{'integers of the file' if network.quantized else 'floating point'}"
    )
    if compared is not None:
        unit = "in codes" if network.quantized else "relative to the layer's largest value"
        typer.echo(f"differences from the file's own runtime, {unit}")
    for note in network.notes:
        typer.echo(f"note: {note}")


def _clamp(layer: LayerSummary) -> str:
    if layer.low is None and layer.high is None:
        return ""
    low, high = ("" if end is None else f"{end:g}" for end in (layer.low, layer.high))
    return f"{low}..{high}"
