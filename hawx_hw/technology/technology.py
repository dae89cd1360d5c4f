"""Finds the liberty files of a technology."""

from __future__ import annotations

import hashlib
import os
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Literal

from hawx_hw.errors import UserError, shown
from hawx_hw.technology.description import (
    FamilyDescription,
    MemoriesDescription,
    TechnologyDescription,
)
from hawx_hw.technology.gates import Gates, smallest_gates
from hawx_hw.technology.liberty import Library, plain_liberty, read_library
from hawx_hw.technology.liberty_text import SUFFIXES, is_liberty, read_unpacked
from hawx_hw.technology.memories import MemoryModel
from hawx_hw.technology.memory_models import (
    FITTED_NM,
    MEMORY_MODELS,
    NODES,
    MemoryModelName,
    coefficients_of,
    default_model,
)
from hawx_hw.technology.wires import MeasuredWireModel, WireModel
from hawx_hw.technology.yaml_files import checked, read_mapping
from hawx_hw.util.fingerprints import json_hash
from hawx_hw.util.locations import technology_folders
from hawx_hw.util.paths import user_path

__all__ = ["BUILT_IN", "FAMILIES", "FpgaFamily", "Technology", "load", "load_any"]

_FOLDER = Path(__file__).resolve().parent / "libraries"
#: FPGA families that are known by name.
FAMILIES = ("ecp5", "ice40")
#: Technologies that are known by name. But for generic45 their liberty files must be installed.
BUILT_IN = tuple(sorted(path.stem for path in _FOLDER.glob("*.yaml") if path.stem not in FAMILIES))
#: The fitted inverter's area at 130 nm, from which the node of an unknown library is guessed.
_INVERTER_130 = 5.4432


