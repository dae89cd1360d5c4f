"""The least that a config needs, and how a test reads one."""

from __future__ import annotations

from pathlib import Path

from hawx_hw.config.load import load_config
from hawx_hw.config.models import Config

__all__ = ["HEAD", "load"]

HEAD = "name: x\nnetwork: {model: lenet5, dataset: digits}\n"


def load(folder: Path, text: str) -> Config:
    path = folder / "x.yaml"
    path.write_text(text)
    return load_config(path)
