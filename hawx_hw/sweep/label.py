"""One design, from its config to its measurements: emitted, synthesized, run with real images."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hawx_hw.errors import UserError
from hawx_hw.sweep.space import SampledDesign
from hawx_hw.util.files import sha256_of

if TYPE_CHECKING:
    from hawx_hw.architectures.base import Plan
    from hawx_hw.config.models import Config
    from hawx_hw.datasets import Dataset, Split
    from hawx_hw.graph.graph import Graph
    from hawx_hw.netlist.report import NetlistReport
    from hawx_hw.power.result import PowerResult
    from hawx_hw.synthesis.store import Store
    from hawx_hw.technology import Technology

__all__ = ["Infeasible", "label", "plan_of", "read_beside"]


class Infeasible(Exception):
    """A design that cannot be built: its numbers do not go together."""


@cache
def _dataset(name: str) -> Dataset:
    from hawx_hw import datasets

    return datasets.load(name)


def _proposing(dataset: str, count: int) -> Split:
    """``count`` images that the network learned from, the same as the stages take."""
    from hawx_hw.datasets.roles import roles

    return roles(_dataset(dataset)).proposing(count)


@cache
def _graph(model: str, dataset: str, calibration_images: int) -> Graph:
    """The quantized network, as the stage ``quantize`` makes it."""
    from hawx_hw.importing.sources import Request, load
    from hawx_hw.quantize.calibration import quantize_layers

    images = _proposing(dataset, calibration_images).images
    network = load(Request(model, Path()), _dataset(dataset), images)
    return quantize_layers(network.layers, images, name=f"{model}_{dataset}")


def plan_of(config: Config) -> Plan:
    """The config's network on its accelerator, compensated for its blocks.

    Raises
    ------
    Infeasible
        The accelerator cannot run the network, or a block not serve it.
    """
    from hawx_hw.architectures.registry import architecture_of
    from hawx_hw.assignment import assign
    from hawx_hw.compensation import compensate

    network = config.network
    graph = _graph(network.model, network.dataset, network.calibration_images)
    try:
        architecture = architecture_of(config.accelerator)
        architecture.check(config.accelerator, Path())
        replaced = config.compensation.weights != "none"
        assignment = assign(graph, config.blocks, replaced=replaced)
        if assignment:
            images = _proposing(network.dataset, network.calibration_images)
            graph, _ = compensate(
                graph,
                assignment,
                graph.codes(images.images),
                bias_correction=config.compensation.bias,
                weights=config.compensation.weights,
                activation_rounding=config.compensation.activations,
            )
            # Layers whose weights have become others keep their blocks.
            assignment = assign(graph, config.blocks, replaced=replaced)
        return architecture.plan(graph, config.accelerator, assignment)
    except UserError as error:
        raise Infeasible(str(error)) from error


def read_beside(design: SampledDesign) -> dict[str, str | None]:
    """Hashes of what a design is made of beside its content, by names for people.

    These are the files of its network and of its data, and the circuits of the user's own blocks
    that it names.
    """
    from hawx_hw import datasets
    from hawx_hw.blocks.own_blocks import own_circuits, own_names
    from hawx_hw.networks.files import checkpoint_files

    network = design.config().network
    given = Path(network.checkpoint) if network.checkpoint else None
    files = {
        **datasets.files(network.dataset),
        **checkpoint_files(network.model, network.dataset, given),
    }
    hashes = {name: sha256_of(path) for name, path in files.items()}
    return {**hashes, **own_circuits(own_names(design.content))}


def label(
    design: SampledDesign, technology: Technology, *, images: int, store: Store | None = None
) -> dict[str, Any]:
    """Build a design and measure it.

    Synthesis aims at the shortest paths whatever the clock, as ``hawx synth`` does where no clock
    is given; the clock affects power alone.

    Parameters
    ----------
    design : SampledDesign
    technology : Technology
    images : int
        Test images that toggles are counted of, for power.
    store : Store or None
        Store of synthesized modules.

    Returns
    -------
    dict of str to int, float or str
        The fields of one design in the table; see docs/sweeps.md.

    Raises
    ------
    Infeasible
        It cannot be built.
    UserError
        A tool or data are missing.
    """
    from hawx_hw.datasets.dataset import evenly_spaced
    from hawx_hw.verification.measured_design import measure_design

    config = design.config()
    plan = plan_of(config)
    shown = evenly_spaced(_dataset(config.network.dataset).test, images).images
    measured = measure_design(
        plan,
        plan.graph.codes(shown),
        technology,
        implementations=_implementations(config, plan, technology, store),
        clock_mhz=config.accelerator.clock_mhz,
        clock_gating=config.accelerator.clock_gating,
        glitch_cycles=config.power.glitch_cycles if config.power.glitches else None,
        wires=config.power.wires,
        store=store,
    )
    path, report, cycles = measured.longest_path, measured.mapped.netlist.report(), plan.cycles()
    return {
        **_described(design.content),
        "blocks": ";".join(block.name for block in plan.blocks),
        "core_cycles": cycles.core,
        "macs": cycles.macs,
        **_areas(report, plan.kind_of),
        **_memories(report, technology),
        "longest_path_ns": round(path.delay, 4),
        "longest_path_module": plan.kind_of(path.module),
        **_delays(measured.delays, plan.kind_of),
        **_power(measured.power),
    }


def _implementations(
    config: Config, plan: Plan, technology: Technology, store: Store | None
) -> dict[str, str]:
    """How each block is built, by its digest, as in the stage ``emit``."""
    from hawx_hw.characterization.least_energy import IMAGES, choose_least_energy
    from hawx_hw.synthesis.implementations import OBJECTIVES, choose_all

    how = config.accelerator.block_implementation
    if how == "first":
        return {}
    if how != "least_energy":
        return choose_all(plan.blocks, technology, OBJECTIVES[how], store=store)
    images = _proposing(config.network.dataset, IMAGES).images
    choices = choose_least_energy(plan, plan.graph.codes(images), technology, store=store)
    return {choice.digest: choice.implementation for choice in choices}


def _described(content: Mapping[str, Any]) -> dict[str, Any]:
    """What fits into fields of a table."""
    accelerator = content["accelerator"].items()
    simple = {key: value for key, value in accelerator if not isinstance(value, list | dict)}
    return {"dataset": content["network"]["dataset"], **simple}


def _areas(report: NetlistReport, kind_of: Callable[[str], str]) -> dict[str, float]:
    areas = {
        "area": report.area,
        "sequential_area": report.sequential_area,
        "combinational_area": report.combinational_area,
        "cells": report.cells,
        "sequential_cells": report.sequential_cells,
    }
    kinds: dict[str, float] = {}
    for name, module in report.modules.items():
        kind = f"area_{kind_of(name)}"
        kinds[kind] = kinds.get(kind, 0.0) + module.area * module.instances
    return areas | {kind: round(area, 3) for kind, area in sorted(kinds.items()) if area}


def _delays(by_module: Mapping[str, float], kind_of: Callable[[str], str]) -> dict[str, float]:
    """The longest paths that end in each kind of module."""
    kinds: dict[str, float] = {}
    for name, delay in by_module.items():
        kind = f"delay_{kind_of(name)}_ns"
        kinds[kind] = max(kinds.get(kind, 0.0), delay)
    return dict(sorted(kinds.items()))


def _memories(report: NetlistReport, technology: Technology) -> dict[str, float]:
    area = sum(
        each.instances * technology.memories.metrics(each.kind, each.width, each.depth).area
        for each in report.memories
    )
    return {"memory_bits": report.memory_bits, "memory_area": round(area, 3)}


def _power(report: PowerResult) -> dict[str, float]:
    """Power and energy of the test images."""
    parts = {name: part.energy_pj for name, part in report.parts.items()}
    # Predictors take what a memory's clock takes for energy of the memory. fJ times MHz are nW.
    clock_uw = sum(memory.clock_fj for memory in report.memories) * report.clock_mhz / 1000
    memory = report.parts["memories"].energy_pj + clock_uw * report.cycles / report.clock_mhz
    blocks_uw = sum(
        block.power_uw - block.clock_uw - block.leakage_uw for block in report.blocks.values()
    )
    return {
        "cycles": report.cycles,
        "used_clock_mhz": report.clock_mhz,
        "internal_uw": report.internal_uw,
        "switching_uw": report.switching_uw,
        "glitch_uw": report.glitch_uw,
        "clock_uw": float(f"{report.clock_uw - clock_uw:.8g}"),
        "blocks_uw": float(f"{blocks_uw:.8g}"),
        "memory_uw": float(f"{report.memory_uw + clock_uw:.8g}"),
        "leakage_uw": report.leakage_uw,
        "power_uw": report.power_uw,
        "energy_pj": report.energy_pj,
        "memory_energy_pj": float(f"{memory:.8g}"),
        "logic_energy_pj": float(f"{report.energy_pj - memory:.8g}"),
        **{f"energy_{name.replace(' ', '_')}_pj": energy for name, energy in parts.items()},
    }
