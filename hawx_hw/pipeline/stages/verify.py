"""Verilog against the integer reference: a simulation under cocotb, image by image, cycle by cycle.

Writes ``verify.json``, also where something differs.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from hawx_hw.config.load import blame
from hawx_hw.errors import UserError
from hawx_hw.pipeline.inputs import load_plan
from hawx_hw.pipeline.stage import Context, Stage
from hawx_hw.pipeline.stages.quantize import load_dataset
from hawx_hw.util.fingerprints import versions

if TYPE_CHECKING:
    from hawx_hw.config.models import Config

__all__ = ["STAGE"]


def _run(context: Context) -> None:
    settings = context.config.verify
    test = load_dataset(context).test
    if settings.images > len(test):
        raise UserError(
            f"There are only {len(test)} test images, not {settings.images}.",
            where="verify.images",
            hint=f"Ask for {len(test)} or fewer.",
        )
    with context.progress.task("simulating the Verilog", estimate=60.0) as task:
        from hawx_hw.datasets.dataset import evenly_spaced
        from hawx_hw.quantize import codes
        from hawx_hw.verification.accelerator_job import verify_accelerator
        from hawx_hw.verification.run import Mismatch

        program = json.loads((context.folder / "program.json").read_text("utf-8"))
        try:
            report = verify_accelerator(
                context.folder,
                load_plan(context),
                codes(evenly_spaced(test, settings.images).images),
                config_hash=int(program["config_hash"], 16),
                workdir=context.scratch,
                simulator=settings.simulator,
                traced=min(settings.traced_images, settings.images),
                seed=context.config.seed,
                progress=task.update,
            )
        except Mismatch as difference:
            context.write_json("verify.json", difference.report)
            raise
    context.write_json("verify.json", report)


def _tools(config: Config, base: Path) -> dict[str, str]:
    from hawx_hw.simulation.simulators import find_simulator

    with blame("verify.simulator"):
        simulator = find_simulator(config.verify.simulator)
    return {
        **versions("cocotb", "cocotbext-axi", "numpy"),
        simulator.name: simulator.version,
    }


STAGE = Stage(
    "verify",
    _run,
    needs=("assign", "emit", "pick"),
    settings=("verify", "seed"),
    tools=_tools,
    estimate=60.0,
)
