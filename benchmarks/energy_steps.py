"""What each saving is worth: the energy of an image without them, with them one after another.

    python benchmarks/energy_steps.py [--images N] [--no-glitches] [--keep FOLDER]

LeNet-5 on the digits, 8 x 8, generic45 and its memory model, under exact blocks and under a uniform
lower precision. The savings are clock gating, pooling before requantization, and words only as wide
as the network needs. The program has no option for the last two: they are undone in a copy of it,
in a scratch folder; the checkout is only read. Each design is synthesized from nothing but what the
store holds, and images run through its gates: a result or a cycle other than the integer model's
ends the benchmark. About a minute a design.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mutations import copy_tree
from rich.console import Console
from rich.table import Table

from hawx_hw.power.result import PowerResult

_GATEWARE = "hawx_hw/architectures/systolic/gateware"
_POST = f"{_GATEWARE}/post_processor.py"
_REQUANTIZER = "hawx_hw/gateware/requantizer.py"
_EXACT, _COARSE = "exact", "precision(w=3,a=3)"
_CONFIG = """\
name: steps
network: {{model: lenet5, dataset: digits}}
accelerator:
  {{architecture: systolic, rows: 8, columns: 8, parameters: rom, clock_gating: {gating}}}
blocks: {blocks}
power: {{images: {images}, glitches: {glitches}}}
technology: generic45
"""


@dataclass(frozen=True)
class Edit:
    """A text of a file that occurs once, and what stands there instead."""

    file: str
    old: str
    new: str

    def applied(self, text: str) -> str:
        """The text of the file with the edit in it.

        Raises
        ------
        ValueError
            The old text does not occur exactly once.
        """
        count = text.count(self.old)
        if count != 1:
            raise ValueError(f"{self.old!r} must occur once in {self.file}, not {count} times")
        return text.replace(self.old, self.new)


#: Codes of eight bits, products of 16, sums as wide as the longest dot product in every row.
FULL_WIDTHS = (
    Edit(
        "hawx_hw/architectures/systolic/widths.py",
        """\
    zeros = sum_zeros(layers, pe_blocks.blocks)
""",
        """\
    zeros = 0
""",
    ),
    Edit(
        "hawx_hw/architectures/systolic/widths.py",
        """\
        activation_zeros=activation_zeros(layers, image),
        weight_zeros=weight_zeros(layers),
        sum_zeros=zeros,
        product_bits=product_bits,
        sum_bits=sum_bits,
""",
        """\
        activation_zeros=0,
        weight_zeros=0,
        sum_zeros=0,
        product_bits=(16,) * len(product_bits),
        sum_bits=(max(16, *sum_bits),) * len(sum_bits),
