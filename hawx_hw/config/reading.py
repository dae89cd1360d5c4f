"""The section ``network.reading``: what the files of a data set do not say themselves."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from hawx_hw.config.base import Model

__all__ = ["ReadingConfig"]


class ReadingConfig(Model):
    """How the arrays and labels of a data set are understood."""

    images: str | None = Field(
        default=None,
        min_length=1,
        description="Key of the array of images in an .npz file. Left out: by the usual names.",
    )
    labels: str | None = Field(
        default=None,
        min_length=1,
        description="Key of the array of labels in an .npz file. Left out: by the usual names.",
    )
    layout: Literal["NCHW", "NHWC"] | None = Field(
        default=None,
        description="Order of the axes of images. Left out: the channels are whichever of the two "
        "possible axes is at most 4 long.",
    )
    shape: list[Annotated[int, Field(ge=1)]] | None = Field(
        default=None,
        min_length=2,
        max_length=3,
        description="Shape of one flattened image: [H, W], [C, H, W] or [H, W, C].",
    )
    range: list[Annotated[float, Field(allow_inf_nan=False)]] | None = Field(
        default=None,
        min_length=2,
        max_length=2,
        description="The two numbers of an array that are pixel 0 and pixel 255, such as [-1, 1].",
    )
    numbering: Literal["from_zero", "from_one", "in_order"] | None = Field(
        default=None,
        description="Which class a label is that is a number. from_zero, the default: that class; "
        "from_one: label 1 is class 0; in_order: the labels that occur, in ascending order.",
    )

    @field_validator("range")
    @classmethod
    def _distinct(cls, value: list[float] | None) -> list[float] | None:
        if value is not None and value[0] == value[1]:
            raise PydanticCustomError(
                "user_error",
                "{what}",
                {
                    "what": f"Both ends of the range are {value[0]:g}",
                    "hint": "Write the numbers that are black and white, such as [0, 1].",
                },
            )
        return value
