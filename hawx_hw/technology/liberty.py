"""Reads what synthesis, timing and power need from the liberty files of a library."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from hawx_hw.errors import UserError
from hawx_hw.technology.cells import (
    Arc,
    Cell,
    ClockGate,
    FlipFlop,
    InternalPower,
    Library,
    Pin,
    Table,
)
from hawx_hw.technology.liberty_cells import CellReader, is_special
from hawx_hw.technology.liberty_checks import BadName, check_cell, check_cell_name, check_delays
from hawx_hw.technology.liberty_groups import Group, LibertyError, parse
from hawx_hw.technology.liberty_tables import TableReader, Unsupported, templates_of
from hawx_hw.technology.liberty_text import read_text
from hawx_hw.technology.liberty_units import DEFAULT_VOLTAGE, Units, read_units, read_voltage
from hawx_hw.technology.liberty_writer import DELAY_MODEL, NUMBERS, Part, liberty_text

__all__ = [
    "Arc",
    "Cell",
    "ClockGate",
    "FlipFlop",
    "InternalPower",
    "Library",
    "Pin",
    "Table",
    "plain_liberty",
    "read_library",
]

#: How many of the cells that are left out a message names.
_NAMED = 3
#: Attributes of a library by which its numbers are compared: files of one library must agree.
_MEANING = ("_threshold_pct_", "slew_derate_from_library", "default_cell_leakage_power")


def read_library(*paths: Path) -> Library:
    """Read a library.

    Its cells are checked for what they mean; a cell that is not for logic, or has something that
    is not read, is left out where that is wrong with it. :attr:`Library.notes` lists it.

    Parameters
    ----------
    *paths : Path
        The liberty files that it consists of.

    Raises
    ------
    UserError
        A file is not liberty, or is wrong somewhere: with file, line, cell and pin. Or there are no
        cells, or two of one name, or files that do not belong together.
    """
    return _library(_read(paths))


def plain_liberty(*paths: Path, supply: float = DEFAULT_VOLTAGE) -> str:
    """A library in the words that Yosys, ABC and OpenSTA read alike, with the cells that we read.

    Parameters
    ----------
    *paths : Path
    supply : float
        In V, for a library that states none.

    Raises
    ------
    UserError
        As :func:`read_library`.
    """
    files = _read(paths)
    return liberty_text([file.part for file in files], _voltage(files) or supply)


@dataclass(frozen=True)
class _File:
    """A file's library: its units, and of its cells those that are right, with the problems."""

    path: Path
    group: Group
    tables: TableReader
    voltage: float | None
    cells: dict[str, tuple[Group, Cell]]
    left_out: dict[str, LibertyError]

    @property
    def units(self) -> Units:
        return self.tables.units

    @property
    def part(self) -> Part:
        return Part(self.group, self.tables, [group for group, _ in self.cells.values()])


def _read(paths: Sequence[Path]) -> list[_File]:
    if not paths:
        raise ValueError("paths must be at least one file, not none")
    files = [_read_file(path) for path in paths]
    _check_together(files)
    if any(_timed(file) for file in files):
        for file in files:
            _leave_out_untimed(file)
    if not any(file.cells for file in files):
        for file in files:
            for name, problem in file.left_out.items():
                raise _error(problem, file.path, name)
        raise UserError("The liberty file has no cells", where=_where(paths))
    return files


def _read_file(path: Path) -> _File:
    text = read_text(path)
    cell = ""
    try:
        group = _only_library(parse(text))
        tables = TableReader(read_units(group), templates_of(group))
        voltage = read_voltage(group, tables.units)
        for name in NUMBERS:
            group.number(name)
        reader = CellReader(group, tables)
        cells: dict[str, tuple[Group, Cell]] = {}
        left_out: dict[str, LibertyError] = {}
        for child in group.children("cell"):
            cell = child.name
            check_cell_name(cell, child.line)
            if cell in cells or cell in left_out:
                raise LibertyError("it stands in the file twice", child.line)
            try:
                check_cell(child, tables)
                cells[cell] = child, reader.read(child)
            except LibertyError as error:
                if not isinstance(error, Unsupported) and not is_special(child):
                    raise
                left_out[cell] = error
    except LibertyError as error:
        raise _error(error, path, cell) from error
    return _File(path, group, tables, voltage, cells, left_out)


