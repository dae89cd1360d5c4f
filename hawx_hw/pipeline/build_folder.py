"""The folder of one config's results: who may write, what is finished, how it gets there."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from filelock import FileLock, Timeout

from hawx_hw.errors import UserError
from hawx_hw.util.files import read_text, remove_unfinished, sha256_file, write_json
from hawx_hw.util.json_text import read_json
from hawx_hw.util.scratch import SCRATCH, remove_abandoned

__all__ = ["BuildFolder", "Manifest"]

_SCHEMA = 1
#: Folders of this module's own in the build folder: no stage writes there.
_RECORDS, _WORK = ".stages", ".work"


@dataclass(frozen=True)
class Manifest:
    """The record of a stage that wrote its files.

    Parameters
    ----------
    inputs : dict
        What the outputs depend on, JSON-able; empty if the stage failed.
    outputs : dict of str to str
        SHA-256 of every file that the stage wrote, by its path in the folder.
    """

    inputs: dict[str, Any]
    outputs: dict[str, str]


class BuildFolder:
    """Results of the stages, side by side, and the records of what is finished.

    A stage writes into a folder of its own. Publishing first withdraws the stage's old record, then
    moves the files to their places, then writes the new record: whenever the process is killed, a
    record stands for files that are complete.

    What is removed goes by the records, and a folder may come from anywhere: a record that names a
    file outside the folder, or in none of the stages' places, counts as none.

    Parameters
    ----------
    path : Path
        Created when first written to.
    """

    def __init__(self, path: Path):
        self._path = path
        self._records = path / _RECORDS

    @property
    def path(self) -> Path:
        """Where the published files are."""
        return self._path

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other runs out. The system ends the lock with the process, however it dies.

        Raises
        ------
        UserError
            Another run works in the folder, or it cannot be written.
        """
        path = self._records / "lock"
        for own in (self._records, path, self._path / _WORK):
            _refuse_link(own)
        lock = FileLock(path)
        try:
            self._records.mkdir(parents=True, exist_ok=True)
            lock.acquire(blocking=False)
        except Timeout as error:
            holder = read_text(path, errors="replace").strip()
            raise UserError(
                f"Another run (process {holder or 'unknown'}) works in this folder.",
                where=str(self._path),
                hint="Wait for its end, or stop it.",
            ) from error
        except OSError as error:
            raise UserError(
                f"The build folder cannot be written: {error.strerror or error}.",
                where=str(self._path),
            ) from error
        try:
            path.write_text(f"{os.getpid()}\n", "utf-8")
            self._sweep()
            yield
        finally:
            lock.release()

    def manifest(self, stage: str) -> Manifest | None:
        """The record of a stage; None where it never finished or the record is damaged."""
        path = self._record(stage)
        try:
            # Anything but a file may never end.
            content = read_json(read_text(path)) if path.is_file() else None
        except (OSError, ValueError):
            return None
        if not isinstance(content, dict) or content.get("schema") != _SCHEMA:
            return None
        inputs: Any = content.get("inputs")
        outputs: Any = content.get("outputs")
        if not (_is_of(dict, inputs) and _is_of(str, outputs) and all(map(self._holds, outputs))):
            return None
        return Manifest(inputs, outputs)

    def damaged(self, manifest: Manifest) -> list[str]:
        """Files of the record that are missing or are not what the stage wrote."""
        return [
            name
            for name, digest in sorted(manifest.outputs.items())
            if not (self._path / name).is_file() or sha256_file(self._path / name) != digest
        ]

    def scratch(self, stage: str) -> Path:
        """A folder that lasts between runs, for what only saves time."""
        folder = self._path / _WORK / stage
        _refuse_link(folder)
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    @property
    def durations(self) -> Path:
        """The file that remembers how long work takes."""
        return self._path / _WORK / "durations.json"

    @contextmanager
    def staging(self, stage: str) -> Iterator[Path]:
        """An empty folder to write into; it is gone afterwards."""
        folder = Path(tempfile.mkdtemp(dir=self._records, prefix=f"{stage}.", suffix=".part"))
        folder.chmod(0o755)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def publish(self, stage: str, staging: Path, inputs: dict[str, Any]) -> Manifest:
        """Move what a stage wrote to its place.

        Parameters
        ----------
        stage : str
        staging : Path
            Its files; empty afterwards.
        inputs : dict
            What they depend on; empty if the stage failed and must run again, but its files are
            worth reading.
        """
        files = sorted(p for p in staging.rglob("*") if p.is_file())
        outputs = {p.relative_to(staging).as_posix(): sha256_file(p) for p in files}
        self.withdraw(stage)
        for path in sorted(staging.iterdir()):
            _remove(self._path / path.name)
            path.replace(self._path / path.name)
        manifest = Manifest(inputs, outputs)
        write_json(self._record(stage), {"schema": _SCHEMA, "inputs": inputs, "outputs": outputs})
        return manifest

    def withdraw(self, stage: str) -> None:
        """Remove the record of a stage, then its files."""
        manifest = self.manifest(stage)
        _remove(self._record(stage))
        for name in sorted(
            {Path(name).parts[0] for name in (manifest.outputs if manifest else ())}
        ):
            _remove(self._path / name)

    def remove(self, file: str) -> None:
        """Remove a file that is in no record."""
        _remove(self._path / file)

    def _record(self, stage: str) -> Path:
        return self._records / f"{stage}.json"

    def _holds(self, name: str) -> bool:
        """Whether the name is that of a file that a stage may have written into the folder."""
        path = PurePosixPath(name)
        if path.is_absolute() or path.as_posix() != name or ".." in path.parts:
            return False
        if path.parts[:1] in ((), (_RECORDS,), (_WORK,)):
            return False
        try:
            inside = (self._path / name).resolve().is_relative_to(self._path.resolve())
            (self._path / name).exists()
        except (OSError, RuntimeError, ValueError):  # too long, links in a circle, a zero byte
            return False
        return inside

    def _sweep(self) -> None:
        """Remove what killed runs left behind; nobody else works in the folder."""
        for rest in self._records.glob("*.part"):
            _remove(rest)
        remove_unfinished(self._path)
        for work in (self._path / _WORK).glob("*"):
            if work.is_dir() and not work.is_symlink():
                # Older versions compiled simulations there.
                for rest in work.glob(".sim-*"):
                    _remove(rest)
                remove_abandoned(work / SCRATCH)
        remove_abandoned()


def _is_of(kind: type, mapping: Any) -> bool:
    return isinstance(mapping, dict) and all(isinstance(value, kind) for value in mapping.values())


def _refuse_link(path: Path) -> None:
    """Raise UserError for a link where files of our own are written and removed."""
    if path.is_symlink():
        raise UserError(
            "This is a link, and must not be one: files are written and removed here.",
            where=str(path),
            hint="Remove the link.",
        )


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
