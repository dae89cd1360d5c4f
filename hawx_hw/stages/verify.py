"""Verilog against the integer reference: a simulation under cocotb, image by image, cycle by cycle.

Writes ``verify.json``, also where something differs.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hawx_hw.errors import UserError
from hawx_hw.fingerprints import versions
from hawx_hw.pipeline import Context, Stage, blame
from hawx_hw.stages.emit import load_plan
from hawx_hw.stages.quantize import load_dataset

if TYPE_CHECKING:
    from hawx_hw.config import Config
    from hawx_hw.mapping.cycles import CycleReport

__all__ = ["LOSSES", "STAGE", "ledger"]

#: Where the cycles of a layer go, besides into useful multiplications.
LOSSES = ("fill_and_drain", "edge_tiles", "weight_loading", "requantization", "other")


def ledger(cycles: CycleReport, whole: int) -> list[dict[str, Any]]:
    """Where the cycles of an inference go.

    Parameters
    ----------
    cycles : CycleReport
    whole : int
        Cycles from the first byte of an image to the last byte of its result.

    Returns
    -------
    list of dict
        For each layer ``name``, ``cycles``, ``macs``, and ``shares`` of its cycles that add up to
        1: ``useful`` and :data:`LOSSES`. The last entry is the image's way in and the result's way
        out; all ``cycles`` add up to ``whole``.
    """
    entries = [
        {
            "name": layer.name,
            "cycles": layer.total,
            "macs": layer.macs,
            "shares": {key: getattr(layer, key) / layer.total for key in ("useful", *LOSSES)},
        }
        for layer in cycles.layers
    ]
    nothing = dict.fromkeys(("useful", *LOSSES), 0.0)
    transfer = {
        "name": "in and out",
        "cycles": whole - cycles.core,
        "macs": 0,
        "shares": nothing | {"other": 1.0},
    }
    return [*entries, transfer]


def _run(context: Context) -> None:
    settings = context.config.verify
    test = load_dataset(context).test
    if settings.images > len(test):
        raise UserError(
            f"There are only {len(test)} test images, not {settings.images}.",
            where="verify.images",
            mend=f"Ask for {len(test)} or fewer.",
        )
    with context.progress.task("computing the reference", estimate=5.0):
        from hawx_hw.datasets.dataset import evenly_spaced
        from hawx_hw.mapping.cycles import predict
        from hawx_hw.quantize import codes
        from hawx_hw.verification.accelerator_job import accelerator_job
        from hawx_hw.verification.run import Mismatch, verify

        plan = load_plan(context)
        program = json.loads((context.folder / "program.json").read_text("utf-8"))
        job = accelerator_job(
            plan,
            codes(evenly_spaced(test, settings.images).images),
            config_hash=int(program["config_hash"], 16),
            traced=min(settings.traced_images, settings.images),
            seed=context.config.seed,
        )
    cycles = predict(plan)
    figures = {
        "macs": cycles.macs,
        "multipliers": cycles.multipliers,
        "utilisation": cycles.macs / (cycles.multipliers * job.cycles),
        "ledger": ledger(cycles, job.cycles),
    }
    try:
        with context.progress.task("simulating the Verilog", estimate=60.0) as task:
            report = verify(
                context.folder,
                job,
                workdir=context.scratch,
                simulator=settings.simulator,
                progress=task.update,
            )
    except Mismatch as difference:
        context.write_json("verify.json", {**figures, **difference.report})
        raise
    context.write_json("verify.json", {**figures, **report})


def _tools(config: Config, base: Path) -> dict[str, str]:
    from hawx_hw.verification.simulators import find_simulator

    with blame("verify.simulator"):
        simulator = find_simulator(config.verify.simulator)
    return {
        **versions("cocotb", "cocotbext-axi", "numpy"),
        simulator.name: simulator.version,
    }


STAGE = Stage(
    "verify",
    _run,
    needs=("quantize", "emit"),
    settings=("verify", "seed"),
    code=(
        "datasets",
        "gateware",
        "mapping",
        "quantize",
        "sim",
        "stages/verify.py",
        "verification",
    ),
    tools=_tools,
    estimate=60.0,
)
