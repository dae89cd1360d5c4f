"""What a simulation runs and expects: the contract between the tool and the testbench.

The tool writes a job, the testbench reads it inside the simulator, runs it, and writes a report.
Nothing else passes between the two.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hawx_hw.architectures.base import Debugging, DebugStep
from hawx_hw.util.files import read_text, write_json

if TYPE_CHECKING:
    from hawx_hw.gateware.registers import RegisterMap

__all__ = [
    "OPTIONAL_SCENARIOS",
    "SCENARIOS",
    "Job",
    "LayerTrace",
    "RegisterEntry",
    "load_job",
    "register_table",
    "save_job",
]

#: What every accelerator is put through, in this order; see ``sim/hawx_sim/scenarios.py``.
SCENARIOS = (
    "registers",
    "parameters",
    "inference",
    "back_to_back",
    "stalls",
    "start",
    "wrong_packets",
    "reset",
)


#: What only some are put through: those whose core has traps, and those that can be halted.
OPTIONAL_SCENARIOS = ("watchdog", "debug")


@dataclass(frozen=True, eq=False)
class LayerTrace:
    """The words that one layer writes, in their order.

    Parameters
    ----------
    name : str
    cycles : int
        From the previous layer's end, or from the start, to this layer's.
    address : ndarray of int64
        ``(words,)``: word address in the activation memory; of the last layer, in the result
        memory.
    data : ndarray of uint8
        ``(images, words, codes a word)``: the codes written, for the traced images.
    place : ndarray of int32
        ``(words, 2)``: y and x of each word's pixel.
    channels : ndarray of int32
        ``(words, codes a word)``: the channel of each code; codes with -1 have none and are not
        compared.
    """

    name: str
    cycles: int
    address: np.ndarray
    data: np.ndarray
    place: np.ndarray
    channels: np.ndarray

    def __post_init__(self) -> None:
        words = len(self.address)
        if self.data.ndim != 3 or self.data.shape[1] != words or self.data.dtype != np.uint8:
            raise ValueError(
                f"Trace of {self.name!r} must have uint8 data (images, {words}, codes a word)"
            )
        if self.channels.shape != (words, self.data.shape[2]):
            raise ValueError(f"Trace of {self.name!r} must have a channel for every code")
        if self.place.shape != (words, 2):
            raise ValueError(f"Trace of {self.name!r} must have a place (y, x) a word")


@dataclass(frozen=True)
class RegisterEntry:
    """A register as the testbench needs it.

    Parameters
    ----------
    address : int
    value : int or None
        What it always reads, where it is constant.
    writable : bool
    count : int
        Number of words.
    fields : dict of str to int
        Mask of each field.
    """

    address: int
    value: int | None
    writable: bool
    count: int
    fields: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Job:
    """A simulation.

    Parameters
    ----------
    name : str
    images : ndarray of uint8
        ``(images, bytes)``: the packets to send.
    results : ndarray of uint8
        ``(images, bytes)``: the packets to expect.
    layers : tuple of LayerTrace
        The traced images are the first ones.
    cycles : int
        From the first byte of an image accepted to the last byte of its result accepted, both
        counted, where nothing stalls.
    registers : dict of str to RegisterEntry
    parameters : bytes
        The packet to load; empty where the parameters are built in.
    seed : int
        Of everything that is drawn.
    scenarios : tuple of str
        What to run, some of ``SCENARIOS``.
    first_image : int
        The first image's number in messages.
    debugging : Debugging or None
        What software sees that steps through the first image.
    """

    name: str
    images: np.ndarray
    results: np.ndarray
    layers: tuple[LayerTrace, ...]
    cycles: int
    registers: Mapping[str, RegisterEntry]
    parameters: bytes = b""
    seed: int = 0
    scenarios: tuple[str, ...] = SCENARIOS
    first_image: int = 0
    debugging: Debugging | None = None

    def __post_init__(self) -> None:
        for name in ("images", "results"):
            array = getattr(self, name)
            if array.ndim != 2 or array.dtype != np.uint8 or not array.shape[1]:
                raise ValueError(f"Job {name} must be uint8 of shape (images, bytes)")
        if len(self.images) != len(self.results):
            raise ValueError(
                f"Job must have one result an image, not {len(self.results)} for {len(self.images)}"
            )
        if any(len(layer.data) > len(self.images) for layer in self.layers):
            raise ValueError("Job must not trace more images than it has")
        for scenario in self.scenarios:
            if scenario not in (*SCENARIOS, *OPTIONAL_SCENARIOS):
                known = (*SCENARIOS, *OPTIONAL_SCENARIOS)
                raise ValueError(f"Scenario must be one of {known}, not {scenario!r}")
        if "debug" in self.scenarios and self.debugging is None:
            raise ValueError("Job must have debugging for the scenario 'debug'")

    @property
    def traced(self) -> int:
        """Number of images whose layers are compared."""
        return min((len(layer.data) for layer in self.layers), default=0)

    @property
    def core_cycles(self) -> int:
        """Cycles of an inference in the core."""
        return sum(layer.cycles for layer in self.layers)


def register_table(register_map: RegisterMap) -> dict[str, RegisterEntry]:
    """The registers of an accelerator as the testbench needs them."""
    table = {}
    for register in register_map:
        constant = register.fields[0].access.name == "CONSTANT"
        table[register.name] = RegisterEntry(
            address=register.address,
            value=register.fields[0].reset if constant else None,
            writable=register.writable,
            count=register.count,
            fields={field.name: field.mask for field in register.fields if field.width == 1},
        )
    return table


def save_job(job: Job, folder: Path) -> Path:
    """Write ``job.json`` and ``job.npz`` into ``folder``; returns the path of the former."""
    arrays: dict[str, Any] = {
        "images": job.images,
        "results": job.results,
        "parameters": np.frombuffer(job.parameters, dtype=np.uint8),
    }
    for index, layer in enumerate(job.layers):
        arrays[f"step{index}_address"] = np.asarray(layer.address, dtype=np.int64)
        arrays[f"step{index}_data"] = layer.data
        arrays[f"step{index}_place"] = np.asarray(layer.place, dtype=np.int32)
        arrays[f"step{index}_channels"] = np.asarray(layer.channels, dtype=np.int32)
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(folder / "job.npz", allow_pickle=False, **arrays)
    description = {
        "name": job.name,
        "cycles": job.cycles,
        "seed": job.seed,
        "scenarios": list(job.scenarios),
        "first_image": job.first_image,
        "layers": [{"name": layer.name, "cycles": int(layer.cycles)} for layer in job.layers],
        "registers": {name: vars(entry) for name, entry in job.registers.items()},
        "debugging": None if job.debugging is None else dataclasses.asdict(job.debugging),
    }
    write_json(folder / "job.json", description)
    return folder / "job.json"


def load_job(path: Path) -> Job:
    """Read what :func:`save_job` wrote."""
    description = json.loads(read_text(path))
    with np.load(path.with_suffix(".npz"), allow_pickle=False) as arrays:
        layers = tuple(
            LayerTrace(
                name=layer["name"],
                cycles=layer["cycles"],
                channels=arrays[f"step{index}_channels"],
                address=arrays[f"step{index}_address"],
                data=arrays[f"step{index}_data"],
                place=arrays[f"step{index}_place"],
            )
            for index, layer in enumerate(description["layers"])
        )
        return Job(
            name=description["name"],
            images=arrays["images"],
            results=arrays["results"],
            parameters=arrays["parameters"].tobytes(),
            layers=layers,
            cycles=description["cycles"],
            registers={
                name: RegisterEntry(**entry) for name, entry in description["registers"].items()
            },
            seed=description["seed"],
            scenarios=tuple(description["scenarios"]),
            first_image=description["first_image"],
            debugging=_debugging(description["debugging"]),
        )


def _debugging(entry: Mapping[str, Any] | None) -> Debugging | None:
    if entry is None:
        return None

    def pairs(words: Sequence[Sequence[int]]) -> tuple[tuple[int, int], ...]:
        return tuple((index, value) for index, value in words)

    steps = (DebugStep(step["source"], pairs(step["reads"])) for step in entry["steps"])
    return Debugging(tuple(steps), pairs(entry["counters"]))
