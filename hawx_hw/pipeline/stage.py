"""A stage of a run: what it depends on, what it is given, what became of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hawx_hw.config.load import config_path

if TYPE_CHECKING:
    from hawx_hw.config.models import Config
    from hawx_hw.util.files import FileSet
    from hawx_hw.util.progress import ProgressDisplay
    from hawx_hw.util.results import Header, Result

__all__ = ["Context", "Ending", "Outcome", "Stage"]


def _no_files(config: Config, base: Path) -> Mapping[str, Path | FileSet]:
    return {}


def _no_tools(config: Config, base: Path) -> Mapping[str, str]:
    return {}


def _no_check(config: Config, base: Path) -> None:
    pass


@dataclass(frozen=True)
class Stage:
    """One step from config to results, and all that its results depend on.

    Parameters
    ----------
    name : str
    run : callable
        Writes its files into ``context.output``. It imports what is slow to import when called. The
        module that it is defined in, with all that this imports, is the code that its results
        depend on; see :func:`~hawx_hw.util.code.code`.
    needs : tuple of str
        Stages whose files it reads.
    settings : tuple of str
        Keys of the config that it reads, such as ``"accelerator"`` or ``"network.model"``.
    ignored : tuple of str
        Keys below ``settings`` that it does not read.
    section : str or None
        One of the settings: a section without which it does nothing, and no other setting matters.
    files : callable
        Files outside the build folder that it reads, by the config's key that names them; takes the
        config and the folder that the config's relative paths start from.
    tools : callable
        Versions of the tools and libraries that it uses; takes the same.
    check : callable
        Raises UserError for what can be known to fail before any stage runs; takes the same.
    estimate : float
        Seconds that it may take, until a first run has measured them.
    sealed : bool
        Its files contain all that later stages need: the settings before it do not matter
        to them.
    """

    name: str
    run: Callable[[Context], None]
    needs: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    section: str | None = None
    files: Callable[[Config, Path], Mapping[str, Path | FileSet]] = _no_files
    tools: Callable[[Config, Path], Mapping[str, str]] = _no_tools
    check: Callable[[Config, Path], None] = _no_check
    estimate: float = 10.0
    sealed: bool = False


@dataclass(frozen=True)
class Context:
    """What a running stage is given.

    Parameters
    ----------
    config : Config
    base : Path
        The folder that the config's relative paths start from.
    folder : Path
        Files of the stages that it needs; not to be written.
    output : Path
        An empty folder for its own files, which keep their names when they are published.
    scratch : Path
        A folder that lasts between runs, for what only saves time.
    progress : ProgressDisplay
    header : Header
        Of its JSON files.
    """

    config: Config
    base: Path
    folder: Path
    output: Path
    scratch: Path
    progress: ProgressDisplay
    header: Header

    def path(self, text: str) -> Path:
        """The path that the config means by ``text``."""
        return config_path(text, self.base)

    def write(self, result: Result) -> None:
        """Write the stage's result, with the header."""
        result.write(self.output, self.header)


@dataclass(frozen=True)
class Ending:
    """What a run writes at its end: the results of all stages that are up to date in one file.

    The file lies in the build folder while it is of the results there: a run removes it before it
    changes any of them, and one that does not reach its end leaves none.

    Parameters
    ----------
    file : str
        Its name.
    make : callable
        Its content; takes the config, the build folder and the names of the stages whose files are
        up to date with the config, those outside of the run included.
    removed : tuple of str
        Files that others make of the results, which a run removes with it.
    """

    file: str
    make: Callable[[Config, Path, tuple[str, ...]], Result]
    removed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What became of a stage in a run.

    Parameters
    ----------
    stage : str
    ran : bool
        False if it was up to date.
    seconds : float
    """

    stage: str
    ran: bool
    seconds: float
