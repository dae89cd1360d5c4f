"""Verilog against the integer reference: a simulation under cocotb, image by image, cycle by cycle.

Writes ``verify.json``, also where something differs.
"""

from __future__ import annotations

import platform
from pathlib import Path
from typing import TYPE_CHECKING

from hawx_hw.config.load import blame
from hawx_hw.pipeline.data import check_images, dataset_files, image_codes
from hawx_hw.pipeline.inputs import load_plan
from hawx_hw.pipeline.stage import Context, Stage
from hawx_hw.util.fingerprints import versions

if TYPE_CHECKING:
    from hawx_hw.config.models import Config

__all__ = ["STAGE"]


def _run(context: Context) -> None:
    from hawx_hw.design.program import EmitResult
    from hawx_hw.verification.accelerator_job import AcceleratorMismatch, verify_accelerator
    from hawx_hw.verification.emitted import check_emitted

    settings = context.config.verify
    plan, emitted = load_plan(context), EmitResult.read(context.folder)
    images = image_codes(context, "verify", plan.graph)
    with context.progress.task("comparing the Verilog with a new emission", estimate=3.0):
        check_emitted(context.folder, plan, emitted)
    with context.progress.task("simulating the Verilog", estimate=60.0) as task:
        try:
            result = verify_accelerator(
                context.folder,
                plan,
                images,
                config_hash=int(emitted.config_hash, 16),
                workdir=context.scratch,
                simulator=settings.simulator,
                traced=min(settings.traced_images, len(images)),
                seed=context.config.seed,
                progress=task.update,
            )
        except AcceleratorMismatch as difference:
            context.write(difference.result)
            raise
    context.write(result)


def _tools(config: Config, base: Path) -> dict[str, str]:
    from hawx_hw.simulation.simulators import find_simulator

    with blame("verify.simulator"):
        simulator = find_simulator(config.verify.simulator)
    return {
        **versions("cocotb", "cocotbext-axi", "numpy", "pillow", "scikit-learn", "scipy"),
        "python": platform.python_version(),
        simulator.name: simulator.version,
    }


STAGE = Stage(
    "verify",
    _run,
    needs=("assign", "emit", "pick"),
    settings=("verify", "seed"),
    files=dataset_files,
    tools=_tools,
    check=lambda config, base: check_images(config, base, "verify.images", "verify.traced_images"),
    estimate=60.0,
)
