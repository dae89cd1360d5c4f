"""The systolic array and the SIMT unit side by side, built and measured.

    python benchmarks/architectures.py [--multipliers 8 16 64] [--images N] [--keep FOLDER]
    python benchmarks/architectures.py --blocks [--picture FILE.svg]

LeNet-5 on the digits, generic45 and its memory model. The first command builds both architectures
with exact blocks and equally many multipliers; the shape of the array is the one that the tool
chooses for that many. The second builds both with 16 multipliers under several assignments: one
block everywhere (homogeneous), and mixtures by layer, by filter and by slice of taps
(heterogeneous), whose cells hold several blocks where the assignment needs it; it prints accuracy,
power, energy and area, and draws them. Every design is emitted, synthesized, and images run through
its gates, glitches included: a result or a cycle other than the integer model's ends the benchmark.
One to three minutes a design.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from hawx_hw.compensation.result import AssignResult
from hawx_hw.design.program import EmitResult
from hawx_hw.power.result import PowerResult
from hawx_hw.quantize.result import QuantizeResult
from hawx_hw.synthesis.result import SynthResult
from hawx_hw.technology import load

#: Names of the architectures in the config, and what they are called.
ARCHITECTURES: Mapping[str, str] = {"systolic": "systolic array", "simt": "SIMT unit"}
#: What each can run, in words.
RUNS: Mapping[str, str] = {
    "systolic": "the network that it was built for; with loaded parameters other weights of it",
    "simt": "programs within its instructions, memories and fields of streams, which are those of"
    " the network that it was built for; more with `instructions: all` and loaded parameters",
}
_SHARED = 16
#: Assignments of the second table: homogeneous ones are names of blocks.
HOMOGENEOUS = ("exact", "precision(w=4,a=4)", "array(2,2,0)", "drum(k=4)", "roup(1,2)")
HETEROGENEOUS: Mapping[str, Mapping[str, Any]] = {
    "by layer": {
        "conv1": "array(2,2,0)",
        "conv2": "precision(w=4,a=4)",
        "fc1": "drum(k=4)",
        "fc2": "drum(k=4)",
        "fc3": "array(2,2,0)",
    },
    "by filter": {
        "conv1": "array(2,2,0)",
        "conv2": [
            {"block": "array(2,2,0)", "filters": "0-3"},
            {"block": "precision(w=4,a=4)"},
        ],
        "fc1": "precision(w=4,a=4)",
        "fc2": "precision(w=4,a=4)",
        "fc3": "array(2,2,0)",
    },
    "by slice": {
        "conv1": "array(2,2,0)",
        "conv2": [
            {"block": "array(2,2,0)", "input_channels": "0-2"},
            {"block": "precision(w=4,a=4)"},
        ],
        "fc1": "precision(w=4,a=4)",
        "fc2": "precision(w=4,a=4)",
        "fc3": "array(2,2,0)",
    },
}


@dataclass(frozen=True)
class Design:
    """A design to build.

    Parameters
    ----------
    architecture : str
    multipliers : int
    blocks : str
        What its assignment is called.
    """

    architecture: str
    multipliers: int
    blocks: str = "exact"

    @property
    def heterogeneous(self) -> bool:
        """Whether several blocks are mixed."""
        return self.blocks in HETEROGENEOUS

    def config(self, images: int) -> dict[str, Any]:
        """Its config."""
        size = {"systolic": "multipliers", "simt": "lanes"}[self.architecture]
        mixed = HETEROGENEOUS.get(self.blocks)
        return {
            "name": "design",
            "network": {"model": "lenet5", "dataset": "digits"},
            "accelerator": {
                "architecture": self.architecture,
                size: self.multipliers,
                "parameters": "rom",
            },
            "blocks": self.blocks if mixed is None else {"layers": mixed},
            "power": {"images": images},
            "technology": "generic45",
        }


@dataclass(frozen=True)
class Row:
    """A design with what it takes.

    Parameters
    ----------
    design : Design
    title : str
        Its size, in words.
    accuracy : float
        On the test images, in [0, 1].
    area, memory_area : float
        Of the cells, and of the memories, in um2.
    path_ns : float
        The longest path.
    macs : int
        Multiplications of an image.
    power : PowerResult
    """

    design: Design
    title: str
    accuracy: float
    area: float
    memory_area: float
    path_ns: float
    macs: int
    power: PowerResult

    @property
    def nj(self) -> float:
        """Energy of an image in nJ."""
        return self.power.energy_pj / 1000

    @property
    def parts(self) -> dict[str, float]:
        """Energy of an image by part, in nJ."""
        result: dict[str, float] = {}
        for layer in self.power.layers:
            for part, energy in layer.parts.items():
                result[part] = result.get(part, 0.0) + energy / 1000
        return result


def measured(design: Design, folder: Path, images: int) -> Row:
    """Build a design in a folder, and run images through its gates."""
    folder.mkdir(parents=True, exist_ok=True)
    # Every document in JSON is one in YAML.
    (folder / "design.yaml").write_text(json.dumps(design.config(images)), "utf-8")
    command = [sys.executable, "-m", "hawx_hw", "power", "design.yaml"]
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if ended.returncode:
        sys.exit(f"{design}: {ended.stderr[-2000:]}")
    return read(design, folder / "build" / "design")


def read(design: Design, build: Path) -> Row:
    """A design that was built."""
    assigned = AssignResult.read(build).accuracy
    exact = QuantizeResult.read(build).accuracy.int8
    synthesized = SynthResult.read(build)
    model = load("generic45").memories
    memories = sum(
        memory.instances * model.metrics(memory.kind, memory.width, memory.depth).area
        for memory in synthesized.memories
    )
    emitted = EmitResult.read(build)
    return Row(
        design,
        emitted.title,
        exact if assigned is None else assigned.assigned,
        synthesized.area,
        memories,
        synthesized.timing.longest_path_ns,
        sum(sum(layer.blocks.values()) for layer in emitted.multiplications),
        PowerResult.read(build),
    )


def side_by_side(rows: Sequence[Row]) -> list[Table]:
    """A table of sizes and one of energies."""
    sizes = Table(title="exact blocks; areas in um2")
    names = ("multipliers", "design", "area, no memories", "a multiplier", "memories",
             "longest path, ns", "cycles", "busy", "energy, nJ", "pJ a MAC")  # fmt: skip
    for name in names:
        sizes.add_column(name, justify="left" if name == "design" else "right")
    for row in rows:
        count, macs = row.design.multipliers, row.macs
        sizes.add_row(
            str(count),
            row.title,
            f"{row.area:,.0f}",
            f"{row.area / count:,.0f}",
            f"{row.memory_area:,.0f}",
            f"{row.path_ns:.2f}",
            f"{row.power.cycles:,}",
            f"{macs / count / row.power.cycles:.1%}",
            f"{row.nj:,.1f}",
            f"{1000 * row.nj / macs:.2f}",
        )
    energies = Table(title="energy of an image by part, nJ")
    energies.add_column("part")
    for row in rows:
        energies.add_column(f"{ARCHITECTURES[row.design.architecture]}, {row.design.multipliers}",
                            justify="right")  # fmt: skip
    for part in dict.fromkeys(part for row in rows for part in row.parts):
        cells = (f"{row.parts[part]:,.1f}" if part in row.parts else "" for row in rows)
        energies.add_row(part, *cells)
    return [sizes, energies]


def by_blocks(rows: Sequence[Row]) -> Table:
    """Accuracy, power and area of every assignment."""
    table = Table(title=f"{_SHARED} multipliers; areas in um2")
    for name in ("design", "blocks", "accuracy, %", "power, mW", "energy, nJ", "of exact's",
                 "area, no memories", "of exact's "):  # fmt: skip
        table.add_column(name, justify="left" if name in ("design", "blocks") else "right")
    exact = {row.design.architecture: row for row in rows if row.design.blocks == "exact"}
    before = rows[0]
    for row in rows:
        own = exact[row.design.architecture]
        if row.design.architecture != before.design.architecture:
            table.add_section()
        table.add_row(
            ARCHITECTURES[row.design.architecture],
            row.design.blocks,
            f"{100 * row.accuracy:.1f}",
            f"{row.power.power_uw / 1000:.2f}",
            f"{row.nj:,.1f}",
            f"{row.nj / own.nj:.1%}",
            f"{row.area:,.0f}",
            f"{row.area / own.area:.1%}",
        )
        before = row
    return table


def draw(rows: Sequence[Row], path: Path) -> None:
    """Draw accuracy, power and area of every assignment."""
    from hawx_hw.util.plotting import picture

    colors = {"systolic": "tab:blue", "simt": "tab:orange"}
    panels = (
        ("power, mW", lambda row: row.power.power_uw / 1000),
        ("energy of an image, nJ", lambda row: row.nj),
        ("area without memories, 1,000 um2", lambda row: row.area / 1000),
    )
    with picture(path, (10.5, 3.8)) as figure:
        for number, (label, value) in enumerate(panels):
            axes = figure.add_subplot(1, len(panels), number + 1)
            for architecture, title in ARCHITECTURES.items():
                for mixed, marker in ((False, "o"), (True, "D")):
                    own = [
                        row for row in rows
                        if row.design.architecture == architecture
                        and row.design.heterogeneous == mixed
                    ]  # fmt: skip
                    axes.plot(
                        [value(row) for row in own],
                        [100 * row.accuracy for row in own],
                        marker,
                        color=colors[architecture],
                        fillstyle="full" if mixed else "none",
                        label=f"{title}, {'several blocks' if mixed else 'one block'}",
                    )
            axes.set_xlabel(label)
            axes.set_xlim(left=0)
            if number == 0:
                axes.set_ylabel("accuracy, %")
                axes.legend(fontsize=7, loc="lower left")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--multipliers", type=int, nargs="*", default=(8, 16, 64))
    parser.add_argument("--images", type=int, default=16)
    parser.add_argument("--blocks", action="store_true")
    parser.add_argument("--picture", type=Path)
    parser.add_argument("--keep", type=Path, help="a folder for the builds; left out: none stay")
    options = parser.parse_args()
    console = Console(width=200)
    designs = [
        Design(architecture, count)
        for count in options.multipliers
        for architecture in ARCHITECTURES
    ]
    if options.blocks:
        designs = [
            Design(architecture, _SHARED, blocks)
            for architecture in ARCHITECTURES
            for blocks in (*HOMOGENEOUS, *HETEROGENEOUS)
        ]
    with tempfile.TemporaryDirectory(prefix="hawx-architectures-") as scratch:
        base = options.keep or Path(scratch)
        rows = []
        for design in designs:
            name = "".join(c if c.isalnum() else "_" for c in f"{design.multipliers} "
                           f"{design.architecture} {design.blocks}")  # fmt: skip
            rows.append(measured(design, base / name, options.images))
            print(f"{rows[-1].title}, {design.blocks}: {rows[-1].nj:,.1f} nJ", flush=True)
    if options.blocks:
        console.print(by_blocks(rows))
        if options.picture:
            draw(rows, options.picture)
        return
    for table in side_by_side(rows):
        console.print(table)
    for architecture, what in RUNS.items():
        print(f"The {ARCHITECTURES[architecture]} runs {what}.")


if __name__ == "__main__":
    main()
