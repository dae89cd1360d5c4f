"""The config's network, as stages read it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hawx_hw.config.load import blame, config_path
from hawx_hw.graph.pixels import INPUT_SCALE, Preprocessing
from hawx_hw.importing import sources

if TYPE_CHECKING:
    import numpy as np

    from hawx_hw.config.models import Config, PreprocessConfig
    from hawx_hw.datasets import Dataset
    from hawx_hw.importing.network import ImportedNetwork

__all__ = ["check_network", "load_network", "network_files", "preprocessing_of", "request_of"]


def preprocessing_of(settings: PreprocessConfig) -> Preprocessing | None:
    """What a config states of pixel values; None where it states nothing."""
    if not settings.normalizes:
        return None

    def numbers(value: tuple[float, ...] | float | None, default: float) -> tuple[float, ...]:
        if value is None:
            return (default,)
        return value if isinstance(value, tuple) else (value,)

    return Preprocessing(
        INPUT_SCALE if settings.scale is None else settings.scale,
        numbers(settings.mean, 0.0),
        numbers(settings.std, 1.0),
    )


def request_of(config: Config, base: Path) -> sources.Request:
    """The network that a config asks for.

    Parameters
    ----------
    config : Config
    base : Path
        The folder that its relative paths start from.
    """
    settings = config.network
    checkpoint = None
    if settings.checkpoint is not None:
        checkpoint = config_path(settings.checkpoint, base, "network.checkpoint")
    return sources.Request(
        settings.model,
        base,
        checkpoint,
        preprocessing_of(settings.preprocess),
        settings.options,
    )


def check_network(config: Config, base: Path) -> None:
    """Refuse an unknown network before anything runs.

    Raises
    ------
    UserError
    """
    with blame("network.model"):
        sources.check(request_of(config, base))


def load_network(
    config: Config, base: Path, dataset: Dataset, images: np.ndarray
) -> ImportedNetwork:
    """The config's network.

    Parameters
    ----------
    config : Config
    base : Path
        The folder that its relative paths start from.
    dataset : Dataset
        The config's.
    images : ndarray of uint8
        ``(n, C, H, W)``, n >= 1: some on which a network can be traced.

    Raises
    ------
    UserError
        See :func:`hawx_hw.importing.sources.load`.
    """
    given = config.network.checkpoint is not None
    with blame("network.checkpoint" if given else "network.model"):
        return sources.load(request_of(config, base), dataset, images)


def network_files(config: Config, base: Path) -> dict[str, Path]:
    """The files of the config's network, by the keys that name them."""
    names = {"record": "network.checkpoint (record)"}
    files = sources.source_files(request_of(config, base), config.network.dataset)
    return {names.get(what, f"network.{what}"): path for what, path in files.items()}
