"""What a testbench of a flow sends to an accelerator, and what must come back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hawx_hw import __version__
from hawx_hw.design.emission import plan_packet
from hawx_hw.flows.base import Build
from hawx_hw.gateware.register_map import accelerator_registers
from hawx_hw.gateware.registers import RegisterMap
from hawx_hw.graph.reference import run
from hawx_hw.util.files import write_text
from hawx_hw.verification.accelerator_job import cycles_per_image, packets

__all__ = ["Vectors", "build_registers", "build_vectors"]

#: Cycles that a testbench waits, as a multiple of those of an accelerator that nothing stalls.
_PATIENCE = 20


@dataclass(frozen=True, eq=False)
class Vectors:
    """Packets, and how to read the registers.

    Parameters
    ----------
    images, results : ndarray of uint8
        ``(images, bytes)``: packets to send, and those to expect.
    parameters : bytes
        The packet to load; empty where the parameters are built in.
    registers : RegisterMap
    cycles_max : int
        After so many cycles a testbench gives up.
    """

    images: np.ndarray
    results: np.ndarray
    parameters: bytes
    registers: RegisterMap
    cycles_max: int

    def values(self) -> dict[str, object]:
        """Numbers for the template of a testbench: sizes, addresses, masks, constants."""
        fields = {
            field.name: field.mask
            for register in ("control", "status")
            for field in self.registers[register].fields
        }
        return {
            "images": len(self.images),
            "image_bytes": self.images.shape[1],
            "result_bytes": self.results.shape[1],
            "parameter_bytes": len(self.parameters),
            "cycles_max": self.cycles_max,
            "addresses": {
                name: self.registers[name].address
                for name in ("id", "config_hash", "control", "status", "error", "images_done")
            },
            "masks": {name: fields[name] for name in ("auto", *_LOADING)},
            "id": self._constant("id"),
            "config_hash": self._constant("config_hash"),
        }

    def write(self, folder: Path, prefix: str) -> list[str]:
        """Write the packets as text, a byte in hexadecimal a line; returns the files' names."""
        files: dict[str, np.ndarray] = {
            "images": self.images,
            "results": self.results,
            "parameters": np.frombuffer(self.parameters, np.uint8),
        }
        names = []
        for name, data in files.items():
            if data.size:
                names.append(f"{prefix}_{name}.hex")
                text = "".join(f"{byte:02x}\n" for byte in data.reshape(-1).tolist())
                write_text(folder / names[-1], text)
        return names

    def _constant(self, name: str) -> int:
        return self.registers[name].fields[0].reset


_LOADING = ("load_parameters", "parameters_loaded")


def build_registers(build: Build) -> RegisterMap:
    """The registers of an emitted accelerator."""
    plan = build.plan()
    return accelerator_registers(
        plan.signature(),
        constants=plan.constants(),
        config_hash=int(build.program.config_hash, 16),
        version=__version__,
    )


def build_vectors(build: Build, count: int) -> Vectors:
    """Some test images, and the results that the integer reference computes.

    Parameters
    ----------
    build : Build
    count : int
        Number of images, >= 1.

    Raises
    ------
    UserError
        The test set has fewer images, or images of another shape.
    """
    plan = build.plan()
    codes, _ = build.images(count)
    images = packets(codes)
    parameters = plan_packet(plan) if plan.loadable else b""
    return Vectors(
        images=images,
        results=packets(run(plan.graph, codes, plan.assignment)),
        parameters=parameters,
        registers=build_registers(build),
        cycles_max=_PATIENCE * (count * cycles_per_image(plan) + len(parameters) + 1000),
    )
