"""Small stages for the tests of the pipeline, and a run that kills itself at a chosen moment.

``python -m tests.pipeline.fake_stages FOLDER``: for every moment at which a run touches the file
system, a forked run that is killed there, then a second run to the end; prints one JSON line for
each.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

from hawx_hw.pipeline.build_folder import BuildFolder
from hawx_hw.pipeline.pipeline import Pipeline
from hawx_hw.pipeline.stage import Context, Ending, Outcome, Stage
from hawx_hw.util.files import sha256_file
from hawx_hw.util.progress import console_for
from hawx_hw.util.results import Result


class Second(Result):
    """The result of the second stage."""

    FILE: ClassVar[str] = "second.json"
    STAGE: ClassVar[str] = "second"
    SCHEMA: ClassVar[int] = 1

    number: int


class Whole(Result):
    """What a run ends with."""

    FILE: ClassVar[str] = "whole.json"
    STAGE: ClassVar[str] = "third"
    SCHEMA: ClassVar[int] = 1

    stages: tuple[str, ...]
    files: dict[str, str]


class Settings:
    """Stands for a config."""

    def __init__(self, **settings: Any):
        self.settings = settings
        self.accelerator = SimpleNamespace(architecture="systolic")

    def model_dump(self, mode: str) -> dict[str, Any]:
        return self.settings


def first(context: Context) -> None:
    (context.output / "first.txt").write_text(f"{context.config.settings['number']}\n")


def second(context: Context) -> None:
    number = int((context.folder / "first.txt").read_text())
    for name in ("a.v", "b.v"):
        (context.output / "rtl").mkdir(exist_ok=True)
        (context.output / "rtl" / name).write_text(f"{name} {number % 10}\n")
    context.write(Second(number=number % 10))


def third(context: Context) -> None:
    text = "".join(p.read_text() for p in sorted((context.folder / "rtl").iterdir()))
    (context.output / "third.txt").write_text(text + str(context.config.settings["more"]["x"]))


STAGES = (
    Stage("first", first, settings=("number",)),
    Stage("second", second, needs=("first",), tools=lambda config, base: {"tool": "1"}),
    Stage("third", third, needs=("second",), settings=("more.x",)),
)


def hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of all files of the stages."""
    return {name: sha256_file(folder / name) for name in content(folder) if name != Whole.FILE}


ENDING = Ending(
    Whole.FILE, lambda config, folder, stages: Whole(stages=stages, files=hashes(folder))
)


def run(
    folder: Path, number: int, x: int = 0, last: str = "third", ending: Ending | None = None
) -> list[Outcome]:
    settings: Any = Settings(number=number, more={"x": x})
    pipeline = Pipeline(settings, folder, STAGES, console_for(silent=True), ending=ending)
    return pipeline.run(pipeline.until(last))


def content(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.relative_to(folder).parts[0].startswith(".")
    }


def killed(work: Callable[[], object], folder: Path, moment: int) -> bool:
    """Do ``work`` in a child that is killed at its ``moment``-th touch of ``folder``."""
    child = os.fork()
    if not child:
        touched = 0

        def hook(event: str, arguments: tuple[object, ...]) -> None:
            nonlocal touched
            if event.split(".")[0] in ("open", "os", "shutil") and any(
                str(argument).startswith(str(folder)) for argument in arguments
            ):
                touched += 1
                if touched == moment:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(hook)
        try:
            work()
            os._exit(0)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        raise RuntimeError(f"The child ended with {os.WEXITSTATUS(status)}")
    return os.WIFSIGNALED(status)


def main(base: Path) -> None:
    # A killed process loses nothing that it has written; waiting for the disk only costs time.
    os.fsync = lambda handle: None
    for moment in count(1):
        folder = base / str(moment)
        run(folder, 1, x=1, ending=ENDING)
        again = partial(run, folder, 22, x=2, ending=ENDING)
        hit = killed(again, folder, moment)
        build = BuildFolder(folder)
        manifests = {stage.name: build.manifest(stage.name) for stage in STAGES}
        damaged = {name: build.damaged(m) for name, m in manifests.items() if m}
        current = [
            name
            for name, manifest in manifests.items()
            if manifest and manifest.inputs["settings"]["number"] == 22
        ]
        whole = Whole.read(folder).files if (folder / Whole.FILE).exists() else None
        stale = whole is not None and whole != hashes(folder)
        outcomes = again()
        print(  # noqa: T201 (the output of this program)
            json.dumps(
                {
                    "killed": hit,
                    "damaged": damaged,
                    "finished": current,
                    "whole": whole is not None,
                    "stale": stale,
                    "ran": [outcome.stage for outcome in outcomes if outcome.ran],
                    "content": content(folder),
                    "left": sorted(p.name for p in (folder / ".stages").iterdir()),
                }
            )
        )
        if not hit:
            return


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
