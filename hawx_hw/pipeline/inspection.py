"""Inspects the network of a config, and looks up whether its Verilog was verified."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hawx_hw.pipeline.data import GRAPH, dataset_of, roles_of
from hawx_hw.pipeline.inputs import ASSIGNED, DESIGN
from hawx_hw.pipeline.network import load_network
from hawx_hw.pipeline.order import pipeline_of

if TYPE_CHECKING:
    from rich.console import Console

    from hawx_hw.config.models import Config
    from hawx_hw.inspection.result import Inspection, RtlComparison

__all__ = ["inspect_network", "reversed_order", "rtl_comparison"]


def inspect_network(
    config: Config, base: Path, folder: Path, images: int, console: Console
) -> Inspection:
    """Bring the stages up to ``assign`` up to date, and inspect the network.

    Parameters
    ----------
    config : Config
    base : Path
        The folder that the config's relative paths start from.
    folder : Path
        The build folder.
    images : int
        Of the images for learning, at most.
    console : Console
        Where progress is shown.

    Raises
    ------
    UserError
        What the user can fix.
    """
    from hawx_hw.util.progress import ProgressDisplay

    pipeline = pipeline_of(config, folder, console, base=base)
    pipeline.run(pipeline.needed("assign"))
    with ProgressDisplay(console) as progress:
        with progress.task("loading torch", estimate=5.0):
            from hawx_hw.design.design import Design
            from hawx_hw.graph.storage import load_graph
            from hawx_hw.inspection.images import inspected
            from hawx_hw.inspection.inspect import inspect
            from hawx_hw.inspection.versions import Versions
        dataset = dataset_of(config, base)
        parts = roles_of(dataset, config, base)
        calibration = config.network.calibration_images
        network = load_network(config, base, dataset, parts.proposing(calibration).images)
        versions = Versions(
            network.layers,
            load_graph(folder / GRAPH),
            Design.load(folder / DESIGN, base).assignment,
            load_graph(folder / ASSIGNED),
        )
        used = (calibration,) if config.search is None else (calibration, config.search.images)
        split, seen = inspected(parts, images, *used)
        inspection = inspect(
            versions,
            split,
            progress,
            seen=seen,
            reversed_order=reversed_order(config),
            bias_correction=config.compensation.bias,
        )
    return inspection.model_copy(update={"rtl": rtl_comparison(folder)})


def reversed_order(config: Config) -> str:
    """What the config must name the other order of the three channels: ``rgb`` or ``bgr``."""
    return "rgb" if config.network.preprocess.channels == "bgr" else "bgr"


def rtl_comparison(folder: Path) -> RtlComparison | None:
    """Whether the Verilog in a build folder equals the network there.

    Parameters
    ----------
    folder : Path
        After a run, which removes a verification that belongs to another design. How many images it
        compared, and whether the config asks for as many, does not matter.

    Returns
    -------
    RtlComparison or None
        None where no verification belongs to the design as it is now.
    """
    from hawx_hw.inspection.result import RtlComparison
    from hawx_hw.verification.result import VerifyResult

    if not (folder / VerifyResult.FILE).exists():
        return None
    result = VerifyResult.read(folder)
    return RtlComparison(equal=result.failure is None, images=result.images)
