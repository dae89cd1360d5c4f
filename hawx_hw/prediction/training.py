"""The training table of a sweep: each design described by its features."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hawx_hw.blocks import by_name
from hawx_hw.characterization.block_table import BlockTable
from hawx_hw.errors import UserError
from hawx_hw.prediction.description import DesignDescription
from hawx_hw.prediction.table import TrainingTable
from hawx_hw.sweep.label import Infeasible, plan_of, read_beside
from hawx_hw.sweep.space import SampledDesign
from hawx_hw.synthesis.store import entry_key
from hawx_hw.util.code import code_hash
from hawx_hw.util.csv_text import read_records
from hawx_hw.util.fingerprints import versions

if TYPE_CHECKING:
    from hawx_hw.architectures.base import Architecture
    from hawx_hw.synthesis.store import Store
    from hawx_hw.technology import Technology
    from hawx_hw.util.progress import Progress
from hawx_hw.util.json_text import read_json
from hawx_hw.util.results import Record

__all__ = ["describe_sweep"]

_KIND = "description"
_TOOLS = ("numpy", "pyosys", "safetensors", "scikit-learn", "scipy", "torch")


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
        Architecture of all its designs.
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
    try:
        records: list[dict[str, Any]] = [*read_records(sweep)]
    except ValueError as error:
        raise UserError(f"The table is damaged: {error}", where=where) from error
    if records and "design" not in records[0]:
        raise UserError(
            "The table lacks the field design",
            where=where,
            hint="Make it with hawx characterize-designs.",
        )
    blocks = BlockTable()
    for number, record in enumerate(records):
        design = _design(record["design"], f"{where}: design {number}")
        if design.architecture != architecture.name:
            raise UserError(
                f"Design {number} is of {design.architecture}, not {architecture.name}",
                where=where,
                hint="Train the predictors of each architecture on a table of its own.",
            )
        try:
            features, blocks = _described(design, architecture, technology, blocks, jobs, store)
        except (ValueError, Infeasible) as error:
            raise UserError(
                f"Design {number} cannot be built: {error}",
                where=where,
                hint="Make the table again, with hawx characterize-designs.",
            ) from error
        record.update(features)
        if progress is not None:
            progress(number + 1, len(records))
    return TrainingTable.of(architecture, records, where=where), blocks


def _design(text: str | None, where: str) -> SampledDesign:
    try:
        content = read_json(text or "")
        if not isinstance(content["accelerator"], dict):
            raise TypeError("its accelerator is no mapping")
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(
            f"The design is damaged: {error}",
            where=where,
            hint="Make the table again, with hawx characterize-designs.",
        ) from error
    return SampledDesign(content)


class _Described(Record):
    """The shape of what the store holds."""

    features: dict[str, float]
    blocks: list[str]


def _described(
    design: SampledDesign,
    architecture: Architecture,
    technology: Technology,
    blocks: BlockTable,
    jobs: int,
    store: Store | None,
) -> tuple[dict[str, float], BlockTable]:
    """The features of a design, as in a table, and the metrics with those of its blocks."""
    inputs = {
        "design": design.content,
        "files": read_beside(design),
        "technology": technology.fingerprint,
        "tools": versions(*_TOOLS),
        # The costs of blocks are among the features.
        "code": code_hash(
            "hawx_hw.sweep.label",
            "hawx_hw.characterization.block_table",
            architecture=architecture.name,
        ),
    }
    stored = None if store is None else store.get(entry_key(_KIND, inputs), _KIND, _Described)
    if stored is not None:
        used = [by_name(name) for name in stored["blocks"]]
        blocks = blocks.completed(used, technology, jobs=jobs, store=store)
        return stored["features"], blocks
    config = design.config()
    plan = plan_of(config)
    blocks = blocks.completed(plan.blocks, technology, jobs=jobs, store=store)
    accelerator = config.accelerator
    values = plan.features(
        technology,
        blocks,
        implementation=accelerator.block_implementation,
        clock_mhz=accelerator.clock_mhz,
        clock_gating=accelerator.clock_gating,
    )
    features = DesignDescription(architecture, technology.name, values).record()
    if store is not None:
        names = [block.name for block in plan.blocks]
        stored = {"features": features, "blocks": names}
        store.put(_KIND, inputs, stored, {"technology": technology.name})
    return features, blocks
