"""Technologies by name, by liberty file and by YAML, and what a user can get wrong."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import pytest

from hawx_hw.errors import UserError
from hawx_hw.technology import BUILT_IN, FAMILIES, FpgaFamily, Technology, load, load_any
from hawx_hw.technology import technology as technology_module
from hawx_hw.technology.memories import MacroMetrics
from hawx_hw.technology.memory_models import MEMORY_MODELS
from tests import material

LIBRARY = """library (small) {
  time_unit : "1ns"; capacitive_load_unit (1, pf); nom_voltage : 1.0;
  cell (INV) { area : 2; pin (A) { direction : input; capacitance : 0.001; }
    pin (Y) { direction : output; function : "!A"; } }
}
"""


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return folder


def test_generic45_is_at_hand() -> None:
    technology = load("generic45")
    assert technology.name == "generic45"
    assert technology.liberty.is_file()
    assert technology.digest == hashlib.sha256(technology.liberty.read_bytes()).hexdigest()
    assert len(technology.library.cells) == 25


def test_built_in_names() -> None:
    assert BUILT_IN == ("generic45", "ihp-sg13g2", "osu018", "osu035", "sky130hd")
    assert FAMILIES == ("ecp5", "ice40")


@pytest.mark.parametrize("name", ["osu018", "osu035"])
def test_qflow_technologies_load_or_name_their_package(name: str) -> None:
    installed = any(
        Path(f"{base}/share/qflow/tech/{name}/{name}_stdcells.lib").is_file()
        for base in ("/usr", "/usr/local")
    )
    if installed:
        assert load(name).library.cells["DFFPOSX1"].sequential
    else:
        with pytest.raises(UserError, match=f"apt-get install qflow-tech-{name}"):
            load(name)


def test_liberty_by_path_counts_from_the_base(tmp_path: Path) -> None:
    (tmp_path / "small.lib").write_text(LIBRARY)
    technology = load("small.lib", base=tmp_path)
    assert technology.name == "small"
    assert technology.liberty == tmp_path / "small.lib"
    assert technology.library.cells["INV"].area == 2


def test_packed_liberty_is_read_from_the_user_s_file_alone(tmp_path: Path, cache: Path) -> None:
    path = tmp_path / "small.lib.gz"
    path.write_bytes(gzip.compress(LIBRARY.encode(), mtime=0))
    first = load(str(path))
    assert first.name == "small"
    assert first.files == {"technology": path}
    assert first.digest == hashlib.sha256(LIBRARY.encode()).hexdigest()
    assert first.library.cells["INV"].area == 2
    path.write_bytes(gzip.compress(LIBRARY.replace("2;", "3;").encode(), mtime=0))
    second = load(str(path))
    assert second.library.cells["INV"].area == 3
    assert "area : 3;" in second.tool_text()
    assert second.digest != first.digest
    assert not cache.exists()


def test_technology_yaml_takes_the_first_file_that_exists(tmp_path: Path) -> None:
    (tmp_path / "second.lib").write_text(LIBRARY)
    path = tmp_path / "mine.yaml"
    path.write_text("name: mine\nliberty: [first.lib, second.lib]\n")
    technology = load("mine.yaml", base=tmp_path)
    assert technology.name == "mine"
    assert technology.liberty == tmp_path / "second.lib"


def test_the_files_that_a_technology_is_read_from(tmp_path: Path) -> None:
    text = load("generic45").liberty.read_bytes()
    packed = tmp_path / "own.lib.gz"
    packed.write_bytes(gzip.compress(text))
    described = tmp_path / "own.yaml"
    described.write_text("name: own\nliberty: own.lib.gz\n", encoding="utf-8")
    assert load(str(packed)).inputs == {"technology": packed}
    assert load(str(described)).inputs == {
        "technology": packed,
        "technology (own.yaml)": described,
    }


def test_unknown_name() -> None:
    with pytest.raises(
        UserError, match=r"Unknown technology 'generic90'.*generic45, ihp-sg13g2.*ecp5"
    ):
        load("generic90")


def test_missing_liberty_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no liberty file 'none\.lib'"):
        load("none.lib", base=tmp_path)


def test_missing_file_of_a_yaml_says_how_to_get_it(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("name: mine\nliberty: none.lib\ninstall: Ask the foundry.\n")
    with pytest.raises(UserError, match=r"'mine' is missing\. Ask the foundry\."):
        load(str(path))


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("- a list\n", "", "must be a mapping"),
        ("name: mine\n", "", "key liberty is missing"),
        ("name: a\nliberty: b.lib\ncolor: red\n", ":3: color", "There is no such key"),
        ("name: a\nliberty: b.lib\nclock_mhz: fast\n", ":3: clock_mhz", "must be a valid number"),
        ("name: a\nliberty: b.lib\nsupply: -1\n", ":3: supply", "greater than 0"),
        (
            "name: a\nliberty: [b.lib]\nmemories:\n  model:\n    cell_um: 2\n",
            ":5: memories.model.cell_um",
            "There is no such key. Did you mean cell_um2",
        ),
        (
            "name: a\nliberty: b.lib\nmemories:\n  macros:\n    - {kind: ram}\n",
            ":5: memories.macros.0.kind",
            "hawx_rom",
        ),
        (
            "name: a\nliberty: b.lib\nmemory_model: sram\n",
            ":3: memory_model",
            "must be 'published', 'cacti' or 'scaled', not 'sram'",
        ),
        (
            "name: a\nliberty: b.lib\nmemory_model: cacti\nmemories:\n  model:\n"
            "    read_fixed_pj: 2.0\n",
            ":4: memories",
            r"cacti interpolates .* model states read_fixed_pj: leave .* published or scaled\.?$",
        ),
        (
            "name: a\nliberty: b.lib\nmemories:\n  macros:\n    - {kind: hawx_sp_ram, width: 8, "
            "depth: 8,\n       area: 1, read_energy_pj: 1, leakage_uw: 0}\n",
            ":5: memories.macros.0",
            "write_energy_pj of hawx_sp_ram, which is written, must be stated and positive",
        ),
        (
            "name: a\nliberty: b.lib\nmemories:\n  macros:\n    - {kind: hawx_rom, width: 8, "
            "depth: 8,\n       area: 1, read_energy_pj: 1, write_energy_pj: 1, leakage_uw: 0}\n",
            ":6: memories.macros.0.write_energy_pj",
            "write_energy_pj of hawx_rom, which is not written, must be left out or 0",
        ),
        ("name: a\nfamily: virtex\n", ":2: family", "ecp5"),
        ("name: [\n", ":2", "not YAML"),
    ],
)
def test_damaged_yaml_is_named(tmp_path: Path, text: str, where: str, what: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(UserError, match=what) as caught:
        load(str(path))
    assert caught.value.where == f"{path}{where}"


def test_built_in_technologies_state_their_memory_model() -> None:
    assert load("generic45").memory_model == "published"
    assert load("generic45").memories.name == "published"
    folder = Path(technology_module.__file__).parent / "libraries"
    for name in set(BUILT_IN) - {"generic45"}:
        assert "\nmemory_model: scaled\n" in (folder / f"{name}.yaml").read_text("utf-8")


def own(folder: Path, text: str) -> Technology:
    """A technology of the user's own with the lines ``text``."""
    (folder / "small.lib").write_text(LIBRARY)
    (folder / "mine.yaml").write_text(f"name: mine\nliberty: small.lib\nsupply: 1.1\n{text}")
    return load("mine.yaml", base=folder)