""",
    ),
)
#: Every sum becomes a code, and the largest code of a window counts.
POOLING_AFTER = (
    # The constants of every element are there, not only those of the one that ends its window.
    Edit(
        f"{_GATEWARE}/accumulator_readout.py",
        "here.reads_constants.eq(window_ends & (first_window | (in_slice > 1))),",
        "here.reads_constants.eq(first_window | (in_slice > 1)),",
    ),
    Edit(_REQUANTIZER, "        if f.pooled:\n", "        if False:\n"),
    Edit(
        _REQUANTIZER,
        """\
        with m.If(valid & leaves):
            m.d.sync += [value.eq(largest)""",
        """\
        with m.If(valid):
            m.d.sync += [value.eq(largest)""",
    ),
    Edit(
        _REQUANTIZER,
        """\
            m.d.sync += self.code.eq(self._clamped(m, total))
""",
        """\
            m.d.sync += self.code.eq(self._largest(m, self._clamped(m, total)))
""",
    ),
    Edit(
        _REQUANTIZER,
        """\
    def _clamped(self, m: Module, total: Signal) -> Value:
""",
        """\
    def _largest(self, m: Module, code: Value) -> Value:
        groups = self._format.windows
        registers = [Signal(CODE, name=f"largest_{n}", reset_less=True) for n in range(groups)]
        before, own = Signal(CODE), Signal(CODE)
        m.d.comb += own.eq(code)
        with m.Switch(self.group):
            for number, register in enumerate(registers):
                with m.Case(number):
                    m.d.comb += before.eq(register)
        largest = Mux(self.compare_first | (own > before), own, before)
        for number, register in enumerate(registers):
            with m.If(self.stage_valid[-1] & ~self.compare_last & (self.group == number)):
                m.d.sync += register.eq(largest)
        return largest

    def _clamped(self, m: Module, total: Signal) -> Value:
""",
    ),
    Edit(
        _REQUANTIZER,
        "complete.valid.eq(self._multiplied.valid & self._multiplied.payload.window_last),",
        "complete.valid.eq(self._multiplied.valid),",
    ),
    Edit(
        _REQUANTIZER,
        "        self.compared, self._multiplied = stages[compare].payload, stages[multiply]\n",
        "        self._multiplied = stages[multiply]\n",
    ),
    Edit(
        _REQUANTIZER,
        "complete = FlowSignature(self.compared.shape()).create",
        "complete = FlowSignature(self._multiplied.payload.shape()).create",
    ),
    Edit(
        _REQUANTIZER,
        "        self.complete = line[-1]\n",
        "        self.complete, self.compared = line[-1], line[-2].payload\n",
    ),
    Edit(
        _POST,
        "store.valid.eq(stages.complete.valid),",
        "store.valid.eq(stages.complete.valid & stages.complete.payload.window_last),",
    ),
)
#: The savings in the order in which they are added, and how the tree does without each; clock
#: gating has an option.
SAVINGS: Mapping[str, tuple[Edit, ...]] = {
    "clock gating": (),
    "pooling before requantization": POOLING_AFTER,
    "words as wide as needed": FULL_WIDTHS,
}


@dataclass(frozen=True)
class Row:
    """A design's energy.

    Parameters
    ----------
    blocks : str
    savings : frozenset of str
        Those that it has.
    power : PowerResult
    """

    blocks: str
    savings: frozenset[str]
    power: PowerResult

    @property
    def nj(self) -> float:
        """Energy of an image in nJ."""
        return self.power.energy_pj / 1000


def designs() -> list[tuple[str, frozenset[str]]]:
    """Blocks and savings of every design: one saving after another, then all but one."""
    names = list(SAVINGS)
    chosen = [frozenset(names[:count]) for count in range(len(names) + 1)]
    chosen += [frozenset(names) - {name} for name in names]
    unique = list(dict.fromkeys(chosen))
    coarse = (frozenset(names) - {"words as wide as needed"}, frozenset(names))
    return [*((_EXACT, each) for each in unique), *((_COARSE, each) for each in coarse)]


def patch(tree: Path, savings: Collection[str]) -> None:
    """Undo in a copy of the program the savings that are not among ``savings``."""
    for name, edits in SAVINGS.items():
        for edit in edits if name not in savings else ():
            path = tree / edit.file
            path.write_text(edit.applied(path.read_text("utf-8")), "utf-8")


def measured(
    program: Path, folder: Path, blocks: str, savings: frozenset[str], images: int, glitches: bool
) -> Row:
    """Build a design with a copy of ``program`` in ``folder``, and weigh images on its gates."""
    tree, work = folder / "tree", folder / "work"
    shutil.copytree(program, tree)
    patch(tree, savings)
    work.mkdir()
    text = _CONFIG.format(
        blocks=blocks,
        gating=str("clock gating" in savings).lower(),
        images=images,
        glitches=str(glitches).lower(),
    )
    (work / "steps.yaml").write_text(text, "utf-8")
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "hawx_hw", "power", "steps.yaml"]
    ended = subprocess.run(
        command, cwd=work, env=environment, capture_output=True, text=True, check=False
    )
    if ended.returncode:
        sys.exit(f"{blocks}, {sorted(savings)}: {ended.stderr[-2000:]}")
    return Row(blocks, savings, PowerResult.read(work / "build" / "steps"))


def table(rows: Sequence[Row]) -> Table:
    """The energies by part and the savings' shares, one row a design."""
    parts = list(dict.fromkeys(part for row in rows for part in _parts(row.power)))
    result = Table(title="energy of an image, nJ")
    for name in ("blocks", "with", *parts, "all", "change", "of none's", "cycles"):
        result.add_column(name, justify="left" if name in ("blocks", "with") else "right")
    none = next(row for row in rows if row.blocks == _EXACT and not row.savings)
    before = none
    for row in rows:
        if row.blocks != before.blocks:
            result.add_section()
        own = _parts(row.power)
        change = f"{row.nj - before.nj:+,.1f}" if row.savings > before.savings else ""
        result.add_row(
            row.blocks,
            _named(row.savings),
            *(f"{own.get(part, 0.0):,.1f}" for part in parts),
            f"{row.nj:,.1f}",
            change if row.blocks == before.blocks else "",
            f"{100 * (row.nj / none.nj - 1):+.1f} %",
            f"{row.power.cycles:,}",
        )
        before = row
    return result


def shares(rows: Sequence[Row]) -> list[str]:
    """One line a saving: what it saves as the next one, and what would be lost without it."""
    energy = {row.savings: row.nj for row in rows if row.blocks == _EXACT}
    every = frozenset(SAVINGS)
    none, best = energy[frozenset()], energy[every]
    lines = []
    names = list(SAVINGS)
    for number, name in enumerate(names):
        before, after = (energy[frozenset(names[:count])] for count in (number, number + 1))
        without = energy[every - {name}]
        lines.append(
            f"{name}: {before - after:,.1f} nJ, {100 * (before - after) / none:.1f} % of the energy"
            f" without savings; all without it take {100 * (without / best - 1):.1f} % more"
        )
    clocks = {row.savings: _memory_clocks(row.power) for row in rows if row.blocks == _EXACT}
    first, last = clocks[frozenset()], clocks[every]
    lines.append(
        f"of the clock, memories made of flip-flops and gates take {first:,.1f} nJ without savings,"
        f" {last:,.1f} nJ with all; the others' energies fall by"
        f" {100 * (1 - (best - last) / (none - first)):.1f} %"
    )
    lines.append(f"all: {none:,.1f} to {best:,.1f} nJ, {100 * (1 - best / none):.1f} % less")
    return lines


def _named(savings: frozenset[str]) -> str:
    if len(savings) == len(SAVINGS):
        return "all"
    return ", ".join(name for name in SAVINGS if name in savings) or "none"


def _memory_clocks(power: PowerResult) -> float:
    """Energy of the memories' clock in an image, in nJ."""
    return sum(memory.clock_fj for memory in power.memories) * power.cycles / 1e6


def _parts(power: PowerResult) -> dict[str, float]:
    """Energy of an image by part, in nJ."""
    result: dict[str, float] = {}
    for layer in power.layers:
        for part, energy in layer.parts.items():
            result[part] = result.get(part, 0.0) + energy / 1000
    return result


def main() -> None:
    """Print the table, and each saving's share."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--images", type=int, default=64)
    parser.add_argument("--no-glitches", action="store_true")
    parser.add_argument("--keep", type=Path, help="a folder for the builds; left out: none stay")
    options = parser.parse_args()
    console = Console(width=200)
    with tempfile.TemporaryDirectory(prefix="hawx-steps-") as scratch:
        base = options.keep or Path(scratch)
        program, rows = Path(scratch, "program"), []
        copy_tree(program)
        for number, (blocks, savings) in enumerate(designs()):
            folder = base / str(number)
            folder.mkdir(parents=True)
            rows.append(
                measured(program, folder, blocks, savings, options.images, not options.no_glitches)
            )
            print(f"{blocks}, {_named(savings)}: {rows[-1].nj:,.1f} nJ", flush=True)
    console.print(table(rows))
    print("\n".join(shares(rows)))


if __name__ == "__main__":
    main()
