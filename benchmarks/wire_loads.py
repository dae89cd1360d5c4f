"""Lengths of wires in routed layouts, the model of them that power and timing use, and its error.

    python benchmarks/wire_loads.py [--folder FOLDER] [--most CELLS] [--write]
    python benchmarks/wire_loads.py --effect lenet5.yaml

Lays out PEs, lanes, arrays of four of them, blocks and other modules of several accelerators with
the flow ``qflow`` on osu018's cells, and fits the mean length of a wire over its fan-out and over
the number of cells of the module around it, as the netlist has modules. Wires to the pins of
a layout do not count: their length is that to its edge, where no edge is in a whole design. Each
layout is left out of the fit in turn, and predicted: that is
the error that is stated. ``--folder`` names where layouts are kept, so that those that are there
are not made again; ``--most`` leaves larger parts out; ``--write`` writes the model into the
package, where technologies read it. ``--effect`` prints what the wires of a built accelerator add.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from sklearn.linear_model import PoissonRegressor
from timing import MIXES, grid_config

from hawx_hw.config.load import load_config
from hawx_hw.config.models import Config
from hawx_hw.datasets.dataset import evenly_spaced
from hawx_hw.design.emission import TOP, emit_accelerator
from hawx_hw.design.sources import verilog_sources
from hawx_hw.flows.runner import Runner
from hawx_hw.flows.tools.qflow.blif import PlacedNetlist, placed_netlist
from hawx_hw.flows.tools.qflow.flow import run_part
from hawx_hw.flows.tools.qflow.measure import Measured, checks, measure, netlist_of
from hawx_hw.flows.tools.qflow.parts import Part, array_part, block_parts, module_part, unit_part
from hawx_hw.flows.tools.qflow.project import LEF, TECHNOLOGY, write_project
from hawx_hw.netlist.flat import FlatNetlist, flatten
from hawx_hw.netlist.netlist import Netlist
from hawx_hw.netlist.surroundings import surroundings
from hawx_hw.netlist.timing import longest_path
from hawx_hw.pipeline.data import dataset_of
from hawx_hw.pipeline.inputs import plan_of as plan_in
from hawx_hw.sweep.label import plan_of
from hawx_hw.synthesis.modules import map_designs
from hawx_hw.synthesis.store import default_store
from hawx_hw.technology import load
from hawx_hw.technology.wires import FITTED_LENGTHS, STEINER, LengthFit, WireModel
from hawx_hw.util.files import read_text, write_text
from hawx_hw.util.scratch import scratch_folder
from hawx_hw.verification.power import measure_power

#: Modules besides units, arrays and blocks, for sizes in between.
MODULES = {
    "exact": ("hawx_requantizer", "hawx_layer_sequencer", "hawx_registers", "hawx_row_feeder",
              "hawx_result_streamer"),
    "simt": ("hawx_requantizer", "hawx_decoder", "hawx_dispatch", "hawx_activation_window",
             "hawx_walker"),
}  # fmt: skip
_LIMIT_SECONDS = 7200.0


@dataclass(frozen=True)
class Nets:
    """The wires of one layout between its cells.

    Parameters
    ----------
    name : str
    cells : int
    cell_area_um2, layout_area_um2 : float
    fan_out : ndarray of int64, shape (nets,)
    around : ndarray of int64, shape (nets,)
        Cells of the module around each.
    length_um, capacitance_ff, extracted_ff : ndarray of float, shape (nets,)
        Capacitances by the LEF, and as Magic extracts them.
    clock : (int, float) or None
        Pins and length in um of the clock's wire, which is in none of the others: it leads to a pin
        of the layout, which matters little for one of so many.
    """

    name: str
    cells: int
    cell_area_um2: float
    layout_area_um2: float
    fan_out: NDArray[np.int64]
    around: NDArray[np.int64]
    length_um: NDArray[np.float64]
    capacitance_ff: NDArray[np.float64]
    extracted_ff: NDArray[np.float64]
    clock: tuple[int, float] | None = None


def designs() -> dict[str, Config]:
    """Accelerators by name, on LeNet-5: 2 x 2 PEs with several blocks, and four lanes."""
    configs = {name: grid_config(2, 2, blocks) for name, blocks in MIXES.items()}
    simt = configs["exact"].model_dump(mode="json", exclude_unset=True)
    simt["accelerator"] = {"architecture": "simt", "lanes": 4}
    return {**configs, "simt": Config.model_validate(simt)}


def parts_of(name: str, netlist: Netlist) -> Iterator[Part]:
    """What is laid out of a design."""
    yield unit_part(netlist)
    yield from block_parts(netlist)
    yield array_part(netlist)
    for module in MODULES.get(name, ()):
        yield module_part(netlist, module)


def layouts(folder: Path, most: int, console: Console) -> Iterator[Nets]:
    """All layouts, the smallest first, made where they are missing."""
    lef = load(TECHNOLOGY).liberty.with_name(LEF)
    parts: dict[str, tuple[str, FlatNetlist, PlacedNetlist]] = {}
    for name, config in designs().items():
        for part in parts_of(name, mapped(config)):
            flat = flatten(part.netlist)
            placed = placed_netlist(flat, part.name)
            # A block in several designs is laid out once.
            parts.setdefault(placed.text(), (name, flat, placed))
    for name, flat, placed in sorted(parts.values(), key=lambda part: part[1].cells):
        if len(placed.cells) > most:
            continue
        place = folder / name.replace(" ", "_")
        place.mkdir(parents=True, exist_ok=True)
        shutil.copy(lef, place / LEF)
        part = place / placed.name
        there = part.is_dir() and same_circuit(netlist_of(part, placed.name), placed)
        if not there or not all(each.passed for each in checks(part, placed.name)):
            shutil.rmtree(part, ignore_errors=True)
            write_project(part, placed, None)
            run_part(place, placed.name, Runner(place, _LIMIT_SECONDS))
        failed = [each for each in checks(part, placed.name) if not each.passed]
        if failed:
            console.print(f"{name}, {placed.name}: {failed[0].name}: {failed[0].detail}")
            continue
        measured = measure(part, placed.name, place / LEF)
        laid_out = netlist_of(part, placed.name)
        yield nets_of(f"{name}: {placed.name}", measured, laid_out, cells_around(flat, laid_out))


def same_circuit(one: PlacedNetlist, other: PlacedNetlist) -> bool:
    """Whether two netlists have the same cells with the same wires, whatever their nets' names."""

    def numbered(netlist: PlacedNetlist) -> list[tuple[str, tuple[tuple[str, int], ...]]]:
        numbers: dict[str, int] = {}
        return [
            (cell, tuple((pin, numbers.setdefault(net, len(numbers))) for pin, net in pins.items()))
            for cell, (_, pins) in netlist.cells.items()
        ]

    return numbered(one) == numbered(other)