@pytest.mark.parametrize(
    ("feature", "default"), [(22, "published"), (65, "published"), (90, "scaled")]
)
def test_the_default_model_goes_by_the_node(tmp_path: Path, feature: int, default: str) -> None:
    technology = own(tmp_path, f"memories: {{model: {{feature_nm: {feature}}}}}\n")
    assert technology.memory_model == technology.memories.name == default
    assert technology.memories.source == (
        f"memory model {default}, scaled to {feature} nm and 1.1 V (assumed)"
    )


def test_a_library_without_a_yaml_has_a_default_model(tmp_path: Path) -> None:
    own(tmp_path, "")
    technology = load("small.lib", base=tmp_path)
    # An inverter of 2 um2.
    assert technology.memory_model == "scaled"
    assert "node guessed from the smallest inverter" in technology.memories.source


def test_a_yaml_names_its_memory_model(tmp_path: Path) -> None:
    node = "memories: {model: {feature_nm: 45}}\n"
    default = own(tmp_path, node)
    energies = {default.fingerprint: default.memories.array("hawx_rom", 64, 1024).read_energy_fj}
    for name in MEMORY_MODELS:
        technology = own(tmp_path, f"memory_model: {name}\n{node}")
        assert technology.memory_model == name
        assert technology.memories == technology.memory_models[name]
        energies[technology.fingerprint] = technology.memories.array(
            "hawx_rom", 64, 1024
        ).read_energy_fj
    assert list(energies.values()) == pytest.approx([10130.4, 10130.4, 3400.0, 27842.0], rel=1e-3)


