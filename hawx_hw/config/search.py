"""The config's ``search``: what is searched, how, and what the chosen design must meet."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import AliasChoices, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from hawx_hw.config.base import Model
from hawx_hw.config.blocks import BlockName

__all__ = ["SEARCHED", "ConstraintsConfig", "SearchConfig"]

#: Blocks to choose from where the config names none: of some fifty that were evaluated on LeNet-5,
#: those that nothing cheaper (in generic45) beats in accuracy, from precise to coarse ones.
SEARCHED = (
    *("precision(w=5,a=5)", "precision(w=4,a=5)", "precision(w=3,a=5)", "precision(w=3,a=4)"),
    *("precision(w=3,a=3)", "precision(w=2,a=4)"),
    *("array(3,3,7)", "array(4,4,9)", "roup(p=3,r=4)"),
)


class ConstraintsConfig(Model):
    """What the design must meet; of those that do, the one of least objective is built."""

    accuracy_drop: float = Field(
        default=1.0,
        ge=0,
        le=100,
        allow_inf_nan=False,
        description="Largest accuracy drop against exact blocks, in percentage points.",
    )
    confidence: float = Field(
        default=0.95,
        ge=0.5,
        lt=1,
        allow_inf_nan=False,
        description="Probability that the chosen design keeps accuracy_drop on new images, judged "
        "by images that no search looked at.",
    )
    energy_nj: float | None = Field(
        default=None, gt=0, allow_inf_nan=False, description="Most energy an image, in nJ."
    )
    power_mw: float | None = Field(
        default=None, gt=0, allow_inf_nan=False, description="Most power, in mW."
    )
    area_um2: float | None = Field(
        default=None,
        gt=0,
        allow_inf_nan=False,
        description="Most area without memories, in the library's unit.",
    )
    latency_us: float | None = Field(
        default=None, gt=0, allow_inf_nan=False, description="Most time an image takes, in us."
    )

    @property
    def limits(self) -> dict[str, float]:
        """The most of metrics, by their names: those that are given."""
        limits: dict[str, float] = self.model_dump(
            exclude={"accuracy_drop", "confidence"}, exclude_none=True
        )
        return limits


class SearchConfig(Model):
    """Which designs to choose from, and how."""

    blocks: list[BlockName] = Field(
        default=list(SEARCHED),
        min_length=1,
        max_length=1000,
        description="Blocks to choose from, beside the exact one.",
    )
    granularity: Literal["layer", "filter", "kernel"] = Field(
        default="filter",
        description="What gets a block of its own: a layer, a filter, or a slice of a filter.",
    )
    groups: int | None = Field(
        default=None,
        ge=1,
        description="Into how many equal parts the filters of a layer are divided, sorted by their "
        "scores; those of a part have the same block. With granularity filter or kernel. Left out: "
        "every filter by itself.",
    )
    slices: Literal["rows", "columns", "channels"] = Field(
        default="rows",
        description="What a slice of a filter is: a row of its kernel, a column, or a part of the "
        "input channels. With granularity kernel.",
    )
    channel_parts: int = Field(
        default=4,
        ge=1,
        description="Into how many equal parts the input channels are divided. With slices "
        "channels.",
    )
    algorithm: Literal["hawx", "exhaustive", "random", "nsga2", "greedy", "hill_climbing"] = Field(
        default="hawx",
        description="hawx goes by the scores; nsga2 needs the extra hawx_hw[search].",
    )
    budget: int = Field(
        default=40, ge=1, description="Assignments that are evaluated on the search's images."
    )
    images: int = Field(default=1000, ge=1, description="Training images of an evaluation.")
    select_images: int | None = Field(
        default=None,
        ge=1,
        description="Images, unseen by the search, that decide which designs keep accuracy_drop. "
        "Left out: all that there are.",
    )
    profile_images: int = Field(
        default=512, ge=2, description="Training images that the scores are measured on."
    )
    objective: Literal["energy", "power", "area", "latency", "multiplier_energy"] = Field(
        default="energy",
        description="What is weighed against accuracy: energy, power, area or latency of the whole "
        "accelerator, as predicted without synthesis; or the energy of the multiplications alone, "
        "which needs no predictors.",
    )
    variants: list[dict[str, Any]] | None = Field(
        default=None,
        min_length=1,
        max_length=1000,
        validation_alias=AliasChoices("variants", "shapes"),
        description="Accelerators to try with every assignment: for each the keys of accelerator "
        "in which it differs. Left out: the accelerator alone.",
    )
    constraints: ConstraintsConfig = ConstraintsConfig()
    index: int | None = Field(
        default=None,
        ge=0,
        description="The point of the front to build, by its number. Left out: that of least "
        "objective that meets the constraints.",
    )

    @model_validator(mode="after")
    def _units(self) -> SearchConfig:
        """What divides layers or filters stands beside a granularity that does so."""
        if self.groups is not None and self.granularity == "layer":
            raise _unused("groups", "granularity: layer has no filters of their own", "filter")
        if "slices" in self.model_fields_set and self.granularity != "kernel":
            what = f"granularity: {self.granularity} does not divide filters into slices"
            raise _unused("slices", what, "kernel")
        if "channel_parts" in self.model_fields_set and self.slices != "channels":
            raise PydanticCustomError(
                "user_error",
                "{what}",
                {
                    "key": "search.channel_parts",
                    "what": f"slices: {self.slices} does not divide the channels",
                    "hint": "Leave it out, or choose slices: channels.",
                },
            )
        return self

    @field_validator("variants")
    @classmethod
    def _distinct(cls, value: list[dict[str, Any]] | None) -> list[dict[str, Any]] | None:
        for index, variant in enumerate(value or ()):
            if variant in (value or ())[:index]:
                raise PydanticCustomError(
                    "user_error",
                    "{what}",
                    {"what": "A variant is listed twice", "hint": "Remove one of them."},
                )
        return value


def _unused(key: str, what: str, granularity: str) -> PydanticCustomError:
    return PydanticCustomError(
        "user_error",
        "{what}",
        {
            "key": f"search.{key}",
            "what": what,
            "hint": f"Leave it out, or choose granularity: {granularity}.",
        },
    )
