"""CSV files with a line of names, read strictly."""

from __future__ import annotations

import csv
import io

__all__ = ["read_records"]


def read_records(text: str) -> list[dict[str, str]]:
    """The records of a CSV file, by the names in its first line.

    Raises
    ------
    ValueError
        It is no CSV, has a name twice, or a record has not as many fields as there are names.
    """
    reader = csv.DictReader(io.StringIO(text), strict=True)
    try:
        records = list(reader)
    except csv.Error as error:
        raise ValueError(f"line {reader.reader.line_num}: {error}") from error
    names = list(reader.fieldnames or ())
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"the name {name[:100]!r} stands twice")
    for number, record in enumerate(records):
        if None in record or None in record.values():
            raise ValueError(f"record {number} has not {len(names)} fields, as there are names")
    return records
