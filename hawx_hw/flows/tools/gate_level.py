"""The mapped netlist under Verilator, in the testbench of the accelerator."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hawx_hw.design.sources import FILE_LIST, WAIVERS
from hawx_hw.errors import VerificationError
from hawx_hw.flows.base import FlowError
from hawx_hw.flows.mapped import mapped_netlist
from hawx_hw.flows.result import Check, FlowReport
from hawx_hw.flows.templates import write_template
from hawx_hw.netlist.cell_verilog import cell_verilog
from hawx_hw.simulation.simulators import find_simulator
from hawx_hw.util.files import read_bytes, read_text, write_bytes, write_json, write_text
from hawx_hw.util.macros import MACROS
from hawx_hw.verification.accelerator_job import accelerator_job
from hawx_hw.verification.job import load_job, save_job
from hawx_hw.verification.memory_images import check_memory_images
from hawx_hw.verification.result import SimulationResult
from hawx_hw.verification.run import Mismatch, verify

if TYPE_CHECKING:
    from hawx_hw.flows.base import Build
    from hawx_hw.flows.runner import Runner

__all__ = ["FLOW", "GateLevelFlow"]

_NETLIST, _CELLS = "hawx_netlist.v", "hawx_cells.v"
#: Compiled program and logs, within the flow's folder.
_WORK = "simulation"
#: What the simulation measured, or the first difference.
_OUTCOME = "simulation.json"
_DESCRIPTION = "netlist.json"


class GateLevelFlow:
    """See ``flows/gate_level/``."""

    name = "gate_level"

    def check(self, build: Build, options: Any) -> None:
        """Refuse memory images that are not the network's."""
        check_memory_images(build.plan(), build.folder / "mem")

    def setup(self, build: Build, options: Any, folder: Path) -> None:
        """Write netlist, cells, memories, and the job of the testbench."""
        mapped = mapped_netlist(build)
        kinds = [mapped.flat.library.cells[group.kind] for group in mapped.flat.groups]
        macros = [path for path in build.sources if path.stem in MACROS]
        for path in macros:
            write_bytes(folder / "rtl" / path.name, read_bytes(path))
        write_text(folder / "rtl" / _CELLS, cell_verilog(kinds))
        write_text(folder / "rtl" / _NETLIST, mapped.verilog)
        names = [_CELLS, *(path.name for path in macros), _NETLIST]
        write_text(folder / "rtl" / FILE_LIST, "".join(f"{name}\n" for name in names))
        write_template(folder / "rtl" / WAIVERS, self.name, "waivers.vlt.j2")
        for path in build.memories:
            write_bytes(folder / "mem" / path.name, read_bytes(path))
        images, _ = build.images(options.images)
        job = accelerator_job(
            build.plan(),
            images,
            config_hash=int(build.program.config_hash, 16),
            # The signals of the write trace are not in a netlist.
            traced=0,
            seed=build.config.seed if options.seed is None else options.seed,
            scenarios=None if options.scenarios == "all" else ("inference",),
        )
        save_job(job, folder)
        technology = build.technology()
        description = {
            "cells": mapped.flat.cells,
            "kinds": len(kinds),
            "target": f"{technology.name}, library {technology.library.name}",
        }
        write_json(folder / _DESCRIPTION, description)

    def run(self, folder: Path, options: Any, runner: Runner) -> None:
        """Compile and simulate.

        Raises
        ------
        FlowError
            The netlist could not be compiled, or the simulation compared nothing.
        """
        failure = None
        try:
            with runner.working("Verilator"):
                result = verify(
                    folder,
                    load_job(folder / "job.json"),
                    workdir=folder / _WORK,
                    simulator="verilator",
                    netlist=True,
                )
        except Mismatch as mismatch:
            failure, result = str(mismatch), mismatch.result
        except VerificationError as error:
            raise FlowError(str(error)) from error
        outcome = {
            "failure": failure,
            "result": result.as_dict(),
            "version": find_simulator("verilator").version,
        }
        write_json(folder / _OUTCOME, outcome)

    def result(self, folder: Path, options: Any) -> FlowReport:
        """What was compared, and what differed."""
        outcome = json.loads(read_text(folder / _OUTCOME))
        netlist = json.loads(read_text(folder / _DESCRIPTION))
        job = load_job(folder / "job.json")
        measured = SimulationResult.model_validate(outcome["result"], strict=False)
        passed = [name for name, each in measured.scenarios.items() if each.passed]
        missing = [name for name in job.scenarios if name not in passed]
        compared = measured.images >= len(job.images) and measured.inferences > 0
        return FlowReport(
            target=netlist["target"],
            versions={"Verilator": outcome["version"]},
            numbers={
                "cells": netlist["cells"],
                "images": measured.images,
                "inferences": measured.inferences,
                "cycles of an image": measured.cycles_per_image or 0,
            },
            checks=(
                Check(
                    name="every result is that of the integer network, bit for bit",
                    passed=compared and not measured.mismatches and outcome["failure"] is None,
                    detail=outcome["failure"]
                    or f"{measured.inferences} inferences of "
                    f"{measured.images} images, {measured.mismatches} differ",
                ),
                Check(
                    name="an image takes the cycles of the cycle model",
                    passed=measured.cycles_per_image == job.cycles,
                    detail=f"{measured.cycles_per_image} cycles, and must be {job.cycles}",
                ),
                Check(
                    name="the testbench passes",
                    passed=bool(passed) and not missing,
                    detail=f"passed: {', '.join(passed) or 'nothing'}"
                    + (f"; not passed: {', '.join(missing)}" if missing else ""),
                ),
            ),
            files=(f"rtl/{_NETLIST}", f"rtl/{_CELLS}"),
            notes=("Without delays: timing is the matter of the static analysis.",),
        )


FLOW = GateLevelFlow()
