"""Every section of the config is strict, frozen, and refuses unknown keys."""

from __future__ import annotations

import pytest
from pydantic import BaseModel, ValidationError

from hawx_hw.architectures.registry import ARCHITECTURES
from hawx_hw.config.base import Model
from hawx_hw.config.models import Config


class Section(Model):
    count: int = 1
    share: float = 0.5


def test_values_are_not_converted() -> None:
    for content in ({"count": "1"}, {"count": True}, {"count": 1.0}, {"share": "0.5"}):
        with pytest.raises(ValidationError, match="should be a valid"):
            Section.model_validate(content)
    assert Section.model_validate({"share": 1}).share == 1.0


def test_unknown_keys_are_refused() -> None:
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        Section.model_validate({"counts": 1})


def test_a_section_does_not_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Section().count = 2


def sections(model: type[BaseModel]) -> set[type[BaseModel]]:
    """A model and those of its fields, however deep."""
    reached = {model}
    for field in model.model_fields.values():
        for kind in parts(field.annotation):
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                reached |= sections(kind)
    return reached


def parts(annotation: object) -> set[object]:
    """A type and all types that it is made of."""
    return {annotation}.union(*(parts(part) for part in getattr(annotation, "__args__", ())))


def test_all_sections_are_such_models() -> None:
    models = sections(Config).union(*(sections(each.config) for each in ARCHITECTURES.values()))
    assert {"Config", "NetworkConfig", "BlockRule", "ConstraintsConfig"} <= {
        model.__name__ for model in models
    }
    assert all(issubclass(model, Model) for model in models)
