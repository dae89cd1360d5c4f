"""Which code a module runs, computed from the import graph, as hashes that show a change.

A module depends on everything that it imports, in functions too, and on what that imports. Imports
for type checkers alone do not count. Beside the import statements these count as imports:

- a module that is named in full by a string, such as ``"hawx_hw.synthesis.module_worker"``: one
  that is loaded by name or started as a process;
- files that are not Python in a module's own folder, such as C code;
- the folders of :mod:`~hawx_hw.util.resources` whose functions a module imports.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from hawx_hw.util import resources
from hawx_hw.util.files import read_text, sha256_file

__all__ = ["code", "code_hash", "forget", "modules", "source_hash"]

_NAME = __name__.partition(".")[0]
_PACKAGE = Path(__file__).resolve().parents[1]
#: Folders of data that users choose from: what a stage reads there it names as its files.
_DATA = ("networks/checkpoints", "technology/libraries", "architectures/*/data")
#: Folders that count where they are used; one within another counts apart from that.
_RESOURCES = {
    "fpga_templates": resources.fpga_templates,
    "rtl_templates": resources.rtl_templates,
    "sim": resources.sim,
}
#: The room whose packages exclude one another: a run has one architecture.
_ARCHITECTURES = "architectures"


@cache
def _graph() -> dict[str, tuple[str, ...]]:
    """What each module depends on directly; names of resource folders stand among the modules."""
    import grimp

    graph = grimp.build_graph(_NAME, exclude_type_checking_imports=True, cache_dir=None)
    by_name = re.compile(rf"""["']({_NAME}(?:\.\w+)+)["']""")
    use = re.compile(rf"^\s*from {_NAME}\.util\.resources import (.+)$", re.MULTILINE)
    dependencies = {}
    for module in graph.modules:
        text = read_text(_file(module))
        direct = set(graph.find_modules_directly_imported_by(module))
        direct.update(name for name in by_name.findall(text) if name in graph.modules)
        # Importing a module runs the packages around it.
        parts = module.split(".")
        direct.update(".".join(parts[:count]) for count in range(1, len(parts)))
        for names in use.findall(text):
            direct.update(name for name in re.findall(r"\w+", names) if name in _RESOURCES)
        dependencies[module] = tuple(sorted(direct))
    return dependencies


@cache
def modules(start: str, architecture: str | None = None) -> frozenset[str]:
    """A module and all that it depends on.

    Parameters
    ----------
    start : str
        Full name, such as ``"hawx_hw.pipeline.stages.emit"``.
    architecture : str or None
        Other architectures' packages are left out. None: no architecture is left out.

    Returns
    -------
    frozenset of str
        Full names of modules, and of folders of :mod:`~hawx_hw.util.resources`.

    Raises
    ------
    ValueError
        There is no such module, or one of the architecture depends on another architecture.
    """
    graph = _graph()
    if start not in graph:
        raise ValueError(f"Code must be a module of {_NAME}, not {start!r}")
    reached, front = {start}, [start]
    while front:
        current = front.pop()
        for name in graph.get(current, ()):
            if _foreign(name, architecture):
                if _architecture_of(current) == architecture:
                    raise ValueError(
                        f"{current} must not depend on {name}: what two architectures share "
                        "belongs in a room of its own"
                    )
            elif name not in reached:
                reached.add(name)
                front.append(name)
    return frozenset(reached)


def code(start: str, architecture: str | None = None) -> dict[str, str]:
    """SHA-256 of every file that a module depends on, by its path in the package.

    For a module of another package that is its own file alone, if it has one.
    """
    if start.partition(".")[0] != _NAME:
        file = getattr(sys.modules[start], "__file__", None)
        return {start: sha256_file(Path(file))} if file else {}
    hashes: dict[str, str] = {}
    for name in modules(start, architecture):
        files = _resource_files(name) if name in _RESOURCES else _module_files(name)
        hashes.update(files)
    return dict(sorted(hashes.items()))


def code_hash(*starts: str, architecture: str | None = None) -> str:
    """SHA-256 over the names and contents of all files that some modules depend on.

    Parameters
    ----------
    starts : str
        Full names of modules.
    architecture : str or None
        See :func:`modules`.
    """
    state = hashlib.sha256()
    for start in starts:
        for name, digest in code(start, architecture).items():
            state.update(f"{name}\0{digest}\0".encode())
    return state.hexdigest()


def forget() -> None:
    """Forget what was computed, where files may have changed since."""
    for cached in (_graph, modules, _architecture_of, _module_files, _beside, _resource_files):
        cached.cache_clear()


def source_hash(*names: str) -> str:
    """SHA-256 over the files of some modules alone, without what they depend on."""
    state = hashlib.sha256()
    for name in names:
        state.update(f"{name}\0{sha256_file(_file(name))}\0".encode())
    return state.hexdigest()


def _foreign(module: str, architecture: str | None) -> bool:
    """Whether a module belongs to another architecture."""
    own = _architecture_of(module)
    return architecture is not None and own is not None and own != architecture


@cache
def _architecture_of(module: str) -> str | None:
    """The architecture that a module belongs to: a package with a module ``architecture``."""
    parts = module.split(".")
    if parts[1:2] != [_ARCHITECTURES] or len(parts) < 3:
        return None
    known = (_PACKAGE / _ARCHITECTURES / parts[2] / "architecture.py").is_file()
    return parts[2] if known else None


def _file(module: str) -> Path:
    path = _PACKAGE.joinpath(*module.split(".")[1:])
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


@cache
def _module_files(module: str) -> dict[str, str]:
    file = _file(module)
    return _hashes([file, *_beside(file.parent)], _PACKAGE)


@cache
def _beside(folder: Path) -> tuple[Path, ...]:
    """The files that are not Python in a package's folder and below it, but in no package there."""
    if any(folder.relative_to(_PACKAGE).match(pattern) for pattern in _DATA):
        return ()
    files: list[Path] = []
    for path in sorted(folder.iterdir()):
        if path.name.startswith((".", "__pycache__")):
            continue
        if path.is_dir():
            files += () if (path / "__init__.py").exists() else _beside(path)
        elif path.suffix != ".py":
            files.append(path)
    return tuple(files)


@cache
def _resource_files(name: str) -> dict[str, str]:
    root = _RESOURCES[name]()
    within = {folder() for folder in _RESOURCES.values()} - {root, *root.parents}
    files = [path for path in root.rglob("*") if path.is_file() and within.isdisjoint(path.parents)]
    sources = [file for file in files if "__pycache__" not in file.parts]
    return _hashes((file for file in sources if not file.name.startswith(".")), root.parent)


def _hashes(files: Iterable[Path], root: Path) -> dict[str, str]:
    return {file.relative_to(root).as_posix(): sha256_file(file) for file in sorted(files)}
