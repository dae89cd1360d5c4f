from dataclasses import replace

import numpy as np
import pytest

from hawx_hw.architectures.base import Debugging, DebugStep
from hawx_hw.verification.job import SCENARIOS, LayerTrace, load_job, save_job


def test_a_saved_job_comes_back(tmp_path, make_job):
    job = make_job(loadable=True, images=3, traced=1, scenarios=("inference", "reset"), seed=9)
    again = load_job(save_job(job, tmp_path / "deep" / "folder"))
    for name in ("name", "cycles", "registers", "parameters", "seed", "scenarios", "traced"):
        assert getattr(again, name) == getattr(job, name), name
    for name in ("images", "results"):
        np.testing.assert_array_equal(getattr(again, name), getattr(job, name))
    assert len(again.layers) == len(job.layers)
    for seen, expected in zip(again.layers, job.layers, strict=True):
        assert (seen.name, seen.cycles) == (expected.name, expected.cycles)
        for name in ("address", "data", "place", "channels"):
            np.testing.assert_array_equal(getattr(seen, name), getattr(expected, name))


def test_counts(make_job):
    job = make_job(images=5, traced=2)
    assert job.traced == 2
    assert job.core_cycles == sum(layer.cycles for layer in job.layers)
    assert job.scenarios == SCENARIOS


def test_wrong_jobs(make_job):
    good = make_job()
    with pytest.raises(ValueError, match=r"^Job images must be uint8 of shape \(images, bytes\)$"):
        replace(good, images=good.images.view(np.int8))
    with pytest.raises(ValueError, match=r"^Job must have one result an image, not 2 for 6$"):
        replace(good, results=good.results[:2])
    with pytest.raises(ValueError, match=r"^Scenario must be one of .*, not 'hope'$"):
        replace(good, scenarios=("hope",))
    with pytest.raises(ValueError, match=r"^Job must not trace more images than it has$"):
        replace(good, images=good.images[:1], results=good.results[:1])


def test_wrong_traces():
    address, place = np.arange(3), np.zeros((3, 2), np.int32)
    channels = np.zeros((3, 4), np.int32)
    with pytest.raises(ValueError, match=r"^Trace of 'a' must have uint8 data"):
        LayerTrace("a", 1, address, np.zeros((1, 2, 4), np.uint8), place, channels)
    with pytest.raises(ValueError, match=r"^Trace of 'a' must have a place"):
        LayerTrace("a", 1, address, np.zeros((1, 3, 4), np.uint8), place[:2], channels)
    with pytest.raises(ValueError, match=r"^Trace of 'a' must have a channel for every code"):
        LayerTrace("a", 1, address, np.zeros((1, 3, 4), np.uint8), place, channels[:, :3])


def test_debugging_is_kept(make_job, tmp_path):
    debugging = Debugging((DebugStep(1, ((5, 7), (6, 0xFFFFFFFF))), DebugStep(0, ())), ((9, 4),))
    job = make_job(images=1, scenarios=("watchdog", "debug"), debugging=debugging)
    assert load_job(save_job(job, tmp_path)).debugging == debugging
    assert load_job(save_job(make_job(images=1), tmp_path)).debugging is None
    with pytest.raises(ValueError, match="Job must have debugging for the scenario 'debug'"):
        make_job(images=1, scenarios=("debug",))
