"""Where the predictors of technologies are kept, and how they are made and read."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hawx_hw.architectures.systolic.features import DesignDescription
from hawx_hw.blocks import by_name
from hawx_hw.characterization.block_table import BlockTable
from hawx_hw.errors import UserError
from hawx_hw.prediction.predictors import Predictors
from hawx_hw.prediction.table import TrainingTable
from hawx_hw.synthesis.store import entry_key
from hawx_hw.util.code import code_hash
from hawx_hw.util.files import write_text
from hawx_hw.util.fingerprints import versions
from hawx_hw.util.locations import predictors_folder

if TYPE_CHECKING:
    from hawx_hw.synthesis.store import Store
    from hawx_hw.technology import Technology
    from hawx_hw.util.progress import Progress

__all__ = [
    "FOLDER",
    "Kept",
    "described",
    "own_files",
    "read_kept",
    "read_table",
    "save",
]

#: Of the package: NAME.csv, NAME.json and NAME_blocks.csv for each technology NAME.
FOLDER = Path(__file__).resolve().parent / "data"
_KIND = "description"


@dataclass(frozen=True, eq=False)
class Kept:
    """Predictors of a technology and the figures of blocks that go with them."""

    predictors: Predictors
    blocks: BlockTable


def described(
    sweep: str,
    technology: Technology,
    *,
    where: str = "",
    jobs: int = 1,
    store: Store | None = None,
    progress: Progress | None = None,
) -> tuple[TrainingTable, BlockTable]:
    """The designs of a sweep with their descriptions; nothing but blocks is synthesized.

    Parameters
    ----------
    sweep : str
        CSV of ``hawx characterize-designs``.
    technology : Technology
        For which it was made.
    where : str
        The table's name, for errors.
    jobs : int
        How many blocks are synthesized at a time, of those that the store lacks.
    store : Store or None
    progress : callable or None
        Told how many designs of how many are described.

    Raises
    ------
    UserError
        The table lacks columns, or a design of it cannot be built any more.
    """
    from hawx_hw.architectures.systolic.sampling import Design
    from hawx_hw.sweep.label import Infeasible, plan_of

    rows: list[dict[str, Any]] = list(csv.DictReader(io.StringIO(sweep)))
    if rows and "design" not in rows[0]:
        raise UserError(
            "The table lacks the column design",
            where=where,
            hint="Make it with hawx characterize-designs.",
        )
    blocks = BlockTable()
    for number, row in enumerate(rows):
        content = json.loads(row["design"])
        inputs = {
            "design": content,
            "technology": technology.fingerprint,
            "tools": versions("pyosys"),
            "code": code_hash("hawx_hw.sweep.label", "hawx_hw.architectures.systolic.features"),
        }
        kept = None if store is None else store.get(entry_key(_KIND, inputs), _KIND)
        if kept is None:
            try:
                config = Design(content).config()
                plan = plan_of(config)
            except (ValueError, Infeasible) as error:
                raise UserError(
                    f"Design {number} cannot be built: {error}",
                    where=where,
                    hint="Make the table again, with hawx characterize-designs.",
                ) from error
            blocks = blocks.completed(plan.blocks, technology, jobs=jobs, store=store)
            shape = config.accelerator
            values = plan.features(
                technology,
                blocks,
                implementation=shape.block_implementation,
                clock_mhz=shape.clock_mhz,
            )
            description = DesignDescription(technology.name, values)
            names = [block.name for block in plan.blocks]
            kept = {"row": description.row(), "blocks": names}
            if store is not None:
                store.put(_KIND, inputs, kept, {"technology": technology.name})
        else:
            used = [by_name(name) for name in kept["blocks"]]
            blocks = blocks.completed(used, technology, jobs=jobs, store=store)
        row.update(kept["row"])
        if progress is not None:
            progress(number + 1, len(rows))
    return TrainingTable.of(rows, where=where), blocks


def save(kept: Kept, table: TrainingTable, folder: Path) -> None:
    """Write NAME.csv, NAME.json and NAME_blocks.csv into ``folder``."""
    name = kept.predictors.technology
    write_text(folder / f"{name}.csv", table.text())
    write_text(folder / f"{name}.json", kept.predictors.text())
    write_text(folder / f"{name}_blocks.csv", kept.blocks.text())


def read_table(technology: str, folder: Path | None = None) -> TrainingTable:
    """The training table of a technology.

    Raises
    ------
    UserError
        There is none, or it is damaged.
    """
    path = _folder(technology, folder) / f"{technology}.csv"
    return TrainingTable.read(_text(path, technology), where=str(path))


def read_kept(technology: str, folder: Path | None = None) -> Kept:
    """The predictors of a technology; the same files give the same predictions to the last bit.

    Raises
    ------
    UserError
        There are none, or they are damaged.
    """
    folder = _folder(technology, folder)
    table = read_table(technology, folder)
    parameters, blocks = folder / f"{technology}.json", folder / f"{technology}_blocks.csv"
    return Kept(
        Predictors.read(_text(parameters, technology), table, where=str(parameters)),
        BlockTable.read(_text(blocks, technology), where=str(blocks)),
    )


def own_files(technology: str) -> dict[str, Path]:
    """The user's own predictors of a technology, by what they are; none where there are none."""
    folder = _folder(technology, None)
    if folder == FOLDER:
        return {}
    names = {"table": ".csv", "parameters": ".json", "blocks": "_blocks.csv"}
    paths = {what: folder / f"{technology}{end}" for what, end in names.items()}
    return {what: path for what, path in paths.items() if path.is_file()}


def _folder(technology: str, folder: Path | None) -> Path:
    if folder is not None:
        return folder
    own = predictors_folder()
    if own and (own / f"{technology}.json").is_file():
        return own
    return FOLDER


def _text(path: Path, technology: str) -> str:
    try:
        return path.read_text("utf-8")
    except FileNotFoundError as error:
        raise UserError(
            f"There are no predictors of {technology}",
            where=str(path),
            hint="Train them, with hawx characterize-designs and hawx train-predictors.",
        ) from error
