"""What Python really loads while a stage runs is among the code that its results depend on."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import hawx_hw
from hawx_hw.pipeline.order import STAGES
from hawx_hw.util.code import modules
from tests.pipeline.stages.conftest import CONFIG

PACKAGE = Path(hawx_hw.__file__).parent
NAMES = [stage.name for stage in STAGES]
SEARCH = """columns: 4
search:
  blocks: ["precision(w=4,a=4)", "array(2,2,7)"]
  budget: 4
  images: 20
  profile_images: 10
  constraints: {accuracy_drop: 100}
power: {images: 2}
"""
#: One stage in a process of its own. Nothing of the pipeline is loaded but its context.
RUN = """
import importlib, json, sys
from pathlib import Path
from hawx_hw.config.load import load_config
from hawx_hw.pipeline.stage import Context
from hawx_hw.util.progress import ProgressDisplay, console_for
from hawx_hw.util.results import Header

def package():
    return {name for name in sys.modules if name.partition(".")[0] == "hawx_hw"}

name, config, folder = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
before = package()
stage = importlib.import_module(f"hawx_hw.pipeline.stages.{name}").STAGE
scratch = folder / ".work" / name
scratch.mkdir(parents=True)
with ProgressDisplay(console_for(silent=True)) as progress:
    stage.run(Context(
        config=load_config(config), base=config.parent, folder=folder, output=folder,
        scratch=scratch, progress=progress,
        header=Header(stage=name, config="", versions={}),
    ))
print(json.dumps(sorted(package() - before)))
"""


def python(code: str, *arguments: object, path: Path = PACKAGE.parent) -> str:
    """Run code in a process of its own; what it prints."""
    run = subprocess.run(
        # -P: the package is that in ``path``, whatever the current folder holds.
        [sys.executable, "-P", "-c", code, *map(str, arguments)],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(path)},
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


class Runs:
    """Stages of one project, each run once in a process of its own when it is first asked for."""

    def __init__(self, folder: Path):
        self._config, self._build = folder / "tiny.yaml", folder / "build"
        self._build.mkdir()
        self._loaded: dict[str, frozenset[str]] = {}

    def loaded(self, name: str) -> frozenset[str]:
        """The modules that a stage loaded."""
        for stage in NAMES[: NAMES.index(name) + 1]:
            if stage not in self._loaded:
                lines = python(RUN, stage, self._config, self._build).splitlines()
                self._loaded[stage] = frozenset(json.loads(lines[-1]))
        return self._loaded[name]


@pytest.fixture(scope="module")
def runs(material: Path, tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """Runs of a project with a search."""
    folder = tmp_path_factory.mktemp("loaded")
    shutil.copytree(material, folder, dirs_exist_ok=True)
    (folder / "tiny.yaml").write_text(CONFIG.replace("columns: 4\n", SEARCH))
    return Runs(folder)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.slow] if name in ("synth", "power") else [])
        for name in NAMES
    ],
)
def test_loaded_modules_are_known(runs: Runs, name: str) -> None:
    start, loaded = f"hawx_hw.pipeline.stages.{name}", runs.loaded(name)
    assert start in loaded
    assert loaded <= modules(start, "systolic")


ADDED = """
import sys
from pathlib import Path
from hawx_hw.util import code as computed

package = Path(computed.__file__).parents[1]
registry = package / "architectures" / "registry.py"
simt = package / "architectures" / "simt"
simt.mkdir()
(simt / "__init__.py").write_text("")
(simt / "architecture.py").write_text("")
registry.write_text(registry.read_text() + "\\nimport hawx_hw.architectures.simt\\n")

def code_of_all(architecture):
    computed.forget()
    names = sys.argv[1:]
    return {name: computed.code(f"hawx_hw.pipeline.stages.{name}", architecture) for name in names}

before, other = code_of_all("systolic"), code_of_all("simt")
(simt / "__init__.py").write_text("from hawx_hw.architectures.simt import lanes\\n")
(simt / "lanes.py").write_text("LANES = 4\\n")
assert code_of_all("systolic") == before
changed = code_of_all("simt")
print(*(name for name in sys.argv[1:] if changed[name] != other[name]))
"""


def test_a_file_of_another_architecture_changes_no_result(tmp_path: Path) -> None:
    shutil.copytree(PACKAGE, tmp_path / "hawx_hw", ignore=shutil.ignore_patterns("__pycache__"))
    for folder in ("rtl_templates", "sim", "configs"):
        shutil.copytree(PACKAGE.parent / folder, tmp_path / folder)
    # The other architecture's own results do depend on it.
    changed = python(ADDED, *NAMES, path=tmp_path).split()
    assert {"emit", "verify", "predict"} <= set(changed)