def mapped(config: Config) -> Netlist:
    """A design on osu018's cells."""
    with scratch_folder("wires") as folder:
        emit_accelerator(plan_of(config), folder, config_hash=0)
        sources = {path.name: read_text(path) for path in verilog_sources(folder)}
    (design,) = map_designs([(sources, TOP)], load(TECHNOLOGY), store=default_store())
    return design.netlist


def cells_around(flat: FlatNetlist, placed: PlacedNetlist) -> dict[str, int]:
    """Cells of the module around each net, by its name in the layout."""
    around = surroundings(flat).cells
    groups = {group.kind: group for group in flat.groups}
    return {
        net: int(around[groups[kind].nets_at(pin)[int(cell.rsplit("_", 1)[1]) - 1]])
        for cell, (kind, pins) in placed.cells.items()
        for pin, net in pins.items()
    }


def nets_of(
    name: str, measured: Measured, placed: PlacedNetlist, around: Mapping[str, int]
) -> Nets:
    """The nets of a layout that lead somewhere, and to none of its pins."""
    pins = {*placed.inputs, *placed.outputs}
    nets = [
        net for net in measured.wires.nets if measured.fan_outs.get(net, 0) > 0 and net not in pins
    ]
    return Nets(
        name,
        measured.cells,
        measured.cell_area_um2,
        measured.layout_area_um2,
        np.array([measured.fan_outs[net] for net in nets]),
        np.array([around[net] for net in nets]),
        np.array([measured.wires.total(net) for net in nets]),
        np.array([measured.capacitance_ff[net] for net in nets]),
        np.array([measured.extracted_ff.get(net, 0.0) for net in nets]),
        next(
            (
                (measured.fan_outs[net], measured.wires.total(net))
                for net in placed.inputs
                if net in measured.wires.nets and (net == "clk" or net.endswith("_clk"))
            ),
            None,
        ),
    )


def pitches(nets: Nets) -> NDArray[np.float64]:
    """Lengths of the wires of a layout in pitches of a cell: the root of its cells' mean area."""
    return nets.length_um / (nets.cell_area_um2 / nets.cells) ** 0.5


