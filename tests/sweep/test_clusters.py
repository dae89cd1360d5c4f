"""Clusters of batch systems, judged by the script that would be handed in."""

from __future__ import annotations

import pytest

from hawx_hw.errors import UserError
from hawx_hw.sweep import clusters
from hawx_hw.sweep.clusters import batch_cluster, connected


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("slurm", ("#SBATCH -p long", "#SBATCH -t 01:30:00", "#SBATCH --cpus-per-task=1")),
        ("lsf", ("#BSUB -q long", "#BSUB -W 01:30:00", "#BSUB -n 1")),
        ("sge", ("#$ -q long", "#$ -l h_rt=01:30:00")),
    ],
)
def test_the_job_script(name: str, lines: tuple[str, ...]) -> None:
    options = {"queue": "long", "walltime": "01:30:00", "memory": "3GB"}
    with batch_cluster(name, options) as cluster:
        script = cluster.job_script()
    for line in lines:
        assert line in script
    assert "distributed.cli.dask_worker" in script
    assert "--nthreads 1" in script
    assert "--memory-limit 2.79GiB" in script


def test_what_may_go_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match=r"There is no batch system 'pbs'.*slurm, lsf, sge"):
        batch_cluster("pbs")
    with pytest.raises(UserError, match=r"no option 'no_such_option'.*queue"):
        batch_cluster("slurm", {"no_such_option": 1})
    monkeypatch.setattr(clusters, "_TIMEOUT", 0.5)
    with (
        pytest.raises(UserError, match="scheduler does not answer"),
        connected(scheduler="tcp://127.0.0.1:1"),
    ):
        pass
    with (
        pytest.raises(ValueError, match=r"^scheduler and cluster must not both be given$"),
        connected(scheduler="tcp://127.0.0.1:1", cluster="slurm"),
    ):
        pass
    monkeypatch.setattr(clusters.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"pip install 'hawx_hw\[distributed\]'"), connected():
        pass
    with pytest.raises(UserError, match=r"dask-jobqueue is missing"):
        batch_cluster("slurm")