@dataclass(frozen=True)
class Technology:
    """A library of standard cells, and the memories and the clock that go with it.

    Parameters
    ----------
    name : str
    liberty : Path
        The user's liberty file, or the first of those that make the library.
    clock_mhz : float
        The clock where a design names none.
    stated_supply : float or None
        In V; None: that of the library.
    stated_memories : MemoriesDescription
    more : tuple of Path
        The other files of the library.
    description : Path or None
        The YAML that it was read from.
    stated_model : str or None
        Name of the memory model; None: the one whose anchors are nearer.
    wires : WireModel or None
        A table of a library, for an estimate of wires; None: there is none.
    measured_wires : MeasuredWireModel or None
        The same, fitted to layouts of this project's designs; None: what a wire of this technology
        has in capacitance is not stated.
    """

    name: str
    liberty: Path
    clock_mhz: float = 100.0
    stated_supply: float | None = None
    stated_memories: MemoriesDescription = field(default_factory=MemoriesDescription)
    more: tuple[Path, ...] = ()
    description: Path | None = None
    stated_model: MemoryModelName | None = None
    wires: WireModel | None = None
    measured_wires: MeasuredWireModel | None = None

    @property
    def files(self) -> dict[str, Path]:
        """The liberty files by a name for each."""
        others = {f"technology {number}": path for number, path in enumerate(self.more, 2)}
        return {"technology": self.liberty, **others}

    @property
    def inputs(self) -> dict[str, Path]:
        """All files that it was read from, as inputs of a stage: liberty files and YAML."""
        if self.description is None:
            return self.files
        return {**self.files, f"technology ({self.description.name})": self.description}

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the liberty text: the identity of the library."""
        digests = [hashlib.sha256(read_unpacked(path)).hexdigest() for path in self.files.values()]
        return digests[0] if len(digests) == 1 else json_hash({"files": digests})

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of all that metrics of a design depend on: library, supply, clock, memories."""
        return json_hash(
            {
                "library": self.digest,
                "clock_mhz": self.clock_mhz,
                "supply": self.stated_supply,
                "memory_model": self.stated_model,
                "memories": self.stated_memories.model_dump(mode="json"),
            }
        )

    @cached_property
    def library(self) -> Library:
        """The cells of the library. Warns of what was left out or assumed in reading it."""
        library = read_library(*self.files.values())
        notes = library.notes
        if not library.states_voltage and self.stated_supply is None:
            notes += (
                f"{self.liberty}: The library states no supply; {library.voltage:g} V is taken.",
            )
        for note in notes:
            warnings.warn(note, stacklevel=2)
        return library

    def tool_text(self) -> str:
        """The library as Yosys, ABC and OpenSTA get it."""
        return plain_liberty(*self.files.values(), supply=self.supply)

    def wire_model(
        self, kind: Literal["none", "estimated", "measured"]
    ) -> WireModel | MeasuredWireModel | None:
        """The wire load model of a kind; None for ``none``.

        Raises
        ------
        UserError
            The technology has none of that kind.
        """
        model = {"none": None, "estimated": self.wires, "measured": self.measured_wires}[kind]
        if kind != "none" and model is None:
            key = {"estimated": "wires", "measured": "measured_wires"}[kind]
            raise UserError(
                f"Technology {self.name} states no {key}",
                hint=f"State {key} in its YAML (docs/technologies.md), or leave wires out.",
            )
        return model

    @property
    def supply(self) -> float:
        """The supply in V."""
        return self.library.voltage if self.stated_supply is None else self.stated_supply

    @cached_property
    def memory_model(self) -> MemoryModelName:
        """Name of the memory model: the stated one, else the one whose anchors are nearer."""
        return self.stated_model or default_model(self._feature[0])

    @property
    def memories(self) -> MemoryModel:
        """Area, energy and leakage of memory macros.

        Raises
        ------
        UserError
            The library has no inverter to scale the model by, or gates without area.
        """
        return self.memory_models[self.memory_model]

    @cached_property
    def memory_models(self) -> dict[str, MemoryModel]:
        """All memory models by name; stated macros count in each, stated energies in its own.

        Raises
        ------
        UserError
            The library has no inverter to scale the models by, or gates without area.
        """
        return {name: self._memory_model(name) for name in MEMORY_MODELS}

    @cached_property
    def _gates(self) -> Gates:
        try:
            return smallest_gates(self.library, self.supply)
        except ValueError as error:
            raise UserError(f"{error}.", where=str(self.liberty)) from error

    @cached_property
    def _feature(self) -> tuple[float, str]:
        """The node in nm, and how it is known where it is guessed."""
        stated = self.stated_memories.model.feature_nm
        if stated is not None:
            return stated, ""
        guessed = FITTED_NM * (self._gates.inverter_area / _INVERTER_130) ** 0.5
        return guessed, ", node guessed from the smallest inverter"

    def _memory_model(self, name: MemoryModelName) -> MemoryModel:
        stated = self.stated_memories.model
        feature, guess = self._feature
        coefficients, anchors = coefficients_of(
            name, feature, self.supply, self._gates.inverter_leakage_nw
        )
        left_out = {"feature_nm"} | (set() if name == self.memory_model else set(stated.energies))
        own = stated.model_dump(exclude_none=True, exclude=left_out)
        source = f"memory model {name}"
        if (feature, self.supply) != NODES[name]:
            source += f", scaled to {feature:.4g} nm and {self.supply:g} V (assumed{guess})"
        if own:
            source += f"; of the technology: {', '.join(sorted(own))}"
        return MemoryModel(
            replace(coefficients, **own),
            self._gates,
            {(m.kind, m.width, m.depth): m.metrics() for m in self.stated_memories.macros},
            source,
            name,
            anchors,
            self.library.smallest_clock_gate() is not None,
        )


@dataclass(frozen=True)
class FpgaFamily:
    """An FPGA family; ``family`` is the name that Yosys's ``synth_`` commands have for it."""

    name: str
    family: str