def fitted(layouts: Sequence[Nets], *, by_size: bool = True) -> tuple[float, float, float]:
    """Scale, exponent of the fan-out and exponent of the number of cells.

    A regression of the mean with a logarithmic link (Poisson's), in which every layout weighs as
    much, so that the wires of a layout are as long in all as they are.

    Parameters
    ----------
    layouts : sequence of Nets
    by_size : bool
        Whether the number of cells counts; otherwise its exponent is 0.
    """
    fan_out = np.concatenate([np.log(nets.fan_out) for nets in layouts])
    cells = np.concatenate([np.log(nets.around) for nets in layouts])
    weights = np.concatenate(
        [np.full(len(nets.fan_out), 1 / pitches(nets).sum()) for nets in layouts]
    )
    inputs = np.stack([fan_out, cells][: 1 + by_size], axis=1)
    model = PoissonRegressor(alpha=0, tol=1e-8, max_iter=1000)
    model.fit(inputs, np.concatenate([pitches(nets) for nets in layouts]), weights)
    exponents = [float(each) for each in model.coef_]
    return float(np.exp(model.intercept_)), exponents[0], exponents[1] if by_size else 0.0


def deviations(layouts: Sequence[Nets], *, by_size: bool = True) -> list[float]:
    """By how much the wires of each layout are predicted too long, in all, from the others."""
    result = []
    for left_out, nets in enumerate(layouts):
        others = [each for at, each in enumerate(layouts) if at != left_out]
        predicted = law(fitted(others, by_size=by_size), nets)
        result.append(float(predicted.sum() / pitches(nets).sum() - 1))
    return result


def table_deviation(nets: Nets, table: WireModel, cell_area_um2: float) -> float:
    """By how much a technology's table makes the wires of a layout too long, in all, in pitches."""
    lengths = table.lengths(nets.fan_out) / cell_area_um2**0.5
    return float(lengths.sum() / pitches(nets).sum() - 1)


def clock_deviation(nets: Nets) -> float:
    """By how much a Steiner tree of random points is longer than the clock's wire."""
    assert nets.clock is not None
    pins, length = nets.clock
    tree = STEINER * ((pins + 1) * nets.cell_area_um2) ** 0.5
    return tree / length - 1


def scatter(layouts: Sequence[Nets], fit: tuple[float, float, float]) -> float:
    """Standard deviation of one wire from what the fit gives, as a share of it."""
    return float(np.std(np.concatenate([pitches(nets) / law(fit, nets) for nets in layouts])))


def law(fit: tuple[float, float, float], nets: Nets) -> NDArray[np.float64]:
    """Lengths of the wires of a layout by a fit, in pitches."""
    return LengthFit(*fit, (1, 1), 0, 0.0, "").pitches(nets.fan_out, nets.around)


def report(layouts: Sequence[Nets], console: Console) -> dict[str, Any]:
    """Print the layouts, the fit and its error; returns the content of the fit's file."""
    generic = load("generic45")
    assert generic.wires is not None
    area = typical_cell_area()
    table = Table(
        title=f"Wires of {len(layouts)} layouts in {TECHNOLOGY}: areas in um2, lengths in um and, "
        "of one wire, in pitches; fF/um by the LEF and by Magic; deviations of the lengths in all"
    )
    for name in ("layout", "cells", "layout area", "cell area", "wires", "LEF", "Magic", "pitches",
                 "fit", "without size", "table"):  # fmt: skip
        table.add_column(name, justify="left" if name == "layout" else "right", no_wrap=True)
    with_size, without = deviations(layouts), deviations(layouts, by_size=False)
    by_table = [table_deviation(nets, generic.wires, area) for nets in layouts]
    for nets, *errors in zip(layouts, with_size, without, by_table, strict=True):
        length = nets.length_um.sum()
        table.add_row(
            nets.name, f"{nets.cells:,}", f"{nets.layout_area_um2:,.0f}",
            f"{nets.cell_area_um2:,.0f}", f"{length:,.0f}",
            f"{nets.capacitance_ff.sum() / length:.4f}", f"{nets.extracted_ff.sum() / length:.4f}",
            f"{pitches(nets).mean():.2f}", *(f"{100 * error:+.1f} %" for error in errors),
        )  # fmt: skip
    console.print(table)
    fit = fitted(layouts)
    error = float(np.mean(np.abs(with_size)))
    total = sum(nets.length_um.sum() for nets in layouts)
    for name, values in (("fit", with_size), ("without size", without), ("table", by_table)):
        absolute = np.abs(values)
        console.print(
            f"{name}: off by {100 * absolute.mean():.1f} % in the mean, {100 * absolute.max():.1f} "
            "% at most, for a layout in all"
        )
    console.print(f"one wire: standard deviation {100 * scatter(layouts, fit):.0f} % of the fit")
    clocks = [clock_deviation(nets) for nets in layouts if nets.clock is not None]
    console.print(
        f"{len(clocks)} clocks: {100 * np.mean(clocks):+.0f} % in the mean, "
        f"{100 * min(clocks):+.0f} to {100 * max(clocks):+.0f} %, by a tree of random points"
    )
    for name, values in (("LEF", [n.capacitance_ff for n in layouts]),
                         ("extracted", [n.extracted_ff for n in layouts])):  # fmt: skip
        capacitance = sum(each.sum() for each in values)
        console.print(f"{name}: {capacitance / total:.4f} fF/um over all layouts")
    content = {
        "scale": float(f"{fit[0]:.4g}"),
        "by_fan_out": float(f"{fit[1]:.4g}"),
        "by_cells": float(f"{fit[2]:.4g}"),
        "cells": [int(min(n.around.min() for n in layouts)), max(n.cells for n in layouts)],
        "layouts": len(layouts),
        "error": float(f"{error:.3g}"),
        "source": f"{len(layouts)} layouts of PEs, lanes and blocks in {TECHNOLOGY}",
    }
    console.print_json(json.dumps(content))
    return content


