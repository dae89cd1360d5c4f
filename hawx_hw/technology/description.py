"""Models of the YAML of a technology or of an FPGA family."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)

from hawx_hw.technology.macro_metrics import MacroMetrics
from hawx_hw.technology.memory_models import ENERGY_COEFFICIENTS, MemoryModelName
from hawx_hw.technology.wires import MeasuredWireModel, WireModel, measured_lengths
from hawx_hw.util.macros import MACROS, MacroKind

__all__ = [
    "FamilyDescription",
    "MacroDescription",
    "MeasuredWiresDescription",
    "MemoriesDescription",
    "ModelDescription",
    "TechnologyDescription",
    "WiresDescription",
]

_Text = Annotated[str, StringConstraints(min_length=1)]
_Texts = Annotated[tuple[_Text, ...], Field(min_length=1)]
_Positive = Annotated[float, Field(gt=0, allow_inf_nan=False, strict=True)]
_Figure = Annotated[float, Field(ge=0, allow_inf_nan=False, strict=True)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ModelDescription(_Model):
    """Coefficients of the memory model; what is left out is that of the named model."""

    feature_nm: _Positive | None = None
    cell_um2: _Positive | None = None
    column_um2: _Figure | None = None
    fixed_um2: _Figure | None = None
    second_port_area: _Positive | None = None
    second_port_leakage: _Positive | None = None
    read_fixed_pj: _Figure | None = None
    read_bit_pj: _Figure | None = None
    read_column_pj: _Figure | None = None
    write_fixed_pj: _Figure | None = None
    write_bit_pj: _Figure | None = None
    write_column_pj: _Figure | None = None
    second_port_read: _Positive | None = None
    second_port_write: _Positive | None = None
    bit_leakage_nw: _Figure | None = None
    rom_cell: _Positive | None = None
    rom_read: _Positive | None = None
    gate_bit: _Positive | None = None
    register_bit: _Positive | None = None

    @property
    def energies(self) -> tuple[str, ...]:
        """The stated coefficients that give the energy of an access."""
        return tuple(name for name in ENERGY_COEFFICIENTS if getattr(self, name) is not None)


class MacroDescription(_Model):
    """One macro whose metrics are known."""

    kind: MacroKind
    width: int = Field(ge=1, strict=True)
    depth: int = Field(ge=1, strict=True)
    area: _Positive
    read_energy_pj: _Figure
    write_energy_pj: _Figure = Field(0.0, validate_default=True)
    leakage_uw: _Figure
    source: _Text | None = None

    @field_validator("write_energy_pj")
    @classmethod
    def _writes(cls, value: float, info: ValidationInfo) -> float:
        macro = MACROS.get(str(info.data.get("kind")))
        if macro is not None and macro.written != (value > 0):
            kind = macro.kind
            raise ValueError(
                f"write_energy_pj of {kind}, which is written, must be stated and positive"
                if macro.written
                else f"write_energy_pj of {kind}, which is not written, must be left out or 0"
            )
        return value

    def metrics(self) -> MacroMetrics:
        """The macro in the units of the model."""
        return MacroMetrics(
            self.area,
            1000 * self.read_energy_pj,
            1000 * self.write_energy_pj,
            1000 * self.leakage_uw,
            f"stated: {self.source}" if self.source else "stated",
        )


class MemoriesDescription(_Model):
    """The memory macros of a technology."""

    model: ModelDescription = ModelDescription()
    macros: tuple[MacroDescription, ...] = ()

    @model_validator(mode="after")
    def _distinct(self) -> MemoriesDescription:
        seen = set()
        for macro in self.macros:
            shape = (macro.kind, macro.width, macro.depth)
            if shape in seen:
                raise ValueError(f"{shape[0]} of {shape[1]} x {shape[2]} stands here twice")
            seen.add(shape)
        return self


class WiresDescription(_Model):
    """A wire load model; see :class:`~hawx_hw.technology.wires.WireModel`."""

    capacitance_ff_um: _Positive
    resistance_ohm_um: _Figure = 0.0
    lengths_um: Annotated[tuple[_Positive, ...], Field(min_length=1)]
    further_um: _Figure
    source: _Text = "stated"

    def model(self) -> WireModel:
        """The same for computing."""
        return WireModel(
            self.capacitance_ff_um,
            self.resistance_ohm_um,
            self.lengths_um,
            self.further_um,
            self.source,
        )


class MeasuredWiresDescription(_Model):
    """What a wire of this technology is; its lengths come from layouts of this project's designs.

    See :class:`~hawx_hw.technology.wires.MeasuredWireModel`.
    """

    capacitance_ff_um: _Positive
    resistance_ohm_um: _Figure = 0.0
    source: _Text = "stated"

    def model(self) -> MeasuredWireModel:
        """The same for computing."""
        return MeasuredWireModel(
            self.capacitance_ff_um, self.resistance_ohm_um, measured_lengths(), self.source
        )


class TechnologyDescription(_Model):
    """A library of standard cells."""

    name: _Text
    liberty: _Text | Annotated[tuple[_Text | _Texts, ...], Field(min_length=1)]
    install: _Text | None = None
    supply: _Positive | None = None
    clock_mhz: _Positive = 100.0
    memory_model: MemoryModelName | None = None
    memories: MemoriesDescription = MemoriesDescription()
    wires: WiresDescription | None = None
    measured_wires: MeasuredWiresDescription | None = None

    @field_validator("memories")
    @classmethod
    def _suited(cls, value: MemoriesDescription, info: ValidationInfo) -> MemoriesDescription:
        stated = value.model.energies
        if info.data.get("memory_model") == "cacti" and stated:
            raise ValueError(
                "the memory model cacti interpolates between its anchors and has no coefficients "
                f"of energy; model states {', '.join(stated)}: leave them out, or state "
                "memory_model: published or scaled"
            )
        return value

    @property
    def places(self) -> tuple[str | tuple[str, ...], ...]:
        """Where the liberty file may be; several in one are files that make one library."""
        return (self.liberty,) if isinstance(self.liberty, str) else self.liberty


class FamilyDescription(_Model):
    """An FPGA family that Yosys supports."""

    name: _Text
    family: Literal["ecp5", "ice40"]
