"""Finds the liberty file of a technology, and says what it is."""

from __future__ import annotations

import gzip
import hashlib
import os
import zlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import yaml

from hawx_hw.errors import UserError
from hawx_hw.files import write_bytes
from hawx_hw.technology.liberty import Library, read_library

__all__ = ["BUILT_IN", "Technology", "load"]

_FOLDER = Path(__file__).resolve().parent / "libraries"
#: Technologies that are known by name; those of Debian's qflow packages must be installed.
BUILT_IN = tuple(sorted(path.stem for path in _FOLDER.glob("*.yaml")))
_KEYS = {"name", "liberty", "install"}


@dataclass(frozen=True)
class Technology:
    """A library of standard cells.

    Parameters
    ----------
    name : str
    liberty : Path
        The library as plain text.
    """

    name: str
    liberty: Path

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the liberty text: the identity of the library."""
        return hashlib.sha256(self.liberty.read_bytes()).hexdigest()

    @cached_property
    def library(self) -> Library:
        """The cells of the library."""
        return read_library(self.liberty)


def load(name: str, *, base: Path | None = None) -> Technology:
    """A technology by name, by the path of a liberty file, or by that of a technology's YAML.

    The YAML has the keys ``name`` and ``liberty`` (a path, or a list of paths of which the first
    that exists is taken; relative ones count from the YAML), and may say in ``install`` how to get
    it.

    Parameters
    ----------
    name : str
        ``generic45``, ``osu018``, ``osu035``, or a path that ends in .lib, .lib.gz, .yaml or .yml.
    base : Path or None
        Relative paths count from here; the working directory if left out.

    Raises
    ------
    UserError
        Where there is no such technology, or its file is missing or damaged.
    """
    if name in BUILT_IN:
        return _described(_FOLDER / f"{name}.yaml")
    path = (base or Path()) / name
    if path.suffix in (".yaml", ".yml"):
        return _described(path)
    if path.suffixes[-1:] == [".lib"] or path.suffixes[-2:] == [".lib", ".gz"]:
        if not path.is_file():
            raise UserError(f"There is no liberty file {name!r}", mend="Check technology's path.")
        return Technology(path.name.split(".")[0], _plain(path))
    raise UserError(
        f"Unknown technology {name!r}",
        mend=f"It must be one of {', '.join(BUILT_IN)}, or a path of a .lib, .lib.gz or .yaml.",
    )


def _described(path: Path) -> Technology:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UserError(
            f"The technology cannot be read: {str(error).splitlines()[0]}", where=str(path)
        ) from error
    if not isinstance(content, dict) or not {"name", "liberty"} <= set(content) <= _KEYS:
        raise UserError(
            "A technology must be a mapping with name, liberty and at most install", where=str(path)
        )
    places = content["liberty"]
    places = [places] if isinstance(places, str) else places
    for place in places:
        candidate = path.parent / place
        if candidate.is_file():
            return Technology(str(content["name"]), _plain(candidate))
    raise UserError(
        f"The liberty file of technology {content['name']!r} is missing",
        where=", ".join(str(place) for place in places),
        mend=content.get("install"),
    )


def _plain(path: Path) -> Path:
    """The path itself, or that of the unpacked text in the user's cache."""
    if path.suffix != ".gz":
        return path
    packed = path.read_bytes()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    target = cache / "hawx_hw" / "liberty" / f"{hashlib.sha256(packed).hexdigest()}.lib"
    if not target.is_file():
        try:
            text = gzip.decompress(packed)
        except (OSError, EOFError, zlib.error) as error:
            raise UserError(
                f"The liberty file is damaged: {error}", where=str(path), mend="Fetch it again."
            ) from error
        write_bytes(target, text)
    return target
