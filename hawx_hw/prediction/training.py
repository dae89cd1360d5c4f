"""The training table of a sweep: each design described by its features."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

from hawx_hw.blocks import by_name
from hawx_hw.characterization.block_table import BlockTable
from hawx_hw.errors import UserError
from hawx_hw.prediction.description import DesignDescription
from hawx_hw.prediction.table import TrainingTable
from hawx_hw.sweep.label import Infeasible, plan_of
from hawx_hw.sweep.space import SampledDesign
from hawx_hw.synthesis.store import entry_key
from hawx_hw.util.code import code_hash
from hawx_hw.util.fingerprints import versions

if TYPE_CHECKING:
    from hawx_hw.architectures.base import Architecture
    from hawx_hw.synthesis.store import Store
    from hawx_hw.technology import Technology
    from hawx_hw.util.progress import Progress

__all__ = ["describe_sweep"]

_KIND = "description"


def describe_sweep(
    sweep: str,
    architecture: Architecture,
    technology: Technology,
    *,
    where: str = "",
    jobs: int = 1,
    store: Store | None = None,
    progress: Progress | None = None,
) -> tuple[TrainingTable, BlockTable]:
    """The designs of a sweep with their features; nothing but blocks is synthesized.

    Parameters
    ----------
    sweep : str
        CSV of ``hawx characterize-designs``.
    architecture : Architecture
        Of all its designs.
    technology : Technology
        For which it was made.
    where : str
        The table's name, for errors.
    jobs : int
        How many blocks are synthesized at a time, of those that the store lacks.
    store : Store or None
    progress : callable or None
        Called with the number of designs that are described, and of all.

    Returns
    -------
    (TrainingTable, BlockTable)
        The second holds all blocks of the designs.

    Raises
    ------
    UserError
        The table lacks fields, a design of it is of another architecture, or cannot be built any
        more.
    """
    records: list[dict[str, Any]] = list(csv.DictReader(io.StringIO(sweep)))
    if records and "design" not in records[0]:
        raise UserError(
            "The table lacks the field design",
            where=where,
            hint="Make it with hawx characterize-designs.",
        )
    blocks = BlockTable()
    for number, record in enumerate(records):
        content = json.loads(record["design"])
        inputs = {
            "design": content,
            "technology": technology.fingerprint,
            "tools": versions("pyosys"),
            "code": _code(architecture),
        }
        stored = None if store is None else store.get(entry_key(_KIND, inputs), _KIND)
        if stored is None:
            try:
                config = SampledDesign(content).config()
                plan = plan_of(config)
            except (ValueError, Infeasible) as error:
                raise UserError(
                    f"Design {number} cannot be built: {error}",
                    where=where,
                    hint="Make the table again, with hawx characterize-designs.",
                ) from error
            accelerator = config.accelerator
            if accelerator.architecture != architecture.name:
                raise UserError(
                    f"Design {number} is of {accelerator.architecture}, not {architecture.name}",
                    where=where,
                    hint="Train the predictors of each architecture on a table of its own.",
                )
            blocks = blocks.completed(plan.blocks, technology, jobs=jobs, store=store)
            values = plan.features(
                technology,
                blocks,
                implementation=accelerator.block_implementation,
                clock_mhz=accelerator.clock_mhz,
            )
            description = DesignDescription(architecture, technology.name, values)
            names = [block.name for block in plan.blocks]
            stored = {"features": description.record(), "blocks": names}
            if store is not None:
                store.put(_KIND, inputs, stored, {"technology": technology.name})
        else:
            used = [by_name(name) for name in stored["blocks"]]
            blocks = blocks.completed(used, technology, jobs=jobs, store=store)
        record.update(stored["features"])
        if progress is not None:
            progress(number + 1, len(records))
    return TrainingTable.of(architecture, records, where=where), blocks


def _code(architecture: Architecture) -> str:
    return code_hash("hawx_hw.sweep.label", type(architecture).__module__)