def _only_library(root: Group) -> Group:
    libraries = list(root.children("library"))
    if len(libraries) != 1:
        line = libraries[1].line if libraries else 1
        raise LibertyError(f"it must hold one library group, not {len(libraries)}", line)
    (library,) = libraries
    model = library.text("delay_model", DELAY_MODEL)
    if model != DELAY_MODEL:
        raise LibertyError(
            f"delay_model must be {DELAY_MODEL}, not {model!r}", library.line_of("delay_model")
        )
    if "include_file" in library.attributes:
        raise LibertyError(
            "include_file is not followed: name all files of the library together",
            library.line_of("include_file"),
        )
    return library


def _error(error: LibertyError, path: Path, cell: str) -> UserError:
    where = f"{path}:{error.line}"
    if isinstance(error, BadName):
        return UserError(
            f"{error.what}.",
            where=where,
            hint="Rename it in the liberty file, with letters, digits, _ and . only, the first a "
            "letter or _.",
        )
    if not cell:
        what = f"This is not a liberty file that can be read: {error.what}."
        return UserError(what, where=where)
    return UserError(
        f"cell {cell}: {error.what}.",
        where=where,
        hint="Correct it, or take the cell out of the file.",
    )


def _timed(file: _File) -> bool:
    return any(
        pin.arcs
        for _, cell in file.cells.values()
        if not cell.dont_use
        for pin in cell.pins.values()
    )


def _leave_out_untimed(file: _File) -> None:
    for name, (group, cell) in list(file.cells.items()):
        if cell.dont_use:
            continue
        try:
            check_delays(cell, group.line)
        except Unsupported as problem:
            del file.cells[name]
            file.left_out[name] = problem


def _check_together(files: Sequence[_File]) -> None:
    first = files[0]
    places: dict[str, Path] = {}
    for file in files:
        for name in (*file.cells, *file.left_out):
            if name in places:
                raise UserError(
                    f"cell {name} stands in {places[name]} too.",
                    where=str(file.path),
                    hint="The files of a library must be of one corner, and hold each cell once.",
                )
            places[name] = file.path
        different = next(_differences(first, file), None)
        if different is not None:
            raise UserError(
                f"{different} differs from that of {first.path}.",
                where=str(file.path),
                hint="The files of a library must be of one corner, in the same units.",
            )


def _differences(first: _File, file: _File) -> Iterator[str]:
    """What files that belong together have alike, and these have not."""
    for name, text in file.units.attributes.items():
        if text != first.units.attributes[name]:
            yield name
    if file.voltage is not None and first.voltage not in (None, file.voltage):
        yield "The supply"
    for name in sorted({*file.group.attributes, *first.group.attributes}):
        compared = any(part in name for part in _MEANING) or name.endswith("_pin_cap")
        if compared and not _alike(file.group.text(name), first.group.text(name)):
            yield name


def _alike(first: str, second: str) -> bool:
    try:
        return float(first) == float(second)
    except ValueError:
        return first == second


def _voltage(files: Sequence[_File]) -> float | None:
    return next((file.voltage for file in files if file.voltage is not None), None)


def _library(files: Sequence[_File]) -> Library:
    voltage = _voltage(files)
    return Library(
        files[0].group.name,
        {name: cell for file in files for name, (_, cell) in file.cells.items()},
        DEFAULT_VOLTAGE if voltage is None else voltage,
        voltage is not None,
        tuple(note for file in files for note in _notes(file)),
    )


def _notes(file: _File) -> Iterator[str]:
    for name in file.units.missing:
        if name in ("time_unit", "capacitive_load_unit"):
            taken = file.units.attributes[name].strip(": ")
            yield f"{file.path}: The library states no {name}; {taken} is taken."
    if file.left_out:
        named = [
            f"{name} (line {problem.line}: {problem.what})"
            for name, problem in list(file.left_out.items())[:_NAMED]
        ]
        more = len(file.left_out) - len(named)
        rest = f" and {more} more" if more else ""
        number = f"{len(file.left_out)} cell{'s' if len(file.left_out) > 1 else ''}"
        yield f"{file.path}: {number} left out: {'; '.join(named)}{rest}."


def _where(paths: Sequence[Path]) -> str:
    return str(paths[0]) if len(paths) == 1 else f"{paths[0]} and {len(paths) - 1} more"
