"""A CSV file that states images, labels and parts.

Its first line names the fields, in any order and case; others than these are ignored.

==========  =======================================================================================
``file``    path of an image, relative to the folder of the CSV and inside of it
``label``   a number or a text; see :mod:`hawx_hw.datasets.labels`
``split``   optional: train, test or val
==========  =======================================================================================
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hawx_hw.datasets.array_names import part_of
from hawx_hw.errors import UserError, shown
from hawx_hw.util.csv_text import read_records
from hawx_hw.util.files import read_text

__all__ = ["Entry", "check_inside", "read_table"]

_FIELDS = {
    "file": ("file", "filename", "file_name", "filepath", "path", "image", "image_path"),
    "label": ("label", "labels", "class", "class_name", "target", "category"),
    "split": ("split", "set", "subset", "part", "partition"),
}


@dataclass(frozen=True)
class Entry:
    """An image.

    Parameters
    ----------
    file : str
        Its path, relative to the folder, with ``/``.
    label : str
    part : str
        ``train``, ``test`` or ``val``.
    """

    file: str
    label: str
    part: str


def check_inside(path: Path, root: Path, name: str) -> None:
    """Refuse a path that leads out of a folder, or to nothing.

    Parameters
    ----------
    path : Path
    root : Path
        The folder, without links.
    name : str
        What the user wrote, for the error.

    Raises
    ------
    UserError
    """
    try:
        target = path.resolve(strict=True)
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is no path"
        raise UserError(f"{shown(name)} cannot be read: {reason}.", where=str(root)) from error
    if not target.is_relative_to(root):
        raise UserError(
            f"{shown(name)} leads out of the folder.",
            where=str(root),
            hint="Nothing outside of the folder that is named is read: put a copy into it.",
        )


def read_table(path: Path, root: Path) -> tuple[Entry, ...]:
    """The images of a table, in its order.

    Parameters
    ----------
    path : Path
        The CSV file.
    root : Path
        Its folder, without links.

    Raises
    ------
    UserError
        It is no such table, a file is missing or outside of the folder, or stands twice in a part.
    """
    where = str(path)
    try:
        records = read_records(read_text(path).removeprefix("\ufeff"))
    except OSError as error:
        raise UserError(
            f"The file cannot be read: {error.strerror or error}.", where=where
        ) from error
    except ValueError as error:
        raise UserError(f"This is no table of images: {error}.", where=where) from error
    if not records:
        raise UserError("The table has no image.", where=where)
    fields = _fields(list(records[0]), where)
    entries = tuple(
        _entry(record, fields, root, f"{where}: record {number}")
        for number, record in enumerate(records, start=1)
    )
    known: dict[tuple[str, str], int] = {}
    for number, entry in enumerate(entries, start=1):
        first = known.setdefault((entry.file, entry.part), number)
        if first != number:
            raise UserError(
                f"{shown(entry.file)} stands twice, in records {first} and {number}.", where=where
            )
    return entries


def _fields(names: list[str], where: str) -> dict[str, str]:
    """The names of the fields for file, label and, where there is one, split."""
    fields = {}
    for what, choices in _FIELDS.items():
        there = [name for name in names if name.strip().lower() in choices]
        if len(there) > 1:
            raise UserError(
                f"Both the fields {shown(there[0])} and {shown(there[1])} may be the {what}.",
                where=where,
                hint=f"Name one of them {what}, and the other something else.",
            )
        if there:
            fields[what] = there[0]
        elif what != "split":
            named = ", ".join(name[:40] for name in names[:10])
            raise UserError(
                f"There is no field {what}; there are {named}.",
                where=where,
                hint="The first line names the fields: file, label, and optionally split.",
            )
    return fields


def _entry(record: dict[str, str], fields: dict[str, str], root: Path, where: str) -> Entry:
    file, label = record[fields["file"]].strip(), record[fields["label"]].strip()
    if not file or not label:
        raise UserError(f"The {'label' if file else 'file'} is empty.", where=where)
    part: str | None = "train"
    if "split" in fields and (part := part_of(record[fields["split"]])) is None:
        raise UserError(
            f"The split must be train, test or val, not {shown(record[fields['split']])}.",
            where=where,
        )
    try:
        check_inside(root / file, root, file)
    except UserError as error:
        raise UserError(error.what, where=where, hint=error.hint) from error
    return Entry(Path(file).as_posix(), label, part or "train")
