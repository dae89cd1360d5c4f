"""What stages really use is among what their results depend on: code, files, settings, tools."""

from __future__ import annotations

import ast
import importlib.metadata
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from hawx_hw.config.load import load_config
from hawx_hw.pipeline.order import STAGES
from hawx_hw.pipeline.stage import Stage
from hawx_hw.util.code import code, modules
from tests.pipeline.stages.recorded import PACKAGE, Recorded, python

BY_NAME = {stage.name: stage for stage in STAGES}
NAMES = list(BY_NAME)
#: Libraries that no result depends on: they read configs, draw progress, lock, find files, set the
#: number of threads.
NO_MATTER = {
    *("filelock", "grimp", "hawx_hw", "platformdirs", "pydantic", "pydantic_core", "rich"),
    *("find_libpython", "threadpoolctl"),
}
#: Stages that import what makes gateware, or what simulates it, and do neither.
NO_GATEWARE = {"profile", "retrain", "pick", "assign", "verify", "power"}
NO_SIMULATION = {"accelerator", "predict", "power", "references", "search"}

each_stage = pytest.mark.parametrize(
    "name",
    [
        pytest.param(
            name, marks=[pytest.mark.slow] if name in ("synth", "power", "references") else []
        )
        for name in NAMES
    ],
)


@pytest.fixture(scope="module")
def recorded(material: Path, tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """A project with a search."""
    return Recorded(material, tmp_path_factory.mktemp("recorded"), NAMES)


@pytest.fixture
def declared_files(recorded: Recorded, monkeypatch: pytest.MonkeyPatch):
    """A function that gives the files outside the build folder that a stage declares."""
    monkeypatch.setenv("HAWX_PREDICTORS", str(recorded.predictors))

    def declared(stage: Stage) -> set[Path]:
        files = stage.files(load_config(recorded.config), recorded.project)
        return {path.resolve() for path in files.values()}

    return declared


@each_stage
def test_loaded_modules_are_known(recorded: Recorded, name: str) -> None:
    start, loaded = f"hawx_hw.pipeline.stages.{name}", recorded.used(name).modules
    assert start in loaded
    assert loaded <= modules(start, "systolic")


@each_stage
def test_opened_files_are_declared(recorded: Recorded, declared_files, name: str) -> None:
    """Files of the user's and of the program; those of earlier stages are of one that it needs."""
    stage, files = BY_NAME[name], recorded.used(name).files
    known = declared_files(stage)
    tools = stage.tools(load_config(recorded.config), recorded.project)
    if any(tool.startswith("python:") for tool in tools) or "pick" in stage.needs:
        # A block's circuit, which is among the tools or in the design, counts its files.
        known |= {recorded.project / file for file in ("own_block.py", "own_numbers.py")}
    for file in code(stage.run.__module__, "systolic"):
        known |= {PACKAGE / file, PACKAGE.parent / file}
    earlier = {path for path in files if path in recorded.written}
    assert {recorded.written[path] for path in earlier} <= {name, *stage.needs}
    assert sorted(path for path in files - earlier - known if not passing(recorded, path)) == []


def passing(recorded: Recorded, path: Path) -> bool:
    """Whether a file does not count: what is gone again, and what is read for its hash alone."""
    if path.is_relative_to(PACKAGE) and path.suffix == ".py":
        # All are read where a hash of code is computed. Those that are loaded are known from above.
        return True
    return path.is_relative_to(recorded.build.resolve() / ".work") or not path.exists()


@each_stage
def test_read_settings_are_declared(recorded: Recorded, name: str) -> None:
    declared = set(reaching(BY_NAME[name]))
    unknown = {
        key
        for key in recorded.used(name).settings
        if not any(key == known or key.startswith(f"{known}.") for known in declared)
    }
    assert sorted(unknown) == []


def reaching(stage: Stage) -> Iterator[str]:
    """The settings of a stage and of those that it needs, up to sealed ones."""
    yield from stage.settings
    for needed in stage.needs:
        if not BY_NAME[needed].sealed:
            yield from reaching(BY_NAME[needed])


@each_stage
def test_used_libraries_are_declared(recorded: Recorded, name: str) -> None:
    """Those that a loaded module of the program imports, and that were loaded."""
    used, stage = recorded.used(name), BY_NAME[name]
    distributions = importlib.metadata.packages_distributions()
    imported = set().union(*(libraries(module) for module in used.modules)) & used.libraries
    loaded = {each for library in imported for each in distributions.get(library, [])}
    tools = stage.tools(load_config(recorded.config), recorded.project)
    no_matter = NO_MATTER | ({"amaranth"} if name in NO_GATEWARE else set())
    no_matter |= {"cocotb"} if name in NO_SIMULATION else set()
    assert sorted(loaded - tools.keys() - no_matter) == []


@pytest.mark.parametrize(
    "name", ["quantize", "profile", "search", "retrain", "assign", "verify", "power", "references"]
)
def test_the_library_that_holds_a_data_set_is_declared(recorded: Recorded, name: str) -> None:
    """For the data set ``digits``, which no file holds."""
    assert "scikit-learn" in BY_NAME[name].tools(load_config(recorded.config), recorded.project)


def libraries(module: str) -> set[str]:
    """The top-level modules that a module of the program imports."""
    path = PACKAGE.joinpath(*module.split(".")[1:])
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    names = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return {name.partition(".")[0] for name in names}


ADDED = """
import sys
from pathlib import Path
from hawx_hw.util import code as computed

package = Path(computed.__file__).parents[1]
registry = package / "architectures" / "registry.py"
dataflow = package / "architectures" / "dataflow"
dataflow.mkdir()
(dataflow / "__init__.py").write_text("")
(dataflow / "architecture.py").write_text("")
registry.write_text(registry.read_text() + "\\nimport hawx_hw.architectures.dataflow\\n")

def code_of_all(architecture):
    computed.forget()
    names = sys.argv[1:]
    return {name: computed.code(f"hawx_hw.pipeline.stages.{name}", architecture) for name in names}

before, other = code_of_all("systolic"), code_of_all("dataflow")
(dataflow / "__init__.py").write_text("from hawx_hw.architectures.dataflow import lanes\\n")
(dataflow / "lanes.py").write_text("LANES = 4\\n")
assert code_of_all("systolic") == before
changed = code_of_all("dataflow")
print(*(name for name in sys.argv[1:] if changed[name] != other[name]))
"""


def test_a_file_of_another_architecture_changes_no_result(tmp_path: Path) -> None:
    shutil.copytree(PACKAGE, tmp_path / "hawx_hw", ignore=shutil.ignore_patterns("__pycache__"))
    for folder in ("rtl_templates", "sim", "configs"):
        shutil.copytree(PACKAGE.parent / folder, tmp_path / folder)
    # The other architecture's own results do depend on it.
    changed = python(ADDED, *NAMES, environment={"PYTHONPATH": str(tmp_path)}).split()
    assert {"emit", "verify", "predict"} <= set(changed)
