"""Results of stages as JSON files: typed, versioned, with one reader and one writer.

The room that makes a result declares it, as a subclass of :class:`Result`. Its file holds the
result's own keys and those of the :class:`Header`, side by side.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from hawx_hw.errors import UserError
from hawx_hw.util.files import read_text, write_json
from hawx_hw.util.json_text import read_json

__all__ = ["Header", "Record", "Result"]


class Record(BaseModel):
    """A part of a result: frozen, unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def as_dict(self) -> dict[str, Any]:
        """JSON-able, by the keys of the file; keys with their default value are left out."""
        return self.model_dump(mode="json", by_alias=True, exclude_defaults=True)


class Header(Record):
    """Where a result comes from.

    Parameters
    ----------
    stage : str
        The stage that wrote it.
    config : str
        Hash of the settings that reach the stage.
    versions : mapping of str to str
        Tools and libraries that the stage used.
    """

    stage: str
    config: str
    versions: Mapping[str, str]


class Result(Record):
    """The content of a JSON file in the build folder.

    Attributes
    ----------
    FILE : str
        Name of the file.
    STAGE : str
        The stage that writes it.
    SCHEMA : int
        Version of its keys; a file of another one is refused.
    COMPACT : bool
        Whether the file has no blanks: one of many numbers, which nobody reads as it is.
    """

    FILE: ClassVar[str]
    STAGE: ClassVar[str]
    SCHEMA: ClassVar[int]
    COMPACT: ClassVar[bool] = False

    def write(self, folder: Path, header: Header | None = None) -> None:
        """Write the file into ``folder``.

        Parameters
        ----------
        folder : Path
        header : Header or None
            None: the file gets none, and is the same for all settings and versions.
        """
        origin = {} if header is None else header.as_dict()
        content = {"schema": self.SCHEMA, **origin, **self.as_dict()}
        write_json(folder / self.FILE, content, compact=self.COMPACT)

    @classmethod
    def how_to_make(cls) -> str:
        """How a user makes the file again."""
        return f"Make it again, with hawx run CONFIG --until {cls.STAGE}."

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read what :meth:`write` wrote into ``folder``.

        Raises
        ------
        UserError
            The file is missing, damaged or of another schema.
        """
        path = folder / cls.FILE
        hint = cls.how_to_make()
        try:
            content = read_json(read_text(path))
        except (OSError, ValueError) as error:
            raise UserError(
                f"The file cannot be read: {error}", where=str(path), hint=hint
            ) from error
        schema = content.pop("schema", None) if isinstance(content, dict) else None
        if schema != cls.SCHEMA:
            raise UserError(
                f"The file must be of schema {cls.SCHEMA}, not {schema!r}",
                where=str(path),
                hint=hint,
            )
        own = {key: value for key, value in content.items() if key not in Header.model_fields}
        try:
            return cls.model_validate(own)
        except ValidationError as error:
            problem = error.errors()[0]
            key = ".".join(str(part) for part in problem["loc"])
            raise UserError(
                f"Key {key!r} is damaged: {problem['msg']}", where=str(path), hint=hint
            ) from error