def typical_cell_area() -> float:
    """Mean area of a cell in a PE with the exact block, in generic45, in um2."""
    with scratch_folder("wires") as folder:
        emit_accelerator(plan_of(designs()["exact"]), folder, config_hash=0)
        sources = {path.name: read_text(path) for path in verilog_sources(folder)}
    (design,) = map_designs([(sources, TOP)], load("generic45"), store=default_store())
    totals = unit_part(design.netlist).netlist.report()
    return totals.area / totals.cells


def effect(path: Path, console: Console) -> None:
    """Print path and energy of a config with and without wires; its build folder is in ``build/``.

    The accelerator is mapped as the stage ``synth`` maps it. 16 test images, glitches left out.
    """
    config, base = load_config(path), path.parent
    folder = Path("build") / config.name
    technology, plan = load(config.technology, base=base), plan_in(folder, base)
    sources = {source.name: read_text(source) for source in verilog_sources(folder)}
    (design,) = map_designs(
        [(sources, TOP)],
        technology,
        clock_gating=config.accelerator.clock_gating,
        store=default_store(),
    )
    images = plan.graph.codes(evenly_spaced(dataset_of(config, base).test, 16).images)
    without, _ = longest_path(design.flat)
    table = Table(title=f"{config.name}: {design.flat.cells:,} cells of {technology.name}")
    for name in (
        "wires",
        "longest path, ns",
        "capacitance of wires, pF",
        "of pins, pF",
        "energy, nJ",
    ):
        table.add_column(name, justify="right")
    for kind in ("none", "estimated", "measured"):
        path_ns, _ = longest_path(design.flat, technology.wire_model(kind))
        power = measure_power(
            design.flat, plan, folder / "mem", images, technology,
            longest_path_ns=without.delay, clock_gating=config.accelerator.clock_gating, wires=kind,
        )  # fmt: skip
        wires = power.wires
        table.add_row(
            kind,
            f"{path_ns.delay:.3f}",
            f"{wires.capacitance_ff / 1000:.1f}" if wires else "",
            f"{wires.pins_ff / 1000:.1f}" if wires else "",
            f"{power.energy_pj / 1000:.1f}",
        )
    console.print(table)


def main() -> None:
    """Make the layouts, fit, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, default=Path("build/wire_loads"))
    parser.add_argument("--most", type=int, default=2700, help="cells of the largest part")
    parser.add_argument("--write", action="store_true", help="write the model into the package")
    parser.add_argument("--effect", type=Path, metavar="CONFIG", help="of wires on a built config")
    options = parser.parse_args()
    console = Console(width=170)
    if options.effect is not None:
        effect(options.effect, console)
        return
    every = []
    for nets in layouts(options.folder, options.most, console):
        console.print(f"{nets.name}: {nets.cells:,} cells", style="dim")
        every.append(nets)
    content = report(every, console)
    if options.write:
        write_text(FITTED_LENGTHS, json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()
