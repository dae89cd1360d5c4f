"""Where Dask's workers are: on this machine, behind a scheduler's address, or in a batch system."""

from __future__ import annotations

import inspect
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib import util
from typing import TYPE_CHECKING, Any

from hawx_hw.errors import UserError
from hawx_hw.util.scratch import scratch_folder

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["CLUSTERS", "batch_cluster", "connected"]

#: Batch systems by name: the class of dask-jobqueue.
CLUSTERS = {"slurm": "SLURMCluster", "lsf": "LSFCluster", "sge": "SGECluster"}
#: Seconds that a scheduler has to answer.
_TIMEOUT = 10.0
_INSTALL = "Install it, with: pip install 'hawx_hw[distributed]'"


@contextmanager
def connected(
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    cluster: str | None = None,
    options: dict[str, Any] | None = None,
) -> Iterator[Client]:
    """A client of the requested workers; those that were started here are ended afterwards.

    Parameters
    ----------
    workers : int or None
        How many to start: processes here, one a core if left out, or jobs of a batch system, one if
        left out. An address has its own.
    scheduler : str or None
        Address of a Dask scheduler, such as ``tcp://host:8786``.
    cluster : str or None
        One of :data:`CLUSTERS`.
    options : dict or None
        See :func:`batch_cluster`.

    Raises
    ------
    UserError
        Dask is missing, or the scheduler does not answer.
    ValueError
        Both ``scheduler`` and ``cluster`` are given.
    """
    if scheduler and cluster:
        raise ValueError("scheduler and cluster must not both be given")
    if util.find_spec("distributed") is None:
        raise UserError("Dask is missing.", hint=_INSTALL)
    from distributed import Client, LocalCluster

    with ExitStack() as stack:
        if scheduler:
            try:
                client = Client(scheduler, timeout=_TIMEOUT)
            except (OSError, ValueError) as error:
                raise UserError(
                    f"The Dask scheduler does not answer: {error}",
                    where="--scheduler",
                    hint="Name an address such as tcp://host:8786.",
                ) from error
            yield stack.enter_context(client)
            return
        if cluster:
            made = stack.enter_context(batch_cluster(cluster, options))
            made.scale(workers or 1)
        else:
            made = stack.enter_context(
                LocalCluster(
                    n_workers=workers or os.cpu_count() or 1,
                    threads_per_worker=1,
                    processes=True,
                    dashboard_address=None,
                    local_directory=str(stack.enter_context(scratch_folder("dask"))),
                    # Dask's warnings of a slow machine are of no use to the user.
                    silence_logs="ERROR",
                )
            )
        yield stack.enter_context(Client(made))


def batch_cluster(name: str, options: dict[str, Any] | None = None) -> Any:
    """A cluster of dask-jobqueue, one core and one process a job.

    Parameters
    ----------
    name : str
        One of :data:`CLUSTERS`.
    options : dict or None
        Options of the cluster's class, such as ``queue``, ``walltime``, ``memory``, ``account``;
        the rest comes from Dask's configuration, ``~/.config/dask/jobqueue.yaml``.

    Raises
    ------
    UserError
        There is no such batch system, dask-jobqueue is missing, or there is no such option.
    """
    if name not in CLUSTERS:
        raise UserError(
            f"There is no batch system {name!r}.",
            where="--cluster",
            hint=f"It must be one of {', '.join(CLUSTERS)}.",
        )
    if util.find_spec("dask_jobqueue") is None:
        raise UserError("dask-jobqueue is missing.", hint=_INSTALL)
    import dask_jobqueue

    kind = getattr(dask_jobqueue, CLUSTERS[name])
    options_of_kind = _parameters(kind, kind.job_cls)
    for key in options or ():
        # Reported here: a cluster that fails half-made cannot be ended.
        if key not in options_of_kind:
            raise UserError(
                f"The batch system has no option {key!r}.",
                where="--option",
                hint=f"It must be one of {', '.join(sorted(options_of_kind))}.",
            )
    usual: dict[str, Any] = {"cores": 1, "processes": 1, "memory": "4GB"}
    # Another sweep may have its usual port.
    usual["scheduler_options"] = {"dashboard_address": ":0"}
    return kind(**{**usual, **(options or {})})


def _parameters(*kinds: type) -> set[str]:
    """Names of the arguments of classes and their base classes."""
    names: set[str] = set()
    for base in {base for kind in kinds for base in kind.__mro__}:
        if base.__module__.startswith("dask_jobqueue"):
            names |= set(inspect.signature(base).parameters)
    return names - {"args", "kwargs"}
