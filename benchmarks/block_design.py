"""Blocks designed for a layer, beside plain lower precision and arrays at the same energy.

    python benchmarks/block_design.py [LAYER ...] [--resnet20 FILE] [--blocks NAME ...]

Layers are ``conv2`` of LeNet-5 on MNIST, and with ``--resnet20 resnet20-12fca82f.th``, a checkpoint
of github.com/akamaster/pytorch_resnet_cifar10, ``layer1_1_conv2`` and ``layer2_1_conv1`` of that
network on CIFAR-10. Each named precision sets a limit, its own energy in the layer, for a mask of
partial products and an array. Errors are variances of the errors of the layer's sums in 1e-4 of the
variance of the sums, with weights best one by one and chosen together, on images for learning that
nothing was chosen by, in 16 parts: intervals are the jackknife's over the parts. Energies are those
of the blocks' circuits under the operands of the layer in an 8 x 8 systolic array, in the 45 nm
class library of the project, with glitches.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
import numpy as np
import resnet20

from hawx_hw.architectures.registry import ARCHITECTURES
from hawx_hw.block_design import BlockDesigner, Design, HeldOut, Layer, LayerEnergies, Row
from hawx_hw.blocks.registry import by_name
from hawx_hw.datasets import load
from hawx_hw.datasets.roles import Roles, roles
from hawx_hw.graph.graph import Graph
from hawx_hw.networks import load as load_network
from hawx_hw.quantize.calibration import quantize
from hawx_hw.synthesis import default_store
from hawx_hw.technology import load as load_technology
from hawx_hw.util.tables import print_table

_CALIBRATION = 512
#: Images that a mask is designed by, and that its error is measured on.
_DESIGN, _REPORT = 128, 256
_OPERANDS = 4
_LAYERS = {"conv2": "lenet5", "layer1_1_conv2": "resnet20", "layer2_1_conv1": "resnet20"}
_LIMITS = ("precision(7,7)", "precision(6,6)", "precision(5,5)", "precision(4,4)")


def main() -> None:
    """Print a table for each layer."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("layers", nargs="*", metavar="LAYER", help=", ".join(_LAYERS))
    parser.add_argument("--resnet20", type=Path, help="the checkpoint")
    parser.add_argument("--blocks", nargs="+", default=_LIMITS, help="that set the limits")
    parser.add_argument("--positions", type=int, default=8192)
    parser.add_argument("--effort", type=int, default=1, help="as in hawx blocks design")
    parser.add_argument("--json", type=Path, help="write all numbers to this file, too")
    arguments = parser.parse_args()
    if unknown := set(arguments.layers) - set(_LAYERS):
        parser.error(f"no layer {', '.join(sorted(unknown))}")
    content: dict[str, list[dict[str, Any]]] = {}
    for layer in arguments.layers or _LAYERS:
        if _LAYERS[layer] == "resnet20" and arguments.resnet20 is None:
            print(f"{layer}: missing: --resnet20")
            continue
        start = time.perf_counter()
        designer, title = _designer(layer, arguments)
        designs = []
        for name in arguments.blocks:
            block = by_name(name)
            designs.append((block.name, designer.design(designer.energy_of(block))))
            line = " | ".join(_cells(*designs[-1]))
            print(f"{line}  ({time.perf_counter() - start:.0f} s)", file=sys.stderr, flush=True)
        print_table(_HEADING, [_cells(*each) for each in designs], title=title)
        content[layer] = [{"limit": name, **design.as_dict()} for name, design in designs]
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


_HEADING = (
    "limit: energy of", "precision: alone -> together, fJ", "array", "mask", "bits",
    "mask / precision", "mask / mixture", "energy saved %",
)  # fmt: skip


def _cells(name: str, design: Design) -> list[str]:
    equal, saved = design.at_equal_energy, design.energy_saved
    return [
        name,
        _row(design.precision),
        _row(design.array),
        _row(design.designed),
        str(design.designed.mask.count),
        str(design.ratio),
        "" if equal is None else str(equal),
        "" if saved is None else f"{100 * saved:.1f}",
    ]


def _row(row: Row) -> str:
    return (
        f"{row.block.name}: {1e4 * row.alone.value:.3g} -> {1e4 * row.error.value:.3g}, "
        f"{row.energy.energy_fj:.0f}"
    )


def _designer(layer: str, arguments: argparse.Namespace) -> tuple[BlockDesigner, str]:
    graph, parts = _network(layer, arguments.resnet20)
    positions = arguments.positions
    node = next(each for each in graph.nodes if each.name == layer)
    chosen, operands = parts.proposing(_DESIGN), parts.proposing(_OPERANDS)
    held_out = parts.fresh(_CALIBRATION, _DESIGN, _OPERANDS).take(np.arange(_REPORT))
    energies = LayerEnergies(
        graph,
        node,
        ARCHITECTURES["systolic"].config(rows=8, columns=8),
        graph.codes(operands.images),
        load_technology("generic45"),
        store=default_store(),
    )
    designer = BlockDesigner(
        Layer(graph, node, graph.codes(chosen.images), positions),
        energies,
        HeldOut(graph, node, graph.codes(held_out.images), positions),
        arguments.effort,
    )
    taps = node.weight[0].size
    return designer, (
        f"{layer} of {graph.name}: {len(node.weight)} filters of {taps} taps; designed on "
        f"{len(chosen)} images, errors on {len(held_out)} others, {positions:,} positions each"
    )


def _network(layer: str, checkpoint: Path | None) -> tuple[Graph, Roles]:
    if _LAYERS[layer] == "resnet20":
        assert checkpoint is not None
        dataset, network = load("cifar10"), resnet20.load(checkpoint)
    else:
        dataset = load("mnist")
        network = load_network("lenet5", dataset, None)
    parts = roles(dataset)
    pixels = parts.proposing(_CALIBRATION).images
    return quantize(network, pixels, name=_LAYERS[layer]), parts


if __name__ == "__main__":
    main()
