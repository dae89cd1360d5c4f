"""The training table: a row a design, with its description and what was measured."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hawx_hw.architectures.systolic.features import FEATURES
from hawx_hw.architectures.systolic.quantities import AREA_PARTS, DELAY_PARTS
from hawx_hw.errors import UserError

__all__ = ["MEASURED", "TrainingTable"]

_Floats = NDArray[np.float64]
#: Columns of the sweep's table that are read, beside those that begin with ``area_``, ``delay_``.
MEASURED = (
    "area",
    "longest_path_ns",
    "cycles",
    "used_clock_mhz",
    "internal_uw",
    "switching_uw",
    "memory_uw",
    "leakage_uw",
)
_TEXTS = ("key", "blocks")


@dataclass(frozen=True, eq=False)
class TrainingTable:
    """Designs, described and measured.

    Parameters
    ----------
    keys : tuple of str
        Hash of each design.
    blocks : tuple of frozenset of str
        Names of the blocks of each design.
    features : dict of str to ndarray
        By the names of the features, each shape (designs,).
    figures : dict of str to ndarray
        As the quantities name them.
    columns : dict of str to ndarray
        What :meth:`text` writes of the measurements.
    """

    keys: tuple[str, ...]
    blocks: tuple[frozenset[str], ...]
    features: dict[str, _Floats]
    figures: dict[str, _Floats]
    columns: dict[str, _Floats]

    def __len__(self) -> int:
        return len(self.keys)

    def rows(self, chosen: _Floats | NDArray[np.int64] | NDArray[np.bool_]) -> TrainingTable:
        """Some of the designs."""
        index = np.arange(len(self))[chosen]
        return TrainingTable(
            tuple(self.keys[i] for i in index),
            tuple(self.blocks[i] for i in index),
            *(
                {name: values[index] for name, values in group.items()}
                for group in (self.features, self.figures, self.columns)
            ),
        )

    @classmethod
    def of(cls, rows: Iterable[Mapping[str, Any]], *, where: str = "") -> TrainingTable:
        """From rows with the columns of :data:`MEASURED` and the features as ``x_...``.

        Raises
        ------
        UserError
            Columns are missing or hold no numbers, or there is no row.
        """
        rows = list(rows)
        if not rows:
            raise UserError("The table has no designs.", where=where)
        present = set(rows[0])
        parts = [f"area_{part}" for part in AREA_PARTS]
        parts += [f"delay_{part}_ns" for part in DELAY_PARTS]
        needed = [*_TEXTS, *MEASURED, *parts, *(f"x_{name}" for name in FEATURES)]
        missing = [name for name in needed if name not in present]
        if missing:
            raise UserError(
                f"The table lacks {', '.join(missing)}",
                where=where,
                hint="Make it with hawx characterize-designs and hawx train-predictors.",
            )
        numeric = [
            name
            for name in rows[0]
            if name in needed[2:] or (name.startswith("delay_") and name.endswith("_ns"))
        ]
        try:
            columns = {name: np.array([float(row[name]) for row in rows]) for name in numeric}
        except (KeyError, TypeError, ValueError) as error:
            raise UserError(f"The table holds what is no number: {error}", where=where) from error
        features = {name: columns.pop(f"x_{name}") for name in FEATURES}
        others = [n for n in columns if n.startswith("delay_") and n not in parts]
        if "delay_rest_ns" not in columns:
            if not others:
                raise UserError("The table lacks delay_..._ns of the parts", where=where)
            columns["delay_rest_ns"] = np.max([columns[name] for name in others], axis=0)
        columns = {
            name: columns[name] for name in (*MEASURED, *parts, "delay_rest_ns")
        }  # fmt: skip
        return cls(
            tuple(str(row["key"]) for row in rows),
            tuple(frozenset(str(row["blocks"]).split(";")) for row in rows),
            features,
            _figures(columns),
            columns,
        )

    @classmethod
    def read(cls, text: str, *, where: str = "") -> TrainingTable:
        """From CSV; see :meth:`of`."""
        return cls.of(csv.DictReader(io.StringIO(text)), where=where)

    def text(self) -> str:
        """As CSV, such as :meth:`read` takes it."""
        file = io.StringIO()
        writer = csv.writer(file, lineterminator="\n")
        described = [f"x_{name}" for name in self.features]
        writer.writerow([*_TEXTS, *self.columns, *described])
        groups = [*self.columns.values(), *self.features.values()]
        for index, (key, blocks) in enumerate(zip(self.keys, self.blocks, strict=True)):
            numbers = [f"{values[index]:.10g}" for values in groups]
            writer.writerow([key, ";".join(sorted(blocks)), *numbers])
        return file.getvalue()


def _figures(columns: Mapping[str, _Floats]) -> dict[str, _Floats]:
    """What the quantities are fitted to."""
    figures = dict(columns)
    parts = sum(columns[f"area_{part}"] for part in AREA_PARTS)
    figures["area_rest"] = columns["area"] - parts
    # uW times us are pJ.
    time = columns["cycles"] / columns["used_clock_mhz"]
    figures["logic_pj"] = (columns["internal_uw"] + columns["switching_uw"]) * time
    figures["memory_pj"] = columns["memory_uw"] * time
    figures["dynamic_pj"] = figures["logic_pj"] + figures["memory_pj"]
    return figures
