"""Starts the tools of a flow in its folder, with a limit and a log each."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from hawx_hw.flows.base import FlowError
from hawx_hw.util.processes import Finished, TimeLimitError, run

__all__ = ["Runner"]

#: Of a failed tool's output that its error repeats.
_LAST_LINES = 5


class Runner:
    """Runs the tools of one flow.

    Parameters
    ----------
    folder : Path
        Of the flow; tools work here, and logs are written here.
    limit : float
        Seconds that each tool may take.
    progress : callable or None
        Gets the name of the tool that starts.
    """

    def __init__(self, folder: Path, limit: float, progress: Callable[[str], object] | None = None):
        self._folder = folder
        self._limit = limit
        self._progress = progress or (lambda tool: None)
        #: Seconds that tools have run.
        self.seconds = 0.0

    @contextmanager
    def working(self, tool: str) -> Iterator[None]:
        """Count the time of a block as that of a tool, which another part of hawx starts."""
        self._progress(tool)
        start = time.monotonic()
        try:
            yield
        except TimeLimitError as error:
            raise FlowError(str(error)) from error
        finally:
            self.seconds += time.monotonic() - start

    def run(
        self,
        command: Sequence[str],
        *,
        tool: str,
        log: str | None = None,
        accepted: Sequence[int] = (0,),
        variables: Mapping[str, str] | None = None,
        folder: str = ".",
        limit: float | None = None,
    ) -> Finished:
        """Run a tool to its end.

        Parameters
        ----------
        command : sequence of str
            Paths in it are relative to ``folder``.
        tool : str
            Its name in messages.
        log : str or None
            Name of the file with all that it writes; ``<tool>.log`` where it is left out.
        accepted : sequence of int
            Exit statuses that are no failure; the caller judges what was written.
        variables : mapping of str to str or None
            Environment variables, besides those of this process.
        folder : str
            Where it works, in the flow's folder.
        limit : float or None
            Seconds, where it is another than the flow's.

        Raises
        ------
        FlowError
            It ended with another status, with its last lines and the log's path; or took too long.
        ToolMissingError
            It cannot be started.
        """
        path = self._folder / (log or f"{tool.replace(' ', '_')}.log")
        with self.working(tool):
            done = run(
                command,
                tool=tool,
                limit=self._limit if limit is None else limit,
                folder=self._folder / folder,
                temporary=self._folder / folder,
                variables=variables,
                log=path,
                hint=f"Its log is {path}; HAWX_TIME_LIMITS=4 allows four times as long.",
            )
        if done.status not in accepted:
            raise FlowError(f"{tool} {done.ending}: {last_lines(done.output)} (log: {path})")
        return done


def last_lines(text: str) -> str:
    """The end of a tool's output, as a part of a sentence."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return " / ".join(lines[-_LAST_LINES:]) or "it wrote nothing"
