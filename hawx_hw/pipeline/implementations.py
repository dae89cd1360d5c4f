"""How the blocks of a design are built, as the config asks for it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from hawx_hw.pipeline.data import dataset_files, training_codes
from hawx_hw.pipeline.technology import load_technology, technology_files

if TYPE_CHECKING:
    import numpy as np

    from hawx_hw.architectures.base import Plan
    from hawx_hw.config.models import Config
    from hawx_hw.design.program import ComparedImplementation
    from hawx_hw.pipeline.stage import Context
    from hawx_hw.util.files import FileSet
    from hawx_hw.util.progress import ProgressDisplay

__all__ = ["choose_implementations", "implementation_files", "implementations_of"]


def implementations_of(
    context: Context, plan: Plan
) -> tuple[dict[str, str], dict[str, tuple[ComparedImplementation, ...]]]:
    """As :func:`choose_implementations`, in a stage."""
    return choose_implementations(
        context.config,
        context.base,
        plan,
        lambda count: training_codes(context, count, plan.graph),
        context.progress,
    )


def choose_implementations(
    config: Config,
    base: Path,
    plan: Plan,
    codes: Callable[[int], np.ndarray],
    progress: ProgressDisplay,
) -> tuple[dict[str, str], dict[str, tuple[ComparedImplementation, ...]]]:
    """How each block is built, by its digest, none where blocks list it themselves; and the
    energies that it was chosen by, if it was.

    Parameters
    ----------
    config : Config
    base : Path
        The folder that its relative paths start from.
    plan : Plan
        With the blocks.
    codes : callable
        Input codes of so many images for learning, int8 ``(images, channels, height, width)``;
        called only where energies decide.
    progress : ProgressDisplay
    """
    from hawx_hw.synthesis.implementations import OBJECTIVES, choose_all

    how = config.accelerator.block_implementation
    if how == "first":
        return {}, {}
    technology = load_technology(config, base)
    jobs = os.cpu_count() or 1
    with progress.task("choosing how blocks are built", estimate=10.0) as task:
        if how != "least_energy":
            objective = OBJECTIVES[how]
            update = task.update
            return choose_all(plan.blocks, technology, objective, jobs=jobs, progress=update), {}
        from hawx_hw.characterization.least_energy import IMAGES, choose_least_energy
        from hawx_hw.synthesis import default_store

        choices = choose_least_energy(
            plan,
            codes(IMAGES),
            technology,
            jobs=jobs,
            store=default_store(),
            progress=task.update,
        )
    return (
        {choice.digest: choice.implementation for choice in choices},
        {choice.digest: choice.metrics for choice in choices},
    )


def implementation_files(config: Config, base: Path) -> dict[str, Path | FileSet]:
    """The files outside the build folder that the choice depends on."""
    how = config.accelerator.block_implementation
    if how == "first":
        return {}
    images = dataset_files(config, base) if how == "least_energy" else {}
    files: dict[str, Path | FileSet] = {**technology_files(config, base)}
    return {**images, **files}
