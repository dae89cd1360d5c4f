"""What an emitted accelerator consists of, and program.json."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import ConfigDict, Field

from hawx_hw.util.results import Record, Result

__all__ = [
    "ComparedImplementation",
    "EmitResult",
    "EmittedBlock",
    "EmittedMemory",
    "LayerMultiplications",
    "ProgramCycles",
    "ProgramLayer",
]


class ComparedImplementation(Record):
    """What one implementation of a block takes in the design.

    Parameters
    ----------
    implementation : str
        As the block lists it.
    area : float
        In the library's unit.
    delay_ns : float
        Its longest path.
    energy_fj : float
        Mean energy of a multiplication, glitches included.
    """

    implementation: str
    area: float
    delay_ns: float
    energy_fj: float


class EmittedBlock(Record):
    """A block of the hardware.

    Parameters
    ----------
    name : str
        Of the block, as in configs.
    table_sha256 : str
        Of its table of products.
    implementation : str
        How it is built.
    instances : int
        How many of it the hardware holds.
    compared : tuple of ComparedImplementation
        Of ``block_implementation: least_energy``: the implementations that it was chosen from.
    """

    name: str
    table_sha256: str
    implementation: str
    instances: int
    compared: tuple[ComparedImplementation, ...] = ()


class LayerMultiplications(Record):
    """Multiplications of one layer, an image.

    Parameters
    ----------
    layer : str
        Its title.
    blocks : mapping of str to int
        By the block's name.
    """

    layer: str
    blocks: Mapping[str, int]


class EmittedMemory(Record):
    """A parameter memory.

    Parameters
    ----------
    name : str
        Of its module and of its file of contents.
    width, depth, bits : int
        Bits of a word, words, and bits in all.
    """

    name: str
    width: int
    depth: int
    bits: int


class ProgramLayer(Record):
    """The cycles of one layer.

    Parameters
    ----------
    name : str
        The layer's title.
    total : int
        Cycles from the previous layer's end to its own.
    macs : int
        Multiplications.
    causes : mapping of str to float
        Cycles by cause; they add up to ``total``.
    utilization : float
        Part of the multiplier-cycles in which a product of the layer is computed.
    """

    name: str
    total: int
    macs: int
    causes: Mapping[str, float]
    utilization: float


class ProgramCycles(Record):
    """The cycles of an inference.

    Parameters
    ----------
    core : int
        From the core's start to its end.
    layers : tuple of ProgramLayer
        In the order in which they run.
    """

    core: int
    layers: tuple[ProgramLayer, ...]


class EmitResult(Result):
    """The content of program.json.

    The keys below are those of every architecture; what an architecture adds, such as its layer
    program, stands beside them, in ``model_extra``.

    Parameters
    ----------
    generator : str
        Name and version of this program.
    config_hash : str
        32 bits that software can read from the accelerator, in hexadecimal.
    top : str
        Name of the top module.
    sources : tuple of str
        Verilog files in ``rtl/``, in the order of ``filelist.f``.
    initial_values : bool
        Whether registers have an initial value in the Verilog.
    title : str
        The accelerator in a few words.
    cell : str
        What a module that holds blocks is called, such as ``"PE"``.
    loadable : bool
        Whether the parameters are loaded at run time, or built in.
    multipliers : int
        Multiplications that the hardware can do in a cycle.
    blocks : tuple of EmittedBlock
    multiplications : tuple of LayerMultiplications
    memories : tuple of EmittedMemory
        Parameter memories, in the order of the parameter packet.
    parameters_sha256 : str
        Of the parameter packet.
    parameter_bytes : int
        Size of the parameter packet.
    cycles : ProgramCycles
    """

    FILE: ClassVar[str] = "program.json"
    STAGE: ClassVar[str] = "emit"
    SCHEMA: ClassVar[int] = 3

    model_config = ConfigDict(extra="allow")

    generator: str
    config_hash: str = Field(pattern=r"^[0-9a-f]{8}$")
    top: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    sources: tuple[str, ...]
    initial_values: bool = True
    title: str
    cell: str
    loadable: bool
    multipliers: int
    blocks: tuple[EmittedBlock, ...]
    multiplications: tuple[LayerMultiplications, ...]
    memories: tuple[EmittedMemory, ...]
    parameters_sha256: str
    parameter_bytes: int
    cycles: ProgramCycles