def test_stated_energies_are_those_of_the_named_model_alone(tmp_path: Path) -> None:
    technology = own(
        tmp_path,
        "memory_model: published\nmemories:\n  model: {feature_nm: 45, read_fixed_pj: 0.5, "
        "read_bit_pj: 0.01, read_column_pj: 0, second_port_read: 2, register_bit: 4}\n",
    )
    read = technology.memories.array("hawx_sp_ram", 100, 1024).read_energy_fj
    assert read == pytest.approx(1500.0)
    assert technology.memories.array("hawx_sdp_ram", 100, 1024).read_energy_fj == 2 * read
    assert technology.memories.source == (
        "memory model published; of the technology: read_bit_pj, read_column_pj, read_fixed_pj, "
        "register_bit, second_port_read"
    )
    scaled = technology.memory_models["scaled"]
    assert scaled.coefficients.read_fixed_pj == pytest.approx(1.207, rel=0.01)
    assert scaled.coefficients.register_bit == 4.0
    assert scaled.source.endswith("; of the technology: register_bit")


def test_a_stated_macro_wins_over_every_model(tmp_path: Path) -> None:
    technology = own(
        tmp_path,
        "memory_model: cacti\nmemories:\n  macros:\n    - {kind: hawx_sp_ram, width: 64, "
        "depth: 1024, area: 3, read_energy_pj: 5, write_energy_pj: 6, leakage_uw: 1}\n",
    )
    for model in technology.memory_models.values():
        assert model.metrics("hawx_sp_ram", 64, 1024).read_energy_fj == 5000.0
        assert model.metrics("hawx_sp_ram", 64, 1025).read_energy_fj != 5000.0


def test_a_macro_that_stands_twice(tmp_path: Path) -> None:
    macro = "{kind: hawx_rom, width: 8, depth: 4, area: 1, read_energy_pj: 1, leakage_uw: 0}"
    path = tmp_path / "mine.yaml"
    path.write_text(f"name: a\nliberty: b.lib\nmemories:\n  macros: [{macro}, {macro}]\n")
    with pytest.raises(UserError, match="hawx_rom of 8 x 4 stands here twice"):
        load(str(path))


def test_what_a_yaml_says(tmp_path: Path) -> None:
    (tmp_path / "small.lib").write_text(LIBRARY)
    path = tmp_path / "mine.yaml"
    plain = "name: mine\nliberty: small.lib\n"
    path.write_text(plain)
    first = load(str(path))
    assert (first.supply, first.clock_mhz) == (1.0, 100.0)
    path.write_text(
        plain + "supply: 0.9\nclock_mhz: 250\nmemories:\n"
        "  model: {feature_nm: 65, fixed_um2: 7}\n"
        "  macros:\n    - {kind: hawx_rom, width: 8, depth: 4, area: 3, read_energy_pj: 0.5,\n"
        "       leakage_uw: 0.25, source: data sheet}\n"
    )
    technology = load(str(path))
    assert (technology.supply, technology.clock_mhz) == (0.9, 250.0)
    assert technology.memories.coefficients.fixed_um2 == 7.0
    assert technology.memories.coefficients.cell_um2 == pytest.approx(2.9 / 4)
    assert technology.memories.metrics("hawx_rom", 8, 4) == MacroMetrics(
        3.0, 500.0, 0.0, 250.0, "stated: data sheet"
    )
    assert technology.digest == first.digest
    assert technology.fingerprint != first.fingerprint


