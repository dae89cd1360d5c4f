"""The store of imported blocks in the user's cache: circuits by digest, and their names."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import numpy as np

from hawx_hw.blocks.user.imported import ImportedBlock, ImportedCircuit, Port, imported_block
from hawx_hw.errors import UserError, shown
from hawx_hw.util.files import read_text, write_bytes, write_json, write_text
from hawx_hw.util.json_text import read_json
from hawx_hw.util.locations import cache_folder, required_cache_folder

__all__ = ["ImportStore", "imported_blocks"]

_SCHEMA = 1
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_DIGEST = re.compile(r"[0-9a-f]{8,64}")
_AGAIN = "Import it again, with: hawx blocks import FILE.v --module MODULE --name {name} --replace"


class ImportStore:
    """Imported circuits in the user's cache.

    ``circuits/<digest>/`` holds ``netlist.v``, ``table.npy`` and, written last, ``circuit.json``;
    ``names/<name>.json`` holds the digest of a name. Files are written atomically, and a circuit
    that is read is checked against its digest.

    Parameters
    ----------
    folder : Path or None
        The user's cache if left out.

    Raises
    ------
    UserError
        There is no cache folder, because there is no home folder.
    """

    def __init__(self, folder: Path | None = None):
        self._folder = folder or required_cache_folder("blocks")

    def names(self) -> list[str]:
        """The names of all imported blocks, in order."""
        return sorted(path.stem for path in (self._folder / "names").glob("*.json"))

    def load(self, name: str) -> ImportedBlock:
        """The block of a name, or of a digest's first 8 or more digits.

        Raises
        ------
        UserError
            There is none, the digits are ambiguous, or the stored circuit is damaged.
        """
        path = self._folder / "names" / f"{name}.json"
        if _NAME.fullmatch(name) and path.is_file():
            return imported_block(name, self._circuit(self._digest(path), name))
        if _DIGEST.fullmatch(name):
            matches = [f.name for f in (self._folder / "circuits").glob(f"{name}*") if f.is_dir()]
            if len(matches) > 1:
                raise UserError(
                    f"Several imported blocks begin with {name}", hint="Write more digits."
                )
            if matches:
                return imported_block(name, self._circuit(matches[0], name))
        known = ", ".join(self.names()) or "none yet"
        raise UserError(
            f"No block {shown(name)} was imported",
            hint=f"Imported are: {known}. Import it with: hawx blocks import FILE.v --module "
            f"MODULE --name {name}",
        )

    def load_all(self) -> tuple[list[ImportedBlock], list[UserError]]:
        """Every block by its name, and an error for each that is damaged."""
        blocks: list[ImportedBlock] = []
        damaged: list[UserError] = []
        for name in self.names():
            try:
                blocks.append(self.load(name))
            except UserError as error:
                damaged.append(error)
        return blocks, damaged

    def save(self, name: str, circuit: ImportedCircuit, *, replace: bool = False) -> ImportedBlock:
        """Save ``circuit`` as ``name``.

        Raises
        ------
        UserError
            The name is no identifier, or the name of another circuit and ``replace`` is false; or
            the cache cannot be written.
        """
        if not _NAME.fullmatch(name):
            raise UserError(
                f"A block's name must be letters, digits and underscores, not {shown(name)}",
                hint="Choose one with --name.",
            )
        path = self._folder / "names" / f"{name}.json"
        if path.is_file() and not replace and self._digest(path) != circuit.digest:
            raise UserError(
                f"The name {name} stands for another imported circuit",
                hint="Choose another with --name, or add --replace.",
            )
        try:
            self._write(path, circuit)
        except OSError as error:
            raise UserError(
                f"The imported block cannot be stored: {error.strerror or error}",
                where=str(self._folder),
                hint="Let HAWX_CACHE name a folder that can be written.",
            ) from error
        return imported_block(name, circuit)

    def _write(self, path: Path, circuit: ImportedCircuit) -> None:
        """The circuit, and last the file of its name."""
        folder = self._folder / "circuits" / circuit.digest
        write_text(folder / "netlist.v", circuit.netlist)
        table = io.BytesIO()
        np.save(table, circuit.table.astype("<i4"), allow_pickle=False)
        write_bytes(folder / "table.npy", table.getvalue())
        content = {
            "schema": _SCHEMA,
            "signed": circuit.signedness,
            **{
                kind: {"name": port.name, "width": port.width}
                for kind in ("a", "b", "product")
                for port in (getattr(circuit, kind),)
            },
        }
        write_json(folder / "circuit.json", content)
        write_json(path, {"schema": _SCHEMA, "circuit": circuit.digest})

    def _digest(self, path: Path) -> str:
        content = _json(path, path.stem)
        digest = content.get("circuit")
        if content.get("schema") != _SCHEMA or not isinstance(digest, str):
            raise _damaged(path, path.stem)
        return digest

    def _circuit(self, digest: str, name: str) -> ImportedCircuit:
        folder = self._folder / "circuits" / digest
        content = _json(folder / "circuit.json", name)
        try:
            netlist = read_text(folder / "netlist.v")
            table = np.load(folder / "table.npy", allow_pickle=False)
            a, b, product = (
                Port(content[kind]["name"], content[kind]["width"])
                for kind in ("a", "b", "product")
            )
            circuit = ImportedCircuit(a, b, product, *_signed(content), netlist, table)
            intact = content["schema"] == _SCHEMA and circuit.digest == digest
        except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
            raise _damaged(folder, name) from error
        if not intact:
            raise _damaged(folder, name)
        return circuit


def imported_blocks() -> tuple[list[ImportedBlock], list[UserError]]:
    """As :meth:`ImportStore.load_all`; nothing where there is no home, and so no import."""
    return ImportStore().load_all() if cache_folder("blocks") is not None else ([], [])


def _json(path: Path, name: str) -> dict[str, Any]:
    try:
        content = read_json(read_text(path))
    except (OSError, ValueError) as error:
        raise _damaged(path, name) from error
    if not isinstance(content, dict):
        raise _damaged(path, name)
    return content


def _signed(content: dict[str, Any]) -> tuple[bool, bool]:
    """Whether each operand is signed; one value stands for both."""
    value = content["signed"]
    a, b = value if isinstance(value, list) else (value, value)
    if not isinstance(a, bool) or not isinstance(b, bool):
        raise TypeError(f"signed must be true, false or two of these, not {value!r}")
    return a, b


def _damaged(path: Path, name: str) -> UserError:
    return UserError(
        f"The imported block {name} is damaged", where=str(path), hint=_AGAIN.format(name=name)
    )
