"""The training table: for each design its features and what was measured."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hawx_hw.architectures.base import Architecture
from hawx_hw.architectures.quantities import REST
from hawx_hw.errors import UserError
from hawx_hw.util.csv_text import read_records

__all__ = ["MEASURED", "TrainingTable"]

_Floats = NDArray[np.float64]
#: Fields of the sweep's table that are read, beside those that begin with ``area_``, ``delay_``.
MEASURED = (
    "area",
    "longest_path_ns",
    "cycles",
    "used_clock_mhz",
    "power_uw",
    "blocks_uw",
    "clock_uw",
    "memory_uw",
    "leakage_uw",
)
_TEXTS = ("key", "blocks")
_REST_PATH = f"delay_{REST}_ns"


@dataclass(frozen=True, eq=False)
class TrainingTable:
    """Designs of an architecture, described and measured.

    Parameters
    ----------
    architecture : Architecture
    keys : tuple of str
        Hash of each design.
    blocks : tuple of frozenset of str
        Names of the blocks of each design.
    features : dict of str to ndarray
        By name, in the architecture's order, each shape (designs,).
    measured : dict of str to ndarray
        Measurements by their names in the file, each shape (designs,).
    targets : dict of str to ndarray
        What quantities are fitted to: the measurements and what follows from them, each shape
        (designs,). ``area_rest`` is the area of all modules that have no part of their own,
        ``dynamic_pj`` the energy of an image without leakage, the sum of ``blocks_pj``,
        ``clock_pj`` (without that of memories), ``memory_pj``, and ``logic_pj``: all the rest.
    """

    architecture: Architecture
    keys: tuple[str, ...]
    blocks: tuple[frozenset[str], ...]
    features: dict[str, _Floats]
    measured: dict[str, _Floats]
    targets: dict[str, _Floats]

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def values(self) -> _Floats:
        """The features as an array of shape (designs, features)."""
        return np.stack(list(self.features.values()), axis=1)

    def subset(self, chosen: _Floats | NDArray[np.int64] | NDArray[np.bool_]) -> TrainingTable:
        """Some of the designs."""
        index = np.arange(len(self))[chosen]
        return TrainingTable(
            self.architecture,
            tuple(self.keys[i] for i in index),
            tuple(self.blocks[i] for i in index),
            *(
                {name: values[index] for name, values in group.items()}
                for group in (self.features, self.measured, self.targets)
            ),
        )

    @classmethod
    def of(
        cls, architecture: Architecture, records: Iterable[Mapping[str, Any]], *, where: str = ""
    ) -> TrainingTable:
        """Make it of records with the fields of :data:`MEASURED`, and the features as ``x_...``.

        Raises
        ------
        UserError
            Fields are missing or hold no numbers, or there is no record.
        """
        records = list(records)
        if not records:
            raise UserError("The table has no designs.", where=where)
        quantities = architecture.quantities
        kinds = [f"area_{kind}" for kind in quantities.area_kinds]
        kinds += [f"delay_{kind}_ns" for kind in quantities.path_kinds]
        described = [f"x_{name}" for name in architecture.features]
        needed = [*_TEXTS, *MEASURED, *kinds, *described]
        missing = [name for name in needed if name not in records[0]]
        if missing:
            raise UserError(
                f"The table lacks {', '.join(missing)}",
                where=where,
                hint="Make it with hawx characterize-designs and hawx train-predictors.",
            )
        others = [name for name in records[0] if _is_path(name) and name not in kinds]
        try:
            numbers = {
                name: np.array([float(record[name]) for record in records])
                for name in (*needed[len(_TEXTS) :], *others)
            }
        except (KeyError, TypeError, ValueError) as error:
            raise UserError(
                f"The table has a field that is no number: {error}", where=where
            ) from error
        for name, column in numbers.items():
            if not np.isfinite(column).all():
                number = int(np.argmin(np.isfinite(column)))
                raise UserError(
                    f"Design {number} has {column[number]} as {name}, which is not finite",
                    where=where,
                )
        if _REST_PATH not in numbers:
            if not others:
                raise UserError("The table lacks delay_..._ns of the other modules", where=where)
            numbers[_REST_PATH] = np.max([numbers[name] for name in others], axis=0)
        measured = {name: numbers[name] for name in (*MEASURED, *kinds, _REST_PATH)}
        return cls(
            architecture,
            tuple(str(record["key"]) for record in records),
            tuple(frozenset(str(record["blocks"]).split(";")) for record in records),
            {name: numbers[f"x_{name}"] for name in architecture.features},
            measured,
            _targets(measured, quantities.area_kinds),
        )

    @classmethod
    def read(cls, architecture: Architecture, text: str, *, where: str = "") -> TrainingTable:
        """Read CSV; see :meth:`of`."""
        try:
            records = read_records(text)
        except ValueError as error:
            raise UserError(f"The table is damaged: {error}", where=where) from error
        return cls.of(architecture, records, where=where)

    def text(self) -> str:
        """As CSV, such as :meth:`read` takes it."""
        file = io.StringIO()
        writer = csv.writer(file, lineterminator="\n")
        described = [f"x_{name}" for name in self.features]
        writer.writerow([*_TEXTS, *self.measured, *described])
        groups = [*self.measured.values(), *self.features.values()]
        for index, (key, blocks) in enumerate(zip(self.keys, self.blocks, strict=True)):
            numbers = [f"{values[index]:.10g}" for values in groups]
            writer.writerow([key, ";".join(sorted(blocks)), *numbers])
        return file.getvalue()


def _is_path(name: str) -> bool:
    return name.startswith("delay_") and name.endswith("_ns")


def _targets(measured: Mapping[str, _Floats], kinds: Iterable[str]) -> dict[str, _Floats]:
    """What quantities are fitted to."""
    targets = dict(measured)
    targets[f"area_{REST}"] = measured["area"] - sum(measured[f"area_{kind}"] for kind in kinds)
    # uW times us are pJ.
    time = measured["cycles"] / measured["used_clock_mhz"]
    for name in ("blocks", "clock", "memory"):
        targets[f"{name}_pj"] = measured[f"{name}_uw"] * time
    targets["dynamic_pj"] = (measured["power_uw"] - measured["leakage_uw"]) * time
    targets["logic_pj"] = targets["dynamic_pj"] - sum(
        targets[f"{name}_pj"] for name in ("blocks", "clock", "memory")
    )
    return targets
