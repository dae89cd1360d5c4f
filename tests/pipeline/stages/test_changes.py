"""A change of anything that a stage reads changes its inputs, and those of no other stage."""

from __future__ import annotations

import gzip
import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from hawx_hw.config.load import load_config
from hawx_hw.pipeline.order import STAGES
from hawx_hw.technology import load
from hawx_hw.util.files import sha256_file
from tests.pipeline.stages.recorded import Recorded

IMAGES = {"quantize", "profile", "search", "retrain", "assign", "verify", "power"}
IMAGES |= {"references"}
#: The design holds the circuits of its blocks: what is made of it depends on it.
BLOCKS = {"profile", "search", "retrain", "pick", "assign", "references"}
PREDICTORS = {"accelerator", "search", "predict"}
TECHNOLOGY = {"accelerator", "search", "predict", "emit", "synth", "power", "references"}


@pytest.fixture
def project(material: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recorded:
    recorded = Recorded(material, tmp_path, [])
    monkeypatch.setenv("HAWX_PREDICTORS", str(recorded.predictors))
    return recorded


def forget() -> None:
    """Let the user's modules be loaded anew."""
    for name in [name for name in sys.modules if name.startswith("own_")]:
        module = sys.modules.pop(name)
        # An edit within the same second would not be noticed.
        Path(importlib.util.cache_from_source(module.__file__ or "")).unlink(missing_ok=True)


def inputs(project: Recorded) -> dict[str, object]:
    """The contents of each stage's files, and its tools."""
    forget()
    config = load_config(project.config)
    return {
        stage.name: (
            {key: sha256_file(path) for key, path in stage.files(config, project.project).items()},
            dict(stage.tools(config, project.project)),
        )
        for stage in STAGES
    }


def appended(text: str) -> Callable[[Path], object]:
    return lambda path: path.write_text(path.read_text("utf-8") + text, "utf-8")


def other_library(path: Path) -> None:
    path.write_bytes(gzip.compress(load("generic45").liberty.read_bytes() + b"\n"))


def other_bytes(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\n")


@pytest.mark.parametrize(
    ("file", "change", "changed"),
    [
        ("project/tiny.npz", other_bytes, IMAGES),
        ("project/tiny.safetensors", other_bytes, {"quantize"}),
        ("project/tiny.json", other_bytes, {"quantize"}),
        ("project/own.yaml", appended("supply: 0.9\n"), TECHNOLOGY),
        ("project/own.yaml", appended("memories: {model: {feature_nm: 40}}\n"), TECHNOLOGY),
        ("project/cells.lib.gz", other_library, TECHNOLOGY),
        ("predictors/systolic_generic45.csv", other_bytes, PREDICTORS),
        ("predictors/systolic_generic45.json", other_bytes, PREDICTORS),
        ("predictors/systolic_generic45_blocks.csv", other_bytes, PREDICTORS),
        ("project/own_block.py", appended("# another remark\n"), BLOCKS),
        ("project/own_numbers.py", appended("NUMBERS = (1, 2, 7)\n"), BLOCKS),
        ("project/tiny.yaml", lambda path: None, set()),
    ],
    ids=lambda value: value.split("/")[1] if isinstance(value, str) else "",
)
def test_a_change_changes_the_inputs_of_those_that_read_it(
    project: Recorded, tmp_path: Path, file: str, change: Callable[[Path], object], changed: set
) -> None:
    before = inputs(project)
    change(tmp_path / file)
    after = inputs(project)
    assert {stage for stage in after if after[stage] != before[stage]} == changed