def test_environment_variables_and_own_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kit, own = tmp_path / "kit", tmp_path / "own"
    kit.mkdir()
    own.mkdir()
    (kit / "small.lib").write_text(LIBRARY)
    (own / "mine.yaml").write_text("name: mine\nliberty: [$MY_KIT/small.lib, other.lib]\n")
    monkeypatch.delenv("MY_KIT", raising=False)
    with pytest.raises(UserError, match="Unknown technology 'mine'"):
        load("mine")
    monkeypatch.setenv("HAWX_TECHNOLOGY", f"{tmp_path / 'none'}:{own}")
    with pytest.raises(UserError, match="liberty file of technology 'mine' is missing"):
        load("mine")
    monkeypatch.setenv("MY_KIT", str(kit))
    assert load("mine").liberty == kit / "small.lib"
    monkeypatch.delenv("MY_KIT")
    (own / "other.lib").write_text(LIBRARY)
    assert load("mine").liberty == own / "other.lib"


@pytest.mark.parametrize(
    ("name", "cell", "supply"),
    [("ihp-sg13g2", "sg13g2_inv_1", 1.2), ("sky130hd", "sky130_fd_sc_hd__inv_1", 1.8)],
)
def test_open_kits_where_present(
    name: str, cell: str, supply: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HAWX_TECHNOLOGY", str(material.material("technology")))
    technology = load(name)
    assert technology.library.cells[cell].area > 0
    assert technology.supply == technology.library.voltage == supply
    known = {
        "ihp-sg13g2": ("hawx_sp_ram", 8, 1024, 49419.2448),
        "sky130hd": ("hawx_sdp_ram", 32, 256, 479.78 * 397.5),
    }
    *shape, area = known[name]
    assert technology.memories.metrics(*shape).area == pytest.approx(area)


def test_open_kits_say_how_to_get_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PDK_ROOT", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("HAWX_TECHNOLOGY", raising=False)
    if Path("/usr/share/pdk").exists() or Path("/usr/local/share/pdk").exists():
        pytest.skip("a kit is installed for all users")
    for name in ("ihp-sg13g2", "sky130hd"):
        with pytest.raises(UserError, match=r"is missing\. .*HAWX_TECHNOLOGY"):
            load(name)


def test_families_are_known_and_no_technologies() -> None:
    assert load_any("ecp5") == FpgaFamily("ecp5", "ecp5")
    assert load_any("ice40") == FpgaFamily("ice40", "ice40")
    with pytest.raises(UserError, match=r"'ecp5' is an FPGA family.*generic45"):
        load("ecp5")


def test_damaged_archive_is_named(tmp_path: Path, cache: Path) -> None:
    path = tmp_path / "small.lib.gz"
    path.write_bytes(gzip.compress(LIBRARY.encode())[:-9])
    with pytest.raises(UserError, match="is damaged") as caught:
        _ = load(str(path)).library
    assert caught.value.where == str(path)
    with pytest.raises(UserError, match="is damaged"):
        _ = load(str(path)).digest
    assert not cache.exists()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", ""),
        ("not liberty at all", ":1"),
        ("\n\nlibrary (a) { cell (b) {", ":3"),
        ("library (empty) { }", ""),
    ],
)
@pytest.mark.parametrize("name", ["odd.lib", "odd.lib.gz"])
def test_what_is_no_liberty_is_named(tmp_path: Path, name: str, text: str, line: str) -> None:
    path = tmp_path / name
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    with pytest.raises(UserError) as caught:
        _ = load(str(path)).library
    assert caught.value.where == f"{path}{line}"


def write_parts(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "inverters.lib").write_text(LIBRARY)
    (folder / "buffers.lib.gz").write_bytes(
        gzip.compress(LIBRARY.replace("INV", "BUF").replace("!A", "A").encode())
    )
    (folder / "readme.txt").write_text("of one corner")


@pytest.mark.parametrize("name", ["kit/typical", "kit.lib", "kit"])
def test_the_files_in_a_folder_are_one_library(tmp_path: Path, name: str) -> None:
    write_parts(tmp_path / name)
    technology = load(name, base=tmp_path)
    assert technology.name == Path(name).stem
    assert sorted(technology.library.cells) == ["BUF", "INV"]
    assert technology.files == {
        "technology": tmp_path / name / "buffers.lib.gz",
        "technology 2": tmp_path / name / "inverters.lib",
    }
    first = technology.digest
    (tmp_path / name / "inverters.lib").write_text(LIBRARY.replace("2;", "3;"))
    assert load(name, base=tmp_path).digest != first


def test_a_folder_without_liberty_files(tmp_path: Path) -> None:
    (tmp_path / "kit").mkdir()
    with pytest.raises(UserError, match=r"no name in it ends in \.lib or \.lib\.gz") as caught:
        load("kit", base=tmp_path)
    assert caught.value.where == str(tmp_path / "kit")


def test_a_known_name_is_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_parts(tmp_path / "generic45")
    monkeypatch.chdir(tmp_path)
    assert len(load("generic45").library.cells) == 25


@pytest.mark.parametrize(
    "places", ["kit", "[none.lib, kit]", "[[kit/inverters.lib, kit/buffers.lib.gz], kit]"]
)
def test_a_yaml_names_folders_or_files_together(tmp_path: Path, places: str) -> None:
    write_parts(tmp_path / "kit")
    (tmp_path / "mine.yaml").write_text(f"name: mine\nliberty: {places}\n")
    technology = load("mine.yaml", base=tmp_path)
    assert sorted(technology.library.cells) == ["BUF", "INV"]
    assert len(technology.files) == 2


def test_files_together_must_all_be_there(tmp_path: Path) -> None:
    write_parts(tmp_path / "kit")
    (tmp_path / "mine.yaml").write_text("name: mine\nliberty: [[kit/inverters.lib, none.lib]]\n")
    with pytest.raises(UserError, match="'mine' is missing") as caught:
        load("mine.yaml", base=tmp_path)
    assert caught.value.where == "kit/inverters.lib with none.lib"


@pytest.mark.parametrize("places", ["[]", "[[]]"])
def test_no_place_is_refused(tmp_path: Path, places: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(f"name: mine\nliberty: {places}\n")
    with pytest.raises(UserError) as caught:
        load(str(path))
    assert str(caught.value.where).startswith(f"{path}:2: liberty")


def test_what_is_assumed_or_left_out_is_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "small.lib"
    more = LIBRARY.replace("cell (", "cell (RAM) { bus (A) { } }  cell (", 1)
    path.write_text(more.replace("nom_voltage : 1.0;", ""))
    technology = load(str(path))
    with pytest.warns(UserWarning) as caught:
        assert technology.supply == 1.0
    assert [str(warning.message) for warning in caught] == [
        f"{path}: 1 cell left out: RAM (line 3: it has a bus: several bits).",
        f"{path}: The library states no supply; 1 V is taken.",
    ]


def test_a_stated_supply_needs_no_warning_and_reaches_the_tools(tmp_path: Path) -> None:
    (tmp_path / "small.lib").write_text(LIBRARY.replace("nom_voltage : 1.0;", ""))
    (tmp_path / "mine.yaml").write_text("name: mine\nliberty: small.lib\nsupply: 0.9\n")
    technology = load("mine.yaml", base=tmp_path)
    assert technology.library.cells
    assert "  nom_voltage : 0.9;\n" in technology.tool_text()


@pytest.mark.parametrize("more", ["", "memories: {model: {feature_nm: 65}}\n"])
def test_an_inverter_without_area(tmp_path: Path, more: str) -> None:
    path = tmp_path / "small.lib"
    path.write_text(LIBRARY.replace("area : 2", "area : 0"))
    (tmp_path / "mine.yaml").write_text(f"name: mine\nliberty: small.lib\n{more}")
    with pytest.raises(UserError, match="Cell INV of library 'small' has no area") as caught:
        _ = load("mine.yaml", base=tmp_path).memories
    assert caught.value.where == str(path)


def test_a_path_from_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "mine.yaml").write_text("name: mine\nfamily: ecp5\n")
    assert load_any("~/mine.yaml", base=Path("/elsewhere")).name == "mine"


@pytest.mark.parametrize("end", ["", ".lib", ".yaml"])
def test_names_of_nothing(tmp_path: Path, end: str) -> None:
    with pytest.raises(UserError, match="There is no user for the ~ of '~nosuchuser"):
        load_any(f"~nosuchuser{end}")
    with pytest.raises(UserError, match="A name in a path has at most 255 bytes"):
        load_any(f"{'a' * 300}{end}")
    path = tmp_path / "mine.yaml"
    path.write_text("name: mine\nliberty: ~nosuchuser/x.lib\n")
    with pytest.raises(UserError, match="There is no user for the ~ of '~nosuchuser"):
        load_any(str(path))
