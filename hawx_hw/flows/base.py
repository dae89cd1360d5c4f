"""What a flow is, what it starts from, and what it returns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from hawx_hw.design.program import EmitResult
from hawx_hw.design.sources import (
    FILE_LIST,
    accelerator_digest,
    memory_images,
    verilog_sources,
)
from hawx_hw.errors import HawxError
from hawx_hw.flows.result import FlowReport
from hawx_hw.util.files import read_bytes, write_bytes

if TYPE_CHECKING:
    from numpy import int8, int64
    from numpy.typing import NDArray

    from hawx_hw.architectures.base import Plan
    from hawx_hw.config.models import Config
    from hawx_hw.flows.runner import Runner
    from hawx_hw.technology import Technology

__all__ = ["Build", "Flow", "FlowError"]


class FlowError(HawxError):
    """A tool of a flow failed, or what it wrote is not what was asked for; status 1."""

    exit_status = 1


@dataclass(frozen=True)
class Build:
    """A build folder whose stages are up to date as far as the flow needs them.

    Parameters
    ----------
    folder : Path
        ``build/<name>``.
    config : Config
    base : Path
        The folder that the config's relative paths start from.
    program : EmitResult
        What was emitted.
    technology : callable
        The config's technology.
    plan : callable
        The accelerator's plan: its memories, its cycles, its integer graph.
    images : callable
        Takes a number; that many test images as codes, int8 ``(images, *input shape)``, and their
        labels, int64 ``(images,)``.
    """

    folder: Path
    config: Config
    base: Path
    program: EmitResult
    technology: Callable[[], Technology]
    plan: Callable[[], Plan]
    images: Callable[[int], tuple[NDArray[int8], NDArray[int64]]]

    @property
    def sources(self) -> list[Path]:
        """The accelerator's Verilog files, in order."""
        return verilog_sources(self.folder)

    @property
    def memories(self) -> list[Path]:
        """Files with the contents of memories, by name; a loadable accelerator has one packet."""
        return memory_images(self.folder)

    @property
    def clock_mhz(self) -> float:
        """The accelerator's clock: the config's, else what the technology sets."""
        given = self.config.accelerator.clock_mhz
        return self.technology().clock_mhz if given is None else given

    def digest(self) -> str:
        """See :func:`~hawx_hw.design.sources.accelerator_digest`."""
        return accelerator_digest(self.folder)

    def copy_rtl(self, folder: Path) -> list[str]:
        """Copy the Verilog files, in ``rtl/`` with its list of files; returns their names."""
        for path in (*self.sources, self.folder / "rtl" / FILE_LIST):
            write_bytes(folder / "rtl" / path.name, read_bytes(path))
        return [path.name for path in self.sources]

    def copy_memories(self, folder: Path) -> list[str]:
        """Copy the contents of memories into ``folder`` itself; returns the files' names."""
        for path in self.memories:
            write_bytes(folder / path.name, read_bytes(path))
        return [path.name for path in self.memories]


class Flow(Protocol):
    """A flow: one tool, or chain of tools, that takes an emitted accelerator further.

    Its options are those of ``flows/<name>/flow.toml``; ``options`` below is their model, with
    attributes of their names.
    """

    name: str

    def check(self, build: Build, options: Any) -> None:
        """Raise UserError for what cannot succeed, before anything is written."""

    def setup(self, build: Build, options: Any, folder: Path) -> None:
        """Write all that the tool reads into the empty ``folder``.

        The folder is complete in itself: Verilog, contents of memories, constraints, scripts. The
        same input gives the same bytes, and nothing in them depends on where the folder lies.
        """

    def run(self, folder: Path, options: Any, runner: Runner) -> None:
        """Start the tool in the folder.

        Raises
        ------
        FlowError
            It failed.
        """

    def result(self, folder: Path, options: Any) -> FlowReport:
        """Metrics and checks, of what the tool wrote.

        Its exit status is no evidence: a check names what was looked at.
        """
