"""Networks: a small zoo, training with a recorded recipe, trained checkpoints.

The parts are imported when first used, because torch takes seconds to import.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hawx_hw.networks.checkpoint import load
    from hawx_hw.networks.evaluation import accuracy
    from hawx_hw.networks.files import shipped_checkpoint
    from hawx_hw.networks.training import TrainingRecord, available_device, check_device, train
    from hawx_hw.networks.zoo import MODELS, build

__all__ = [
    "MODELS",
    "TrainingRecord",
    "accuracy",
    "available_device",
    "build",
    "check_device",
    "load",
    "shipped_checkpoint",
    "train",
]

_HOMES = {
    "MODELS": "hawx_hw.networks.zoo",
    "TrainingRecord": "hawx_hw.networks.training",
    "accuracy": "hawx_hw.networks.evaluation",
    "available_device": "hawx_hw.networks.training",
    "build": "hawx_hw.networks.zoo",
    "check_device": "hawx_hw.networks.training",
    "load": "hawx_hw.networks.checkpoint",
    "shipped_checkpoint": "hawx_hw.networks.files",
    "train": "hawx_hw.networks.training",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
