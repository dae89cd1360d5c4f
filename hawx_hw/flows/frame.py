"""Sets a flow up, runs it and judges what it made."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from hawx_hw.config.base import Model
from hawx_hw.config.flows import FlowDescription
from hawx_hw.errors import UserError
from hawx_hw.flows.base import Build, Flow
from hawx_hw.flows.needs import check_needs
from hawx_hw.flows.result import FOLDER, NETLIST, FlowResult
from hawx_hw.flows.runner import Runner
from hawx_hw.util.files import sha256_file

__all__ = ["flow_folder", "run_flow", "set_up"]


def flow_folder(build: Path, flow: str, label: str | None = None) -> Path:
    """Where a flow's files are, in a build folder.

    Parameters
    ----------
    build : Path
    flow : str
    label : str or None
        Sets several runs of one flow apart; letters, digits, ``-`` and ``_``.
    """
    return build / FOLDER / (flow if label is None else f"{flow}.{label}")


def set_up(flow: Flow, build: Build, options: Model, *, label: str | None = None) -> Path:
    """Write the folder of a flow anew.

    Until it is complete, the folder of an earlier run stays as it is.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    UserError
        The flow refuses the design or the options, or the folder cannot be written.
    """
    flow.check(build, options)
    folder = flow_folder(build.folder, flow.name, label)
    if folder.is_symlink() or folder.parent.is_symlink():
        raise UserError("This is a link, and must not be one.", where=str(folder))
    folder.parent.mkdir(parents=True, exist_ok=True)
    for rest in folder.parent.glob("*.part"):
        shutil.rmtree(rest)
    staging = Path(tempfile.mkdtemp(dir=folder.parent, suffix=".part"))
    staging.chmod(0o755)
    try:
        flow.setup(build, options, staging)
        if folder.exists():
            shutil.rmtree(folder)
        staging.replace(folder)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return folder


def run_flow(
    flow: Flow,
    description: FlowDescription,
    build: Build,
    options: Model,
    *,
    label: str | None = None,
    progress: Callable[[str], object] | None = None,
) -> FlowResult:
    """Set a flow up, run it, and write flow.json into its folder.

    Parameters
    ----------
    flow : Flow
    description : FlowDescription
    build : Build
    options : Model
        As :func:`~hawx_hw.config.flows.options_model` makes it.
    label : str or None
        See :func:`flow_folder`.
    progress : callable or None
        Gets the name of each tool that starts.

    Returns
    -------
    FlowResult
        Where it has ``failures``, the flow has failed.

    Raises
    ------
    UserError
        A tool is missing, or the flow refuses the design or the options.
    FlowError
        A tool failed.
    """
    check_needs(description)
    folder = set_up(flow, build, options, label=label)
    runner = Runner(folder, 60 * description.limit_minutes, progress)
    flow.run(folder, options, runner)
    result = FlowResult(
        tool=flow.name,
        title=description.title,
        standing=description.standing,
        options=options.model_dump(mode="json"),
        accelerator_sha256=build.digest(),
        netlist_sha256=_netlist(description, build),
        seconds=round(runner.seconds, 1),
        report=flow.result(folder, options),
    )
    result.write(folder)
    return result


def _netlist(description: FlowDescription, build: Build) -> str | None:
    """SHA-256 of the netlist, for a flow that is made of it."""
    if description.stage != "synth":
        return None
    return sha256_file(build.folder / NETLIST)
