"""Flows of a config: brings the build folder up to date, then sets up and runs the flow."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from hawx_hw.config.flows import flow_named, with_options
from hawx_hw.errors import UserError
from hawx_hw.pipeline.build_folder import BuildFolder
from hawx_hw.pipeline.data import check_count, dataset_of
from hawx_hw.pipeline.inputs import plan_of
from hawx_hw.pipeline.order import REPORT, pipeline_of
from hawx_hw.pipeline.technology import load_technology
from hawx_hw.util.progress import Durations, ProgressDisplay

if TYPE_CHECKING:
    from numpy import int8, int64
    from numpy.typing import NDArray
    from rich.console import Console

    from hawx_hw.config.base import Model
    from hawx_hw.config.models import Config
    from hawx_hw.flows.base import Build
    from hawx_hw.flows.result import FlowResult

__all__ = ["EMITTED", "options_of", "run_config_flow", "set_up_config_flow"]

#: Verilog and memory images that somebody changed go into no flow, and are not written over.
EMITTED = ("emit",)


def options_of(config: Config, name: str, given: Mapping[str, object]) -> Model:
    """A flow's options: the config's, but for those given.

    Raises
    ------
    UserError
        There is no such flow or option, or it cannot have that value.
    """
    flow = flow_named(name)
    return with_options(flow, getattr(config.flows, name), given)


def set_up_config_flow(
    config: Config,
    folder: Path,
    name: str,
    options: Model,
    console: Console,
    *,
    base: Path = Path(),
    label: str | None = None,
) -> Path:
    """Write the folder of a flow, and run nothing; returns it.

    Parameters
    ----------
    config, folder, console, base
        See :class:`~hawx_hw.pipeline.pipeline.Pipeline`.
    name : str
        Of the flow.
    options : Model
        See :func:`options_of`.
    label : str or None
        See :func:`hawx_hw.flows.frame.flow_folder`.
    """
    from hawx_hw.flows.frame import set_up
    from hawx_hw.flows.registry import flow_of

    with _build(config, folder, flow_named(name).stage, console, base) as (build, progress):
        with progress.task(f"setting up {name}"):
            return set_up(flow_of(name), build, options, label=label)


def run_config_flow(
    config: Config,
    folder: Path,
    name: str,
    options: Model,
    console: Console,
    *,
    base: Path = Path(),
    label: str | None = None,
) -> FlowResult:
    """Set a flow up and run it.

    Parameters
    ----------
    config, folder, name, options, console, base, label
        See :func:`set_up_config_flow`.

    Returns
    -------
    FlowResult
        Where it has ``failures``, the flow has failed.
    """
    from hawx_hw.flows.frame import run_flow
    from hawx_hw.flows.registry import flow_of
    from hawx_hw.report.lines import checks_passed

    description = flow_named(name)
    with _build(config, folder, description.stage, console, base) as (build, progress):
        progress.begin(name, "as asked")
        start = time.monotonic()
        with progress.task(f"flow {name}", estimate=120.0):
            result = run_flow(
                flow_of(name),
                description,
                build,
                options,
                label=label,
                progress=lambda tool: progress.message(f"{name}: {tool}"),
            )
        judged = "FAILED" if result.failures else checks_passed(result)
        progress.end(name, time.monotonic() - start, judged)
    return result


@contextmanager
def _build(
    config: Config, folder: Path, stage: str, console: Console, base: Path
) -> Iterator[tuple[Build, ProgressDisplay]]:
    """The build folder, up to date up to a stage; no other run works in it meanwhile."""
    from hawx_hw.design.program import EmitResult
    from hawx_hw.flows.base import Build

    pipeline = pipeline_of(config, folder, console, base=base)
    pipeline.run(pipeline.needed(stage), protected=EMITTED)
    own = BuildFolder(folder.absolute())
    with own.locked(), ProgressDisplay(console, Durations(own.durations)) as progress:
        # It shows the flows as they were.
        own.remove(REPORT)
        yield (
            Build(
                folder=folder,
                config=config,
                base=base,
                program=EmitResult.read(folder),
                technology=lambda: load_technology(config, base),
                plan=lambda: plan_of(folder, base),
                images=lambda count: _images(config, folder, base, count),
            ),
            progress,
        )


def _images(
    config: Config, folder: Path, base: Path, count: int
) -> tuple[NDArray[int8], NDArray[int64]]:
    from hawx_hw.datasets.dataset import evenly_spaced

    test = dataset_of(config, base).test
    check_count(count, len(test), "test", "images")
    graph = plan_of(folder, base).graph
    chosen = evenly_spaced(test, count)
    if chosen.images.shape[1:] != graph.tensors[graph.input].shape:
        raise UserError(
            "The data set has images of another shape than the accelerator takes.",
            where="network.dataset",
        )
    return graph.codes(chosen.images), chosen.labels
