"""A stated list of classes: ``classes.csv``, ``classes.txt``, or names in an archive.

``classes.txt``
    One name a line; the first line is class 0.
``classes.csv``
    A line of names of fields. A field ``index`` has the number of each class, from 0 on; without
    it, the first line below the names is class 0. Every other field has a name of the class, such
    as its WordNet number: a label may be any of them, or the number. A name that several classes
    share is no label.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hawx_hw.errors import UserError, shown
from hawx_hw.util.csv_text import read_records
from hawx_hw.util.files import read_text

__all__ = ["FILES", "ClassList", "class_list_in", "of_names", "read_class_list", "whole_number"]

#: The files of a folder that may state its classes.
FILES = ("classes.csv", "classes.txt")
_CLASSES_MAX = 65_536
_DIGITS_MAX = 18


@dataclass(frozen=True, eq=False)
class ClassList:
    """Classes and what labels name them.

    Parameters
    ----------
    source : str
        Where it is stated, for messages.
    names : tuple of str
        One name of each class, in their order.
    by_label : mapping of str to tuple of int
        The classes that a text may be a label of; one, but for texts that several share.
    """

    source: str
    names: tuple[str, ...]
    by_label: Mapping[str, tuple[int, ...]]

    def number(self, label: str, where: str) -> int:
        """The class of a label.

        Raises
        ------
        UserError
            None has it, or several.
        """
        classes = set(self.by_label.get(label, ()))
        number = whole_number(label)
        if number is not None and 0 <= number < len(self.names):
            classes.add(number)
        if len(classes) == 1:
            return classes.pop()
        if not classes:
            raise UserError(
                f"{self.source} has no class {shown(label)}.",
                where=where,
                hint=f"Its {len(self.names):,} classes begin with {_few(self.names)}.",
            )
        raise UserError(
            f"The label {shown(label)} may be any of the classes {_few(map(str, sorted(classes)))} "
            f"of {self.source}.",
            where=where,
            hint="Write the number of the class, or another name of it.",
        )


def class_list_in(folder: Path) -> ClassList | None:
    """The list of a folder's classes, where it states one.

    Raises
    ------
    UserError
        There are two, or the list is none.
    """
    there = [folder / name for name in FILES if (folder / name).is_file()]
    if len(there) > 1:
        raise UserError(
            f"Both {' and '.join(FILES)} state the classes.",
            where=str(folder),
            hint="Remove one of them.",
        )
    return read_class_list(there[0]) if there else None


def read_class_list(path: Path) -> ClassList:
    """Read ``classes.csv`` or ``classes.txt``.

    Raises
    ------
    UserError
        The file cannot be read, or is no list of classes.
    """
    try:
        text = read_text(path)
    except OSError as error:
        raise UserError(
            f"The file cannot be read: {error.strerror or error}.", where=str(path)
        ) from error
    text = text.removeprefix("\ufeff")
    if path.suffix.lower() == ".csv":
        return _of_table(text, path)
    lines = [line.strip() for line in text.splitlines()]
    while lines and not lines[-1]:
        lines.pop()
    return of_names(lines, path.name, str(path))


def of_names(names: Sequence[str], source: str, where: str) -> ClassList:
    """The list of classes with these names, in this order.

    Raises
    ------
    UserError
        There is none, or one is empty or stands twice.
    """
    _check_count(len(names), where)
    numbers: dict[str, tuple[int, ...]] = {}
    for number, name in enumerate(names):
        if not name:
            raise UserError(f"Class {number} of {source} has no name.", where=where)
        if name in numbers:
            raise UserError(
                f"{source} has the class {shown(name)} twice, as {numbers[name][0]} and {number}.",
                where=where,
            )
        numbers[name] = (number,)
    return ClassList(source, tuple(names), numbers)


def whole_number(text: str) -> int | None:
    """The whole number that a text is, written in plain digits; None for another text."""
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= _DIGITS_MAX):
        return None
    return int(text)


def _check_count(count: int, where: str) -> None:
    if not 0 < count <= _CLASSES_MAX:
        raise UserError(
            f"A list of classes has 1 to {_CLASSES_MAX:,} of them, not {count:,}.", where=where
        )


def _of_table(text: str, path: Path) -> ClassList:
    where = str(path)
    try:
        records = read_records(text)
    except ValueError as error:
        raise UserError(f"This is no list of classes: {error}.", where=where) from error
    _check_count(len(records), where)
    fields = {name: name.strip().lower() for name in records[0]}
    index = [name for name, plain in fields.items() if plain == "index"]
    others = [name for name in fields if name not in index]
    if not others:
        raise UserError("There is no field with names of the classes.", where=where)
    ordered = _in_order(records, index[0], where) if index else records
    shown_name = next((name for name in others if fields[name] == "name"), others[-1])
    by_label: dict[str, tuple[int, ...]] = {}
    for number, record in enumerate(ordered):
        for name in {record[field].strip() for field in others} - {""}:
            by_label[name] = (*by_label.get(name, ()), number)
    names = tuple(record[shown_name].strip() for record in ordered)
    return ClassList(path.name, names, by_label)


def _in_order(records: list[dict[str, str]], index: str, where: str) -> list[dict[str, str]]:
    numbers = [whole_number(record[index].strip()) for record in records]
    if sorted(-1 if number is None else number for number in numbers) != [*range(len(records))]:
        raise UserError(
            f"The field index must have the numbers 0 to {len(records) - 1}, each once.",
            where=where,
            hint="Number the classes from 0 on, as the outputs of the network are.",
        )
    by_number = dict(zip(numbers, records, strict=True))
    return [by_number[number] for number in range(len(records))]


def _few(names: Iterable[str], count: int = 5) -> str:
    first = [*names]
    return ", ".join(first[:count]) + (" ..." if len(first) > count else "")
