"""Stages that run in processes of their own, and what each of them used meanwhile.

Every Python process records the files that it opens, also those that it starts and the one inside a
simulator. What tools such as Yosys open by themselves is not seen.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

import hawx_hw
from hawx_hw.architectures.systolic.architecture import Systolic
from hawx_hw.prediction.storage import shipped_folder
from hawx_hw.technology import load
from tests.pipeline.conftest import CONFIG

PACKAGE = Path(hawx_hw.__file__).parent
SEARCH = """columns: 4
search:
  blocks: ["precision(w=4,a=4)", "python:own_block:make"]
  budget: 4
  images: 20
  profile_images: 10
  constraints: {accuracy_drop: 100}
training: {epochs: 1, finalists: 1}
power: {images: 2}
technology: own.yaml
"""
BLOCK = """
from hawx_hw.blocks.families.array import Array
import own_numbers

def make():
    return Array(*own_numbers.NUMBERS)
"""
TECHNOLOGY = """\
name: generic45
liberty: cells.lib.gz
clock_mhz: 400
"""
#: Runs in every Python process: writes the names of the files that it opens for reading.
HOOK = """
import os, sys

def start():
    # In a process that sets its standard streams up anew, the handle must not be one of theirs.
    target = os.environ["OPENED"]
    handle = os.open(target, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def hook(event, arguments):
        if event == "open" and isinstance(arguments[0], (str, bytes)):
            path = os.path.realpath(os.fsdecode(arguments[0]))
            if arguments[2] & os.O_ACCMODE != os.O_WRONLY and path != target:
                os.write(handle, path.encode() + b"\\0")

    sys.addaudithook(hook)

start()
"""
#: One stage. Nothing of the pipeline is loaded but its context.
STAGE = """
import importlib, json, os, sys
from pathlib import Path
from hawx_hw.config.base import Model
from hawx_hw.config.load import load_config
from hawx_hw.pipeline.stage import Context
from hawx_hw.util.progress import ProgressDisplay, console_for
from hawx_hw.util.results import Header

def package():
    return {name for name in sys.modules if name.partition(".")[0] == "hawx_hw"}

def sections(model, prefix):
    yield id(model), prefix
    for key in type(model).model_fields:
        value = getattr(model, key)
        if isinstance(value, Model):
            yield from sections(value, f"{prefix}{key}.")

name, config, folder = sys.argv[1], load_config(Path(sys.argv[2])), Path(sys.argv[3])
before = package()
stage = importlib.import_module(f"hawx_hw.pipeline.stages.{name}").STAGE
scratch = folder / ".work" / name
scratch.mkdir(parents=True)
places, settings = dict(sections(config, "")), set()

def read(self, key):
    value = object.__getattribute__(self, key)
    if id(self) in places and key in type(self).model_fields and not isinstance(value, Model):
        settings.add(places[id(self)] + key)
    return value

Model.__getattribute__ = read
os.truncate(os.environ["OPENED"], 0)
with ProgressDisplay(console_for(silent=True)) as progress:
    stage.run(Context(
        config=config, base=Path(sys.argv[2]).parent, folder=folder, output=folder,
        scratch=scratch, progress=progress,
        header=Header(stage=name, config="", versions={}),
    ))
print(json.dumps({
    "settings": sorted(settings),
    "modules": sorted(package() - before),
    "libraries": sorted({name.partition(".")[0] for name in sys.modules}),
}))
"""


@dataclass(frozen=True)
class Used:
    """What a stage used.

    Parameters
    ----------
    modules : frozenset of str
        Modules of the program that it loaded.
    libraries : frozenset of str
        Top-level modules that were loaded.
    settings : frozenset of str
        Keys of the config that it read.
    files : frozenset of Path
        Files that it opened once the config was read, but for Python's own, the cache and temporary
        ones.
    """

    modules: frozenset[str]
    libraries: frozenset[str]
    settings: frozenset[str]
    files: frozenset[Path]


class Recorded:
    """A project with files of its own for everything, whose stages are run when first asked for.

    Parameters
    ----------
    material : Path
        A folder with a data set and a checkpoint.
    folder : Path
        An empty one.
    names : sequence of str
        The stages, in order.
    """

    def __init__(self, material: Path, folder: Path, names: list[str]):
        self.project, self.build = folder / "project", folder / "build"
        self.predictors, self._names = folder / "predictors", names
        shutil.copytree(material, self.project)
        shutil.copytree(shipped_folder(Systolic()), self.predictors)
        (folder / "hook").mkdir()
        (folder / "hook" / "sitecustomize.py").write_text(HOOK, "utf-8")
        own = {"own_block.py": BLOCK, "own_numbers.py": "NUMBERS = (2, 2, 7)\n"}
        for name, text in {**own, "own.yaml": TECHNOLOGY}.items():
            (self.project / name).write_text(text, "utf-8")
        packed = gzip.compress(load("generic45").liberty.read_bytes())
        (self.project / "cells.lib.gz").write_bytes(packed)
        self.config = self.project / "tiny.yaml"
        self.config.write_text(CONFIG.replace("columns: 4\n", SEARCH), "utf-8")
        self.build.mkdir()
        self._folder, self._used = folder, dict[str, Used]()
        #: The stage that wrote each file of the build folder.
        self.written: dict[Path, str] = {}

    def used(self, stage: str) -> Used:
        """What a stage used; those before it run before."""
        for name in self._names[: self._names.index(stage) + 1]:
            if name not in self._used:
                self._used[name] = self._run(name)
                for path in self.build.rglob("*"):
                    self.written.setdefault(path.resolve(), name)
        return self._used[stage]

    def _run(self, name: str) -> Used:
        log, temporary = (self._folder / f"{name}.log").resolve(), self._folder / "temporary"
        temporary.mkdir(exist_ok=True)
        paths = [self._folder / "hook", PACKAGE.parent]
        environment = {
            "OPENED": str(log),
            "PYTHONPATH": os.pathsep.join(map(str, paths)),
            "HAWX_PREDICTORS": str(self.predictors),
            "TMPDIR": str(temporary),
        }
        lines = python(STAGE, name, self.config, self.build, environment=environment).splitlines()
        content = json.loads(lines[-1])
        opened = {Path(os.fsdecode(name)) for name in log.read_bytes().split(b"\0") if name}
        sets = {key: frozenset(value) for key, value in content.items()}
        return Used(**sets, files=frozenset(filter(self._counts, opened)))

    def _counts(self, path: Path) -> bool:
        elsewhere = [*_PYTHON, self._folder / "hook", self._folder / "temporary"]
        inside = self._folder.resolve()
        if any(path.is_relative_to(place.resolve()) for place in elsewhere):
            return False
        if path.suffix == ".pyc" or "__pycache__" in path.parts:
            return False
        # Of the system's and the cache's files only those of the program are looked at.
        return path.is_relative_to(inside) or path.is_relative_to(PACKAGE.parent)


_PYTHON = [Path(sysconfig.get_path(kind)) for kind in ("stdlib", "purelib", "platlib")]


def python(code: str, *arguments: object, environment: dict[str, str] | None = None) -> str:
    """Run code in a process of its own; what it prints."""
    run = subprocess.run(
        # -P: the package is that in the path, whatever the current folder holds.
        [sys.executable, "-P", "-c", code, *map(str, arguments)],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(PACKAGE.parent)} | (environment or {}),
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout
