from pathlib import Path

from hawx_hw.util.locations import cache_folder, data_folders

REPOSITORY = Path(__file__).resolve().parents[2]


def test_order(monkeypatch, tmp_path):
    monkeypatch.setenv("HAWX_DATA", str(tmp_path / "given"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert data_folders() == [
        tmp_path / "given",
        REPOSITORY.parent / "shared" / "data",
        tmp_path / "cache" / "hawx_hw",
    ]


def test_without_settings(monkeypatch, tmp_path):
    monkeypatch.delenv("HAWX_DATA", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert data_folders()[1:] == [tmp_path / ".cache" / "hawx_hw"]


def test_a_relative_cache_is_ignored(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", "cache")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "hawx_hw"


def test_no_home(monkeypatch):
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)

    def nowhere():
        raise RuntimeError("no home")

    monkeypatch.setattr(Path, "home", nowhere)
    monkeypatch.delenv("HAWX_DATA", raising=False)
    assert cache_folder() is None
    assert len(data_folders()) == 1
