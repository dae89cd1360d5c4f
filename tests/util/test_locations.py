"""Each variable and each folder of the cache, and that no other module has its own."""

import re
from pathlib import Path

import pytest

import hawx_hw
from hawx_hw.errors import UserError
from hawx_hw.util import locations
from hawx_hw.util.locations import (
    CACHES,
    VARIABLES,
    cache_folder,
    data_folders,
    predictors_folder,
    required_cache_folder,
    store_file,
    technology_folders,
    time_limit_factor,
)

PACKAGE = Path(hawx_hw.__file__).parent
#: Variables between processes of ours, and those that tools put into lists of files.
INTERNAL = {"HAWX_JOB", "HAWX_KIT", "HAWX_REPORT", "HAWX_RTL", "HAWX_TB"}


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    for name in (*VARIABLES, "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def no_home(monkeypatch):
    monkeypatch.setattr("os.path.expanduser", lambda path: path)


@pytest.mark.parametrize(
    ("variables", "folder"),
    [
        ({}, "{home}/.cache/hawx_hw"),
        ({"XDG_CACHE_HOME": "{home}/xdg"}, "{home}/xdg/hawx_hw"),
        ({"XDG_CACHE_HOME": "relative"}, "{home}/.cache/hawx_hw"),
        ({"HAWX_CACHE": "{home}/own", "XDG_CACHE_HOME": "{home}/xdg"}, "{home}/own"),
        ({"HAWX_CACHE": "~/own"}, "{home}/own"),
    ],
)
def test_the_cache(monkeypatch, home, variables, folder):
    for name, value in variables.items():
        monkeypatch.setenv(name, value.format(home=home))
    assert cache_folder() == Path(folder.format(home=home))
    assert cache_folder("kernels") == cache_folder() / "kernels"
    assert required_cache_folder("kernels") == cache_folder("kernels")


@pytest.mark.parametrize(
    ("variables", "folder"),
    [
        ({"HOME": "{home}/missing"}, None),
        ({"HOME": "{home}/missing", "XDG_CACHE_HOME": "{home}/xdg"}, "{home}/xdg/hawx_hw"),
        ({"HOME": "{home}/missing", "HAWX_CACHE": "{home}/own"}, "{home}/own"),
    ],
)
def test_a_home_that_does_not_exist(monkeypatch, home, variables, folder):
    """It is not made for a cache."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value.format(home=home))
    assert cache_folder() == (folder and Path(folder.format(home=home)))


@pytest.mark.parametrize("variable", ["HAWX_CACHE", "HAWX_DATA", "HAWX_STORE", "HAWX_TECHNOLOGY"])
def test_a_home_of_nobody(monkeypatch, variable):
    monkeypatch.setenv(variable, "~nosuchuser/own")
    with pytest.raises(UserError, match=rf"{variable}: There is no home folder for '~nosuchuser/"):
        _ = data_folders(), store_file(), technology_folders()


def test_a_relative_own_cache_counts_from_the_working_directory(monkeypatch, home):
    monkeypatch.chdir(home)
    monkeypatch.setenv("HAWX_CACHE", "own")
    assert cache_folder() == home / "own"


def test_only_listed_folders_are_in_the_cache():
    with pytest.raises(
        ValueError, match=r"kind must be one of blocks, environments, fpga, images, .*, not 'other'"
    ):
        cache_folder("other")


def test_data_folders(monkeypatch, home):
    assert data_folders() == [home / ".cache" / "hawx_hw"]
    monkeypatch.setenv("HAWX_DATA", "~/given")
    assert data_folders() == [home / "given", home / ".cache" / "hawx_hw"]


def test_predictors(monkeypatch, home):
    assert predictors_folder() is None
    monkeypatch.setenv("HAWX_PREDICTORS", "~/own")
    assert predictors_folder() == home / "own"


def test_the_store(monkeypatch, home):
    assert store_file() == home / ".cache" / "hawx_hw" / "synthesis.sqlite"
    monkeypatch.chdir(home)
    monkeypatch.setenv("HAWX_STORE", "own.sqlite")
    assert store_file() == home / "own.sqlite"


def test_technologies(monkeypatch, home):
    assert technology_folders() == []
    monkeypatch.setenv("HAWX_TECHNOLOGY", f"/first::{home}/second:~/third")
    assert technology_folders() == [Path("/first"), home / "second", home / "third"]


def test_no_home(no_home):
    assert cache_folder() is None
    assert cache_folder("kernels") is None
    assert data_folders() == []
    assert store_file() is None
    with pytest.raises(UserError) as caught:
        required_cache_folder("blocks")
    assert str(caught.value) == (
        "There is no folder for imported blocks: there is no home folder. Set HAWX_CACHE to a "
        "folder."
    )


def test_no_other_module_reads_variables_of_ours():
    read = re.compile(r"environ[^\n]*[\"'](HAWX_\w+|XDG_\w+)")
    for path in PACKAGE.rglob("*.py"):
        if path != Path(locations.__file__):
            assert not read.findall(path.read_text("utf-8")), path
            named = set(re.findall(r"\bHAWX_[A-Z]+\b", path.read_text("utf-8")))
            assert named <= {*VARIABLES, *INTERNAL, "HAWX_BLACKBOX"}, path


def test_every_variable_and_every_folder_is_documented():
    guide = (PACKAGE.parent / "docs" / "reference" / "runs.md").read_text("utf-8").replace("`", "")
    for name, meaning in (*VARIABLES.items(), *CACHES.items()):
        assert f"| {name} | {meaning} |" in guide


def test_the_factor_on_time_limits(monkeypatch):
    assert time_limit_factor() == 1
    monkeypatch.setenv("HAWX_TIME_LIMITS", "2.5")
    assert time_limit_factor() == 2.5


@pytest.mark.parametrize("given", ["0", "-1", "nan", "inf", "ten", "1" * 400])
def test_a_factor_that_is_none(monkeypatch, given):
    monkeypatch.setenv("HAWX_TIME_LIMITS", given)
    with pytest.raises(UserError, match="must be a number above 0") as caught:
        time_limit_factor()
    assert caught.value.where == "HAWX_TIME_LIMITS"