def load(name: str, *, base: Path | None = None) -> Technology:
    """A technology by name, by the path of a liberty file, or by that of a technology's YAML.

    The files in a folder are one library. The keys of a YAML are those of
    :class:`~hawx_hw.technology.description.TechnologyDescription`; docs/technologies.md explains
    them. Of the places of the liberty file the first that exists is taken; environment variables
    and ``~`` are expanded, and relative places count from the YAML's folder, then from the folders
    that the environment variable HAWX_TECHNOLOGY lists. These may hold technologies of the user's
    own as well, which are then known by name.

    Parameters
    ----------
    name : str
        One of :data:`BUILT_IN`, or a path that ends in .lib, .lib.gz, .yaml or .yml, or of a
        folder.
    base : Path or None
        Relative paths count from here; the working directory if left out.

    Raises
    ------
    UserError
        Where there is no such technology, or its file is missing or damaged, or it is an FPGA
        family.
    """
    technology = load_any(name, base=base)
    if isinstance(technology, FpgaFamily):
        raise UserError(
            f"{name!r} is an FPGA family, and this needs a library of standard cells",
            hint=f"Name one of {', '.join(BUILT_IN)}, or a path of a .lib, .lib.gz or .yaml.",
        )
    return technology


def load_any(name: str, *, base: Path | None = None) -> Technology | FpgaFamily:
    """As :func:`load`, and FPGA families: ``ecp5``, ``ice40``, or a YAML with ``family``."""
    path = (base or Path()) / user_path(name)
    if path.suffix in (".yaml", ".yml"):
        return _described(path)
    if is_liberty(path) and not path.is_dir():
        if not path.is_file():
            missing = f"There is no liberty file {shown(name)}"
            what = f"{shown(name)} is a pipe or a device" if path.exists() else missing
            raise UserError(what, hint="Check technology's path.")
        return Technology(path.name.split(".")[0], path)
    if Path(name).name == name:
        for folder in (*technology_folders(), _FOLDER):
            candidate = folder / f"{name}.yaml"
            if candidate.is_file():
                return _described(candidate)
    if path.is_dir():
        first, *more = _in_folder(path)
        return Technology(path.resolve().name.split(".")[0], first, more=tuple(more))
    raise UserError(
        f"Unknown technology {shown(name)}",
        hint=f"It must be one of {', '.join((*BUILT_IN, *FAMILIES))}, or a path of a .lib, "
        ".lib.gz or .yaml, or of a folder with the .lib files of one library.",
    )


def _described(path: Path) -> Technology | FpgaFamily:
    content = read_mapping(path)
    if "family" in content:
        family = checked(FamilyDescription, content, path)
        return FpgaFamily(family.name, family.family)
    description = checked(TechnologyDescription, content, path)
    for place in description.places:
        parts = (place,) if isinstance(place, str) else place
        there = [_first_there(part, path.parent) for part in parts]
        if all(there):
            first, *more = (file for files in there for file in files)
            return Technology(
                description.name,
                first,
                description.clock_mhz,
                description.supply,
                description.memories,
                tuple(more),
                path,
                description.memory_model,
                description.wires.model() if description.wires else None,
                description.measured_wires.model() if description.measured_wires else None,
            )
    raise UserError(
        f"The liberty file of technology {description.name!r} is missing",
        where=", ".join(
            place if isinstance(place, str) else " with ".join(place)
            for place in description.places
        ),
        hint=description.install,
    )


def _first_there(place: str, folder: Path) -> list[Path]:
    """The liberty file at the first place that exists, or the files in it if it is a folder."""
    for candidate in _candidates(place, folder):
        if candidate.is_file():
            return [candidate]
        if candidate.is_dir():
            return _in_folder(candidate)
    return []


def _in_folder(folder: Path) -> list[Path]:
    files = sorted(path for path in folder.iterdir() if is_liberty(path) and path.is_file())
    if not files:
        raise UserError(
            f"The folder has no liberty file: no name in it ends in {' or '.join(SUFFIXES)}.",
            where=str(folder),
        )
    return files


def _candidates(place: str, folder: Path) -> Iterator[Path]:
    expanded = user_path(os.path.expandvars(place))
    yield folder / expanded
    if not expanded.is_absolute():
        for own in technology_folders():
            yield own / expanded
