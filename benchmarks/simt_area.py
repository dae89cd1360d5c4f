"""Area and longest path of LeNet-5's SIMT units, synthesized for generic45; see simt.py --area."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from accelerator_choice import network

from hawx_hw.architectures.registry import ARCHITECTURES
from hawx_hw.architectures.simt.config import SimtConfig
from hawx_hw.architectures.simt.plan import Plan, plan
from hawx_hw.gateware.accelerator import Accelerator
from hawx_hw.gateware.hierarchy import Emission
from hawx_hw.gateware.verilog import verilog_modules
from hawx_hw.netlist.timing import longest_path
from hawx_hw.prediction.designs import DesignPredictor
from hawx_hw.prediction.prediction import Prediction
from hawx_hw.synthesis import default_store
from hawx_hw.synthesis.implementations import choose_all
from hawx_hw.synthesis.modules import map_designs
from hawx_hw.technology import load
from hawx_hw.util.files import read_text
from hawx_hw.util.resources import rtl_templates
from hawx_hw.util.tables import print_table

__all__ = ["UnitArea", "print_areas", "unit_area"]

_TOP = "hawx_accelerator"


@dataclass(frozen=True)
class UnitArea:
    """What synthesis makes of a unit with its shell, without memories.

    Parameters
    ----------
    parts : dict of str to float
        Area of each part, um2.
    path : float
        Longest path, ns, without wires.
    end : str
        The module in which it ends.
    """

    parts: dict[str, float]
    path: float
    end: str

    @property
    def area(self) -> float:
        """All of it, um2."""
        return sum(self.parts.values())


def unit_area(made: Plan) -> UnitArea:
    """Synthesize a unit, its exact blocks as the stage does."""
    technology = load("generic45")
    implementations = choose_all(made.blocks, technology)
    top = Accelerator(
        made.signature(), lambda: made.core(implementations), config_hash=0, version="0.0.0"
    )
    emission = Emission()
    emission.define(_TOP, top)
    sources = {f"{name}.v": text for name, text in verilog_modules(emission).items()}
    sources |= {path.name: read_text(path) for path in sorted(rtl_templates().glob("*.v"))}
    (mapped,) = map_designs(
        [(sources, _TOP)],
        technology,
        clock_gating=made.accelerator.clock_gating,
        store=default_store(),
    )
    parts: dict[str, float] = {}
    for name, totals in mapped.netlist.report().modules.items():
        part = made.part_of(name) or "other"
        parts[part] = parts.get(part, 0.0) + totals.area_all
    path, _ = longest_path(mapped.flat)
    return UnitArea(parts, path.delay, path.module)


def print_areas(lanes: Sequence[int]) -> None:
    """Print areas and longest paths, with and without a register after each block."""
    graph = network("digits")
    print("Areas without memories (um2) and longest paths (ns), generic45, clocks gated; beside")
    print("them what is predicted without synthesis:\n")
    configs = [
        SimtConfig(lanes=count, block_register=register)
        for count in lanes
        for register in (False, True)
    ]
    configs += [SimtConfig(lanes=count, instructions="all") for count in lanes]
    plans = [plan(graph, config) for config in configs]
    results = [unit_area(made) for made in plans]
    predictor = DesignPredictor(
        ARCHITECTURES["simt"], load("generic45"), plans[0].blocks, store=default_store()
    )
    predictions = [predictor(made) for made in plans]
    names = list(dict.fromkeys(
        name
        for result in results
        for name in sorted(result.parts, key=lambda part: -result.parts[part])
    ))  # fmt: skip
    heading = ("lanes", "instructions", "block register", "area", "predicted", "a lane", "path",
               "predicted ", "ends in", *names)  # fmt: skip
    lines = zip(configs, results, predictions, strict=True)
    print_table(heading, [_record(*line, names) for line in lines])


def _record(
    config: SimtConfig, result: UnitArea, prediction: Prediction, names: Sequence[str]
) -> tuple[str, ...]:
    lanes = config.unit().lanes
    return (
        str(lanes),
        config.instructions,
        "yes" if config.block_register else "no",
        f"{result.area:,.0f}",
        f"{prediction.area.value:,.0f}",
        f"{result.area / lanes:,.0f}",
        f"{result.path:.2f}",
        f"{prediction.longest_path_ns.value:.2f}",
        result.end.removeprefix("hawx_"),
        *(f"{result.parts.get(name, 0.0):,.0f}" for name in names),
    )
