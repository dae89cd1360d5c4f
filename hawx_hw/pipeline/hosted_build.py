"""The build folder of an accelerator that runs on a board: what a host program needs of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import ValidationError

from hawx_hw.config.models import NetworkConfig
from hawx_hw.datasets.options import options_of
from hawx_hw.design.program import EmitResult
from hawx_hw.errors import UserError, of_system
from hawx_hw.graph.storage import load_graph
from hawx_hw.host.images import file_codes
from hawx_hw.pipeline.build_folder import BuildFolder
from hawx_hw.pipeline.data import check_count
from hawx_hw.pipeline.inputs import ASSIGNED, plan_of
from hawx_hw.util.files import read_bytes

if TYPE_CHECKING:
    from hawx_hw.architectures.base import Plan
    from hawx_hw.datasets import Split
    from hawx_hw.graph.graph import Graph
    from hawx_hw.host.session import Identity

__all__ = ["HostedBuild", "find_build"]


@dataclass(frozen=True)
class HostedBuild:
    """A build folder, read as needed.

    Parameters
    ----------
    folder : Path
        ``build/<name>``; relative paths in its settings start from the current folder.
    program : EmitResult
        What was emitted.
    """

    folder: Path
    program: EmitResult

    @classmethod
    def read(cls, folder: Path) -> HostedBuild:
        """Open a build folder.

        Raises
        ------
        UserError
            Nothing was emitted into it.
        """
        return cls(folder, EmitResult.read(folder))

    @property
    def config_hash(self) -> int:
        """What the accelerator's register has."""
        return int(self.program.config_hash, 16)

    @cached_property
    def graph(self) -> Graph:
        """The network that the accelerator computes."""
        return load_graph(self.folder / ASSIGNED)

    @cached_property
    def plan(self) -> Plan:
        """The network on the accelerator."""
        return plan_of(self.folder, Path())

    def check(self, identity: Identity, port: str) -> None:
        """Refuse an accelerator of another design, or one whose packets have other sizes.

        Parameters
        ----------
        identity : Identity
            What it reports.
        port : str
            Where it is, for the error.

        Raises
        ------
        UserError
        """
        if identity.config_hash != self.config_hash:
            raise UserError(
                f"The board has the design {identity.config_hash:08x}, and {self.folder} is "
                f"{self.config_hash:08x}.",
                where=port,
                hint="Put the bitstream of this build on the board, or name the build folder of "
                "the board's design with --build.",
            )
        # What a board reports is how much is read from it.
        tensors, program = self.graph.tensors, self.program
        expected = {
            "image_bytes": tensors[self.graph.input].size,
            "result_bytes": tensors[self.graph.output].size,
            "parameter_bytes": program.parameter_bytes if program.loadable else 0,
        }
        for name, size in expected.items():
            if (reported := getattr(identity, name)) != size:
                raise UserError(
                    f"The board's register {name.upper()} reads {reported:,}, not {size:,}.",
                    where=port,
                    hint="The bitstream does not belong to the build folder: build it again.",
                )

    def packet(self) -> bytes:
        """The parameters to load.

        Raises
        ------
        UserError
            The file is missing, or is not what was emitted.
        """
        path = self.folder / "mem" / "parameters.bin"
        try:
            content = read_bytes(path)
        except OSError as error:
            raise of_system(error) from error
        if hashlib.sha256(content).hexdigest() != self.program.parameters_sha256:
            raise UserError(
                "These are not the parameters that were emitted.",
                where=str(path),
                hint="Remove the file and run hawx emit CONFIG again.",
            )
        return content

    def image(self, name: str) -> tuple[np.ndarray, int | None]:
        """The codes of a test image by its number, or of an image file; and its label, if known.

        Returns
        -------
        codes : ndarray of int8, shape (channels, height, width)
        label : int or None

        Raises
        ------
        UserError
            There is no such image, or the network takes others.
        """
        if not name.isdecimal():
            path = Path(name).expanduser()
            return file_codes(path, self.graph, options_of(self._network).preparation), None
        number, test = int(name), self._test_images
        check_count(number + 1, len(test), "test", f"--image {number}")
        return self.graph.codes(test.images[number]), int(test.labels[number])

    @cached_property
    def _network(self) -> NetworkConfig:
        """The settings that the network was quantized with."""
        manifest = BuildFolder(self.folder).manifest("quantize")
        try:
            settings = manifest.inputs["settings"]["network"] if manifest else None
            return NetworkConfig.model_validate(_given(settings))
        except (KeyError, TypeError, ValidationError) as error:
            raise UserError(
                "The build folder does not have the settings of its network.",
                where=str(self.folder),
                hint="Bring it up to date, with hawx emit CONFIG.",
            ) from error

    @cached_property
    def _test_images(self) -> Split:
        from hawx_hw import datasets
        from hawx_hw.quantize.result import QuantizeResult

        network = self._network
        dataset = datasets.load(network.dataset, options=options_of(network))
        if dataset.digest != QuantizeResult.read(self.folder).dataset.sha256:
            raise UserError(
                "The data set has changed since the network was quantized.",
                where=network.dataset,
                hint="Run hawx emit CONFIG again, or name an image file.",
            )
        return dataset.test


def _given(settings: Any) -> Any:
    """Settings as a config gives them: without what is left out."""
    if not isinstance(settings, dict):
        return settings
    given = {key: _given(value) for key, value in settings.items() if value is not None}
    if "resize" not in given:
        # How images come to a size that is not stated: its default stands in every record.
        given.pop("fit", None)
    return given


def find_build(root: Path, config_hash: int, port: str) -> HostedBuild:
    """The build folder below ``root`` whose accelerator has this hash.

    Raises
    ------
    UserError
        There is none.
    """
    for path in sorted(root.glob(f"*/{EmitResult.FILE}")):
        try:
            build = HostedBuild.read(path.parent)
        except UserError:
            continue  # damaged, or of another version
        if build.config_hash == config_hash:
            return build
    raise UserError(
        f"The board has the design {config_hash:08x}, which no build folder in {root} has.",
        where=port,
        hint="Name the folder with --build, or put the bitstream of a build here on the board.",
    )
