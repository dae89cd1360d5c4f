"""A small project for tests of commands."""

from __future__ import annotations

from pathlib import Path

__all__ = ["CONFIG", "quantized"]

CONFIG = "name: tiny\nnetwork: {model: lenet5, dataset: digits, calibration_images: 16}\n"


def quantized(folder: Path) -> Path:
    """The folder with ``tiny.yaml``, whose network is quantized in ``build/``."""
    from hawx_hw.config.load import load_config
    from hawx_hw.pipeline.order import pipeline_of
    from hawx_hw.util.progress import console_for

    (folder / "tiny.yaml").write_text(CONFIG, "utf-8")
    config = load_config(folder / "tiny.yaml")
    console = console_for(silent=True)
    pipeline_of(config, folder / "build" / "tiny", console, base=folder).run(("quantize",))
    return folder
