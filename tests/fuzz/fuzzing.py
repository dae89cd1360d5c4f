"""One fuzzed command: a folder with good inputs, one of them changed, and how the command ends.

``python -m tests.fuzz.fuzzing --seconds 600 [TARGET ...]`` searches for faults with new seeds, and
prints each kind once; ``--seed N`` with one target runs one input again, and shows its folder.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from random import Random
from unittest import mock

from hawx_hw.errors import UserError
from hawx_hw.pipeline import order
from hawx_hw.pipeline.stage import Stage
from hawx_hw.prediction import evaluation, training
from tests.caches import share_tools
from tests.fuzz import material
from tests.fuzz.running import Ending, run_hawx
from tests.fuzz.targets import TARGETS

__all__ = ["Fuzzer"]


class Fuzzer:
    """Makes projects once, and fuzzes commands in copies of them.

    Parameters
    ----------
    folder : Path
        Empty; gets the projects, the copies, and a cache.
    """

    def __init__(self, folder: Path):
        self._folder = folder
        self._number = 0
        (folder / "cache").mkdir()
        share_tools(folder / "cache")
        with self._environment(folder):
            plain = folder / "plain"
            plain.mkdir()
            material.write_project(plain)
            _write(plain, "tiny.yaml", material.CONFIG)
            _write(plain, "kit.yaml", material.TECHNOLOGY)

    @cached_property
    def _reading(self) -> tuple[Stage, ...]:
        """Stages that read the results in the project ``built``, which is made here."""
        built = self._folder / "built"
        shutil.copytree(self._folder / "plain", built)
        _write(built, "tiny.yaml", {**material.SEARCH_CONFIG, "technology": "generic45"})
        results = self._folder / "results"
        with self._environment(built):
            shutil.move(material.build_project(built, built / "tiny.yaml"), results)
            shutil.copytree(_predictors(), built / "predictors")
            stages = material.reading_stages(results)
            ending = self._run(("run", "tiny.yaml"), built, stages)
        if ending.status:
            raise RuntimeError(f"The good project does not run:\n{ending.errors}")
        return stages

    def __call__(self, name: str, rng: Random, *, keep: bool = False) -> tuple[Ending, Path]:
        """Run the command of a target on one changed input; returns the folder too."""
        target = TARGETS[name]
        stages = self._reading if target.project == "built" else material.library_stages()
        self._number += 1
        folder = self._folder / f"{name}-{self._number}"
        shutil.copytree(self._folder / target.project, folder)
        arguments = target.change(rng, folder)
        with self._environment(folder, target.environment or {}):
            try:
                return self._run(arguments, folder, stages, target.real), folder
            finally:
                if not keep:
                    shutil.rmtree(folder, ignore_errors=True)

    def _run(
        self,
        arguments: Sequence[str],
        folder: Path,
        stages: Sequence[Stage],
        real: Sequence[str] = (),
    ) -> Ending:
        stages = tuple(
            stage if stage.name in real else other
            for stage, other in zip(order.STAGES, stages, strict=True)
        )
        with (
            mock.patch.object(order, "STAGES", stages),
            mock.patch.object(evaluation, "evaluate", _stop),
            mock.patch.object(training, "describe_sweep", _described),
        ):
            return run_hawx(arguments, folder)

    @contextmanager
    def _environment(
        self, folder: Path, variables: Mapping[str, str] | None = None
    ) -> Iterator[None]:
        """The cache lies beside the projects; variables name files in ``folder``."""
        paths = {name: str(folder / path) for name, path in (variables or {}).items()}
        caches = {"HAWX_CACHE": str(self._folder / "cache")}
        with mock.patch.dict(os.environ, caches | paths):
            for name in ("HAWX_STORE", "HAWX_TECHNOLOGY"):
                os.environ.pop(name, None)
            yield


def _write(folder: Path, name: str, tree: object) -> None:
    (folder / name).write_text(json.dumps(tree, indent=1), encoding="utf-8")


def _predictors() -> Path:
    from hawx_hw.architectures.registry import architecture_named
    from hawx_hw.prediction.storage import shipped_folder

    return shipped_folder(architecture_named(None, ""))


def _stop(*arguments: object, **options: object) -> None:
    """Stand for what takes long after all is read."""
    raise UserError("Everything is read.")


def _described(text: str, *arguments: object, where: str, **options: object) -> None:
    """Read the table as training does, and stops."""
    from hawx_hw.prediction.table import TrainingTable

    architecture = arguments[0]
    TrainingTable.read(architecture, text, where=where)  # type: ignore[attr-defined]
    _stop()


def main() -> None:
    """Search for faults, for some time."""
    parser = argparse.ArgumentParser(description="Searches for inputs that break a command.")
    parser.add_argument("targets", nargs="*", default=sorted(TARGETS), metavar="TARGET")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        fuzzer = Fuzzer(Path(name))
        if options.seed is not None:
            (target,) = options.targets
            ending, folder = fuzzer(target, Random(options.seed), keep=True)
            shutil.copytree(folder, f"fuzz-{target}-{options.seed}")
            print(ending.status, ending.errors, sep="\n")
            return
        faults: set[str] = set()
        count, end = 0, time.monotonic() + options.seconds
        while time.monotonic() < end:
            seed = random.SystemRandom().randrange(2**31)
            target = options.targets[count % len(options.targets)]
            started = time.monotonic()
            ending, _ = fuzzer(target, Random(seed))
            took = time.monotonic() - started
            count += 1
            if took > 30:
                print(f"SLOW {target} --seed {seed}: {took:.0f} s", flush=True)
            if ending.fault and ending.key not in faults:
                faults.add(ending.key)
                print(f"== {target} --seed {seed}: {ending.fault}: {ending.key}", flush=True)
        print(f"{count} inputs, {len(faults)} kinds of faults")
        sys.exit(bool(faults))


if __name__ == "__main__":
    main()
