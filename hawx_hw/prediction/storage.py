"""Where predictors lie, and how they are read and written.

Predictors of an architecture and a technology are three files, ``ARCHITECTURE_TECHNOLOGY.json``
(coefficients), ``.csv`` (the training table) and ``_blocks.csv`` (metrics of blocks). Those that
come with the package lie in the architecture's folder ``data``; a user's own, in the folder that
``HAWX_PREDICTORS`` names, come before them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hawx_hw import architectures
from hawx_hw.architectures.base import Architecture
from hawx_hw.characterization.block_table import BlockTable
from hawx_hw.errors import UserError
from hawx_hw.prediction.predictors import Predictors
from hawx_hw.prediction.table import TrainingTable
from hawx_hw.util.files import read_text, write_text
from hawx_hw.util.locations import predictors_folder

__all__ = [
    "PredictorSet",
    "load_predictors",
    "load_table",
    "predictor_files",
    "save_predictors",
    "shipped_folder",
]

_HINT = (
    "Train them, with hawx characterize-designs and hawx train-predictors; a search with the "
    "objective multiplier_energy needs none."
)
#: The files, by what they hold: how their names end.
_ENDS = {"table": ".csv", "parameters": ".json", "blocks": "_blocks.csv"}


@dataclass(frozen=True, eq=False)
class PredictorSet:
    """Predictors, and the metrics of blocks that go with them.

    Parameters
    ----------
    predictors : Predictors
    blocks : BlockTable
        Blocks in the predictors' technology.
    """

    predictors: Predictors
    blocks: BlockTable


def shipped_folder(architecture: Architecture) -> Path:
    """The folder of the predictors that come with the package."""
    return Path(architectures.__file__).resolve().parent / architecture.name / "data"


def save_predictors(trained: PredictorSet, table: TrainingTable, folder: Path) -> None:
    """Write the three files.

    Parameters
    ----------
    trained : PredictorSet
    table : TrainingTable
        What they were trained on.
    folder : Path
        Created if need be.
    """
    paths = _paths(folder, table.architecture, trained.predictors.technology)
    write_text(paths["table"], table.text())
    write_text(paths["parameters"], trained.predictors.text())
    write_text(paths["blocks"], trained.blocks.text())


def load_table(
    architecture: Architecture, technology: str, folder: Path | None = None
) -> TrainingTable:
    """The training table of predictors.

    Parameters
    ----------
    architecture : Architecture
    technology : str
        Its name.
    folder : Path or None
        None: the user's, or else the package's.

    Raises
    ------
    UserError
        There is none, or it is damaged.
    """
    path = _used(architecture, technology, folder)["table"]
    return TrainingTable.read(architecture, _text(path, architecture, technology), where=str(path))


def load_predictors(
    architecture: Architecture, technology: str, folder: Path | None = None
) -> PredictorSet:
    """Read predictors; the same files give the same predictions to the last bit.

    Parameters
    ----------
    architecture, technology, folder
        See :func:`load_table`.

    Raises
    ------
    UserError
        There are none, or they are damaged.
    """
    paths = _used(architecture, technology, folder)
    parameters, blocks = paths["parameters"], paths["blocks"]
    table = load_table(architecture, technology, folder)
    return PredictorSet(
        Predictors.read(_text(parameters, architecture, technology), table, where=str(parameters)),
        BlockTable.read(_text(blocks, architecture, technology), where=str(blocks)),
    )


def predictor_files(
    architecture: Architecture, technology: str, folder: Path | None = None
) -> dict[str, Path]:
    """The files of predictors that there are, by what they hold.

    Parameters
    ----------
    architecture, technology, folder
        See :func:`load_table`.

    Returns
    -------
    dict of str to Path
        ``table``, ``parameters`` and ``blocks``; empty where there are no predictors.
    """
    paths = _used(architecture, technology, folder)
    return {what: path for what, path in paths.items() if path.is_file()}


def _used(architecture: Architecture, technology: str, folder: Path | None) -> dict[str, Path]:
    """The files that are read; they need not exist."""
    if folder is not None:
        return _paths(folder, architecture, technology)
    own = predictors_folder()
    if own is not None:
        paths = _paths(own, architecture, technology)
        if paths["parameters"].is_file():
            return paths
    return _paths(shipped_folder(architecture), architecture, technology)


def _paths(folder: Path, architecture: Architecture, technology: str) -> dict[str, Path]:
    return {what: folder / f"{architecture.name}_{technology}{end}" for what, end in _ENDS.items()}


def _text(path: Path, architecture: Architecture, technology: str) -> str:
    try:
        return read_text(path)
    except FileNotFoundError as error:
        raise UserError(
            f"There are no predictors of {architecture.name} designs in {technology}",
            where=str(path),
            hint=_HINT,
        ) from error
    except ValueError as error:
        raise UserError(f"The file is no text: {error}", where=str(path), hint=_HINT) from error
