"""Runs the stages of a config in order, and skips what is up to date."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hawx_hw.errors import UserError, VerificationError
from hawx_hw.pipeline.build_folder import BuildFolder, Manifest
from hawx_hw.pipeline.stage import Context, Ending, Outcome, Stage
from hawx_hw.util.code import code
from hawx_hw.util.files import FileSet, sha256_of
from hawx_hw.util.fingerprints import differences, json_hash
from hawx_hw.util.progress import Durations, ProgressDisplay
from hawx_hw.util.results import Header

if TYPE_CHECKING:
    from rich.console import Console

from hawx_hw.config.models import Config

__all__ = ["Pipeline"]

#: What a stage depends on, and how to call it; the first that changed is reported.
_REASONS = {
    "settings": "{}",
    "files": "{}",
    "stages": "the result of {}",
    "tools": "the version of {}",
    "code": "the program's {}",
}


class Pipeline:
    """Runs the stages of one config in its build folder.

    A stage is skipped if everything that it depends on is what it was, and its files are as it
    wrote them. A stage depends on the *content* of the files that it needs: one that ran again to
    the same result makes no later stage run.

    Parameters
    ----------
    config : Config
    folder : Path
        The build folder.
    stages : sequence of Stage
        In the order in which they run; each after those that it needs.
    console : Console
        Where progress is shown.
    base : Path
        The folder that the config's relative paths start from.
    ending : Ending or None
        None: a run ends with its last stage.
    describe : callable
        What a stage came to, in a few words; takes its name and the build folder.
    """

    def __init__(
        self,
        config: Config,
        folder: Path,
        stages: Sequence[Stage],
        console: Console,
        *,
        base: Path = Path(),
        ending: Ending | None = None,
        describe: Callable[[str, Path], str] = lambda stage, folder: "",
    ):
        self._config = config
        self._base = base
        self._settings: dict[str, Any] = config.model_dump(mode="json")
        self._folder = BuildFolder(folder.absolute())
        self._stages = {stage.name: stage for stage in stages}
        self._console = console
        self._ending = ending
        self._describe = describe
        known: set[str] = set()
        for stage in stages:
            if not known.issuperset(stage.needs):
                raise ValueError(
                    f"Stage {stage.name!r} must stand after {', '.join(sorted(stage.needs))}"
                )
            known.add(stage.name)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the stages, in order."""
        return tuple(self._stages)

    @property
    def durations(self) -> Durations:
        """How long each kind of work took the last time."""
        return Durations(self._folder.durations)

    def until(self, last: str) -> tuple[str, ...]:
        """All stages up to ``last``, in order."""
        return self.names[: self.names.index(last) + 1]

    def needed(self, *requested: str) -> tuple[str, ...]:
        """The stages that ``requested`` need, and themselves, in order."""
        needed = set(requested)
        for name in reversed(self.names):
            if name in needed:
                needed.update(self._stages[name].needs)
        return tuple(name for name in self.names if name in needed)

    def run(
        self, names: Sequence[str] | None = None, *, protected: Sequence[str] = ()
    ) -> list[Outcome]:
        """Bring stages up to date.

        Parameters
        ----------
        names : sequence of str or None
            Stages in order, with all that they need; None for all stages.
        protected : sequence of str
            Stages whose files, where somebody changed them, are refused and not written anew.

        Raises
        ------
        UserError
            What the user can fix; also if another run works in the folder, or files were changed
            while it used them.
        VerificationError
            Its stage's files are published all the same, so that the user can read what differs;
            the stage will run again.
        """
        names = self.names if names is None else names
        outcomes = []
        with ExitStack() as stack:
            stack.enter_context(self._folder.locked())
            progress = stack.enter_context(
                ProgressDisplay(self._console, Durations(self._folder.durations))
            )
            hashed: dict[Path | FileSet, str] = {}
            inputs = {name: self._inputs(self._stages[name], hashed) for name in names}
            finished: dict[str, Manifest] = {}
            for name in names:
                start = time.monotonic()
                stage = self._stages[name]
                inputs[name]["stages"] = _made_of(stage, finished)
                finished[name], ran = self._bring_up_to_date(
                    stage,
                    inputs[name],
                    progress,
                    protected=name in protected,
                    needed=[finished[needed] for needed in stage.needs],
                )
                outcomes.append(Outcome(name, ran, time.monotonic() - start))
            self._end(finished, hashed)
        return outcomes

    def _bring_up_to_date(
        self,
        stage: Stage,
        inputs: dict[str, Any],
        progress: ProgressDisplay,
        *,
        protected: bool,
        needed: Sequence[Manifest],
    ) -> tuple[Manifest, bool]:
        before = self._folder.manifest(stage.name)
        reason = self._reason(before, inputs)
        if before and reason is None:
            damaged = self._folder.damaged(before)
            if not damaged:
                progress.unchanged(stage.name)
                return before, False
            if protected:
                self._refuse_changed(stage.name, damaged)
            reason = f"{damaged[0]} is missing or was changed"
        self._check_unchanged(needed)
        if self._ending is not None:
            for file in (self._ending.file, *self._ending.removed):
                self._folder.remove(file)
        progress.begin(stage.name, reason or "")
        start = time.monotonic()
        with self._folder.staging(stage.name) as staging:
            context = Context(
                config=self._config,
                base=self._base,
                folder=self._folder.path,
                output=staging,
                scratch=self._folder.scratch(stage.name),
                progress=progress,
                header=Header(
                    stage=stage.name,
                    config=json_hash(self._reaching_settings(stage)),
                    versions=inputs["tools"],
                ),
            )
            try:
                with progress.task(stage.name, estimate=stage.estimate):
                    stage.run(context)
            except VerificationError:
                self._folder.publish(stage.name, staging, {})
                raise
            manifest = self._folder.publish(stage.name, staging, inputs)
        self._withdraw_outdated(stage.name, manifest)
        seconds = time.monotonic() - start
        # That a stage has never run needs no word.
        why = reason if before else None
        progress.end(stage.name, seconds, self._describe(stage.name, self._folder.path), why or "")
        return manifest, True

    def _end(self, finished: Mapping[str, Manifest], hashed: dict[Path | FileSet, str]) -> None:
        """Write the file of the ending."""
        if self._ending is not None:
            current = self._current(finished, hashed)
            result = self._ending.make(self._config, self._folder.path, current)
            result.write(self._folder.path)

    def current(self) -> tuple[str, ...]:
        """Stages whose files are up to date with the config, in order; nothing runs."""
        return self._current({}, {})

    def _current(
        self, finished: Mapping[str, Manifest], hashed: dict[Path | FileSet, str]
    ) -> tuple[str, ...]:
        """Stages that are up to date: those of this run, and of earlier ones as far as they are."""
        current = dict(finished)
        for name, stage in self._stages.items():
            manifest = self._folder.manifest(name)
            if name in current or manifest is None or not current.keys() >= set(stage.needs):
                continue
            try:
                inputs = self._inputs(stage, hashed)
            except UserError:
                # It could not run, for want of a tool or a file: what it depends on is not there.
                continue
            inputs["stages"] = _made_of(stage, current)
            if self._reason(manifest, inputs) is None and not self._folder.damaged(manifest):
                current[name] = manifest
        return tuple(name for name in self._stages if name in current)

    def _refuse_changed(self, name: str, damaged: Sequence[str]) -> None:
        """Refuse files that are there, but are not what the stage wrote."""
        for path in (self._folder.path / file for file in damaged):
            if path.exists():
                raise UserError(
                    f"This file is not what hawx {name} wrote.",
                    where=str(path),
                    hint=f"To write it anew, run: hawx {name} CONFIG",
                )

    def _check_unchanged(self, manifests: Iterable[Manifest]) -> None:
        for manifest in manifests:
            for file in self._folder.damaged(manifest):
                raise UserError(
                    "The file was changed or removed while this run used it.",
                    where=str(self._folder.path / file),
                    hint="Run the same command again.",
                )

    def _withdraw_outdated(self, name: str, manifest: Manifest) -> None:
        """Remove the results of later stages that were made from another result of stage ``name``.

        They would lie beside files that they do not belong to, if they are not made anew in this
        run.
        """
        for stage in self._stages.values():
            if name in stage.needs:
                recorded = self._folder.manifest(stage.name)
                used = recorded.inputs.get("stages", {}).get(name) if recorded else None
                if used != json_hash(manifest.outputs):
                    self._folder.withdraw(stage.name)
                    self._withdraw_outdated(stage.name, Manifest({}, {}))

    def _inputs(self, stage: Stage, hashed: dict[Path | FileSet, str]) -> dict[str, Any]:
        """What the stage depends on, but for the results of other stages."""
        stage.check(self._config, self._base)
        return {
            "code": code(stage.run.__module__, self._config.accelerator.architecture),
            "files": self._file_hashes(stage, hashed),
            "settings": self._reaching_settings(stage),
            "tools": dict(stage.tools(self._config, self._base)),
        }

    def _file_hashes(self, stage: Stage, hashed: dict[Path | FileSet, str]) -> dict[str, str]:
        """Hashes of a stage's files; what stages share is read once, into ``hashed``."""
        hashes = {}
        for key, path in stage.files(self._config, self._base).items():
            try:
                if path not in hashed:
                    hashed[path] = sha256_of(path)
                hashes[key] = hashed[path]
            except OSError as error:
                raise UserError(
                    f"The file cannot be read: {error.strerror or error}.", where=f"{key}: {path}"
                ) from error
        return hashes

    def _reason(self, before: Manifest | None, inputs: Mapping[str, Any]) -> str | None:
        """Why a stage must run, in words; None if nothing that it depends on changed."""
        if before is None:
            return "not finished before"
        if not before.inputs:
            return "failed before"
        for kind, words in _REASONS.items():
            changed = differences(before.inputs.get(kind, {}), inputs[kind])
            if changed:
                rest = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
                return f"{words.format(changed[0])}{rest} changed"
        return None

    def _reaching_settings(self, stage: Stage) -> dict[str, Any]:
        """The settings of the stage and of all that it needs, up to those that are sealed."""
        settings = self._own_settings(stage)
        reached = [*stage.needs]
        while reached:
            before = self._stages[reached.pop()]
            if not before.sealed:
                for key, value in self._own_settings(before).items():
                    settings[key] = _united(settings.get(key), value)
                reached += before.needs
        return dict(sorted(settings.items()))

    def _own_settings(self, stage: Stage) -> dict[str, Any]:
        if stage.section is not None and self._settings[stage.section] is None:
            return {stage.section: None}
        return {key: self._setting(key, stage.ignored) for key in stage.settings}

    def _setting(self, key: str, ignored: Sequence[str]) -> Any:
        value: Any = self._settings
        for part in key.split("."):
            value = None if value is None else value[part]
        inner = [name.removeprefix(f"{key}.") for name in ignored if name.startswith(f"{key}.")]
        return {k: v for k, v in value.items() if k not in inner} if inner else value


def _united(one: Any, other: Any) -> Any:
    """A setting of which two stages may each ignore some keys: those that either reads."""
    return {**one, **other} if isinstance(one, dict) and isinstance(other, dict) else other


def _made_of(stage: Stage, finished: Mapping[str, Manifest]) -> dict[str, str]:
    """Hashes of the results of the stages that a stage needs."""
    return {needed: json_hash(finished[needed].outputs) for needed in stage.needs}
