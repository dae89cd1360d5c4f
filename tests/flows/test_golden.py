"""The comparison with golden files itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.flows.golden import RENEW, assert_golden


@pytest.fixture
def written(tmp_path: Path) -> Path:
    folder = tmp_path / "written"
    (folder / "rtl").mkdir(parents=True)
    (folder / "config.mk").write_bytes(b"export A = 1\nexport B = 2\n")
    (folder / "rtl" / "top.v").write_bytes(b"module top; endmodule\n")
    return folder


@pytest.fixture
def golden(tmp_path: Path, written: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "golden"
    monkeypatch.setenv(RENEW, "1")
    with pytest.raises(pytest.skip.Exception, match="anew"):
        assert_golden(written, "it", ("*.mk",), golden=folder)
    monkeypatch.delenv(RENEW)
    return folder


def test_equal_files_pass(written: Path, golden: Path) -> None:
    assert_golden(written, "it", ("*.mk",), golden=golden)


def test_renewing_removes_files_of_before(
    written: Path, golden: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (golden / "it" / "old.mk").write_bytes(b"")
    with pytest.raises(AssertionError, match=r"old\.mk is missing"):
        assert_golden(written, "it", ("*.mk",), golden=golden)
    monkeypatch.setenv(RENEW, "1")
    with pytest.raises(pytest.skip.Exception):
        assert_golden(written, "it", ("*.mk",), golden=golden)
    assert not (golden / "it" / "old.mk").exists()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"export A = 1\nexport B = 3\n", "+export B = 3"),
        (b"export A = 1\nexport B = 2", "+export B = 2"),
        (b"export A = 1\r\nexport B = 2\n", "+export A = 1\\r\\n"),
    ],
    ids=["line", "no line feed at the end", "carriage return"],
)
def test_a_changed_file_fails_with_a_diff(
    content: bytes, expected: str, written: Path, golden: Path
) -> None:
    (written / "config.mk").write_bytes(content)
    with pytest.raises(AssertionError) as error:
        assert_golden(written, "it", ("*.mk",), golden=golden)
    assert expected in str(error.value)
    assert "--- expected/config.mk" in str(error.value)


def test_a_file_that_is_not_compared_counts_by_its_name(written: Path, golden: Path) -> None:
    (written / "rtl" / "top.v").write_bytes(b"module other; endmodule\n")
    assert_golden(written, "it", ("*.mk",), golden=golden)
    (written / "rtl" / "top.v").rename(written / "rtl" / "other.v")
    with pytest.raises(AssertionError, match=r"\+rtl/other\.v"):
        assert_golden(written, "it", ("*.mk",), golden=golden)


def test_without_expected_files_nothing_passes(written: Path, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"config\.mk is new"):
        assert_golden(written, "none", ("*.mk",), golden=tmp_path / "nowhere")


def test_a_pattern_that_matches_nothing_fails(written: Path, golden: Path) -> None:
    with pytest.raises(AssertionError, match=r"no files \*\.sdc"):
        assert_golden(written, "it", ("*.mk", "*.sdc"), golden=golden)
