"""What is fuzzed: for each kind of input, how it is changed and which command reads it."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import shutil
import struct
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import torch

from hawx_hw.networks.tensor_file import unpack
from hawx_hw.util.damage import DAMAGED
from tests.fuzz import material
from tests.fuzz.images import write_images
from tests.fuzz.mutations import NESTED, ODD, mutated_bytes, mutated_text, mutated_tree

__all__ = ["TARGETS", "Target"]

#: What a command is called with after a change of the files in its folder.
Change = Callable[[Random, Path], Sequence[str]]

_DEPTH = 3000
_RUN = ("run", "tiny.yaml", "--until")


@dataclass(frozen=True)
class Target:
    """A kind of input.

    Parameters
    ----------
    project : str
        What the folder holds before: ``"plain"``, a config with its files; ``"built"``, one with
        the results of all stages.
    change : callable
        Changes files in a folder; returns the arguments of the command that reads them.
    real : tuple of str
        Stages that run in earnest.
    environment : mapping of str to str
        Variables that name files in the folder.
    weight : int
        How many inputs are tried, for one that takes long.
    """

    project: str
    change: Change
    real: tuple[str, ...] = ()
    environment: Mapping[str, str] | None = None
    weight: int = 1


def _written(rng: Random, path: Path, tree: Any) -> None:
    """Write a changed tree as YAML or JSON, or a good one with changed text or bytes."""
    kind = rng.randrange(8)
    if kind < 5:
        text = json.dumps(mutated_tree(rng, tree), indent=1, ensure_ascii=bool(rng.randrange(2)))
        text = text.replace(json.dumps(NESTED), "[" * _DEPTH + "]" * _DEPTH)
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
    elif kind < 7:
        text = mutated_text(rng, json.dumps(tree, indent=1) if rng.randrange(2) else _yaml(tree))
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
    else:
        path.write_bytes(mutated_bytes(rng, _yaml(tree).encode()))


def _yaml(tree: Any, indent: str = "") -> str:
    """Plain YAML of nested dicts and lists."""
    if isinstance(tree, dict):
        return "".join(_entry(f"{indent}{key}:", value, indent) for key, value in tree.items())
    return "".join(_entry(f"{indent}-", value, indent) for value in tree)


def _entry(head: str, value: Any, indent: str) -> str:
    if isinstance(value, dict | list) and value:
        return f"{head}\n{_yaml(value, indent + '  ')}"
    return f"{head} {json.dumps(value)}\n"


def _config(rng: Random, folder: Path) -> Sequence[str]:
    configs = (material.CONFIG, material.SEARCH_CONFIG, material.SIMT_CONFIG)
    _written(rng, folder / "tiny.yaml", rng.choice(configs))
    return (*_RUN, "power")


def _technology(rng: Random, folder: Path) -> Sequence[str]:
    _written(rng, folder / "kit.yaml", material.TECHNOLOGY)
    return (*_RUN, "power")


def _liberty(rng: Random, folder: Path) -> Sequence[str]:
    path = folder / "kit.lib"
    if rng.randrange(6):
        text = mutated_text(rng, material.LIBERTY)
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
    else:
        path.write_bytes(mutated_bytes(rng, material.LIBERTY.encode()))
    return (*_RUN, "power")


def _dataset(rng: Random, folder: Path) -> Sequence[str]:
    path = folder / "tiny.npz"
    _change_archive(rng, path)
    return (*_RUN, "quantize")


def _images(rng: Random, folder: Path) -> Sequence[str]:
    network = {**material.CONFIG["network"], "dataset": write_images(rng, folder)}
    network["calibration_images"] = 1
    network["reading"] = {"numbering": "in_order"} if not rng.randrange(6) else None
    if not rng.randrange(3):
        network["test"] = rng.choice(("images/c1", "tiny.npz", "images"))
    if not rng.randrange(2):
        network["preprocess"] = {"resize": [12, 13], "channels": "grey", "fit": "crop"}
    tree = {**material.CONFIG, "network": network}
    (folder / "tiny.yaml").write_text(json.dumps(tree), encoding="utf-8")
    return (*_RUN, "quantize")


def _change_archive(rng: Random, path: Path) -> None:
    """Change arrays of an .npz file, their headers, or its bytes."""
    members = {}
    with contextlib.suppress(*DAMAGED), zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    if not members or not rng.randrange(3):
        path.write_bytes(mutated_bytes(rng, path.read_bytes()))
        return
    name = rng.choice(sorted(members))
    change = rng.randrange(5)
    if change == 0:
        del members[name]
    elif change == 1:
        members[
            rng.choice(("x_test.npy", "y_test.npy", "classes.npy", "../x.npy", "layout.npy"))
        ] = members[name]
    elif change == 2:
        members[name] = mutated_bytes(rng, members[name])
    else:
        with contextlib.suppress(*DAMAGED):
            members[name] = _array(rng, members[name])
    with zipfile.ZipFile(path, "w") as archive:
        for member, content in members.items():
            archive.writestr(member, content)


def _array(rng: Random, content: bytes) -> bytes:
    """A .npy file of another type, shape, or range."""
    array = np.load(io.BytesIO(content))
    types = ("u1", "i1", "<i8", ">i4", "<f4", "<f8", "<f2", "<c8", "?", "<U3", "S2", "M8[D]", "u8")
    with np.errstate(all="ignore"):
        changes: Sequence[Callable[[], Any]] = (
            lambda: array.astype(rng.choice(types)),
            lambda: array[:0],
            lambda: array[: rng.randrange(5)],
            lambda: array[None],
            lambda: array.ravel(),
            lambda: array.T,
            lambda: array * 0,
            lambda: array.astype("<f8") / 0,
            lambda: array.astype("<i8") - 1000,
            lambda: array.astype("<i8") * 2**50,
            lambda: np.array(0),
            lambda: np.zeros((0, 3, 0)),
            lambda: np.zeros(3, dtype=[("a", "<i4")]),
        )
        stream = io.BytesIO()
        np.save(stream, rng.choice(changes)(), allow_pickle=False)
    return stream.getvalue()


def _checkpoint(rng: Random, folder: Path) -> Sequence[str]:
    path = folder / "tiny.safetensors"
    content, record = path.read_bytes(), folder / "tiny.json"
    if not rng.randrange(4):
        return _torch_checkpoint(rng, folder)
    kind = rng.randrange(6)
    if kind:
        # Its checksum would hide what comes after it.
        record.unlink()
    if kind == 0:
        _written(rng, record, json.loads(record.read_bytes()))
    elif kind == 1:
        path.write_bytes(mutated_bytes(rng, content))
    else:
        (length,) = struct.unpack("<Q", content[:8])
        header = json.loads(content[8 : 8 + length])
        if rng.randrange(3):
            header.pop("__metadata__", None)
        new = json.dumps(mutated_tree(rng, header)).encode()
        size = rng.choice((len(new), len(new), len(new), len(new) + 1, 0, 2**40, 2**64 - 1))
        path.write_bytes(struct.pack("<Q", size) + new + content[8 + length :])
    return (*_RUN, "quantize")


def _torch_checkpoint(rng: Random, folder: Path) -> Sequence[str]:
    """The weights as ``torch.save`` writes them, in its format of today or that of before."""
    config, record = folder / "tiny.yaml", folder / "tiny.json"
    config.write_text(config.read_text("utf-8").replace("tiny.safetensors", "tiny.pth"), "utf-8")
    record.unlink()
    state: Any = dict(unpack((folder / "tiny.safetensors").read_bytes())[0])
    if rng.randrange(2):
        state = {"epoch": 1, "state_dict": {f"module.{name}": each for name, each in state.items()}}
    stream = io.BytesIO()
    torch.save(state, stream, _use_new_zipfile_serialization=bool(rng.randrange(2)))
    (folder / "tiny.pth").write_bytes(mutated_bytes(rng, stream.getvalue()))
    return (*_RUN, "quantize")


def _records(rng: Random, folder: Path) -> Sequence[str]:
    """Change records and results; often so that the records agree with what was changed."""
    build = folder / "build" / "tiny"
    records = sorted((build / ".stages").glob("*.json"))
    results = [path for path in sorted(build.iterdir()) if path.suffix in (".json", ".npz")]
    results += [*sorted((build / "mem").iterdir())[:2], build / "rtl" / "filelist.f"]
    before = {path: _digest(path) for path in results}
    chosen = [rng.choice((*records, *results, *results)) for _ in range(rng.choice((1, 1, 2)))]
    for path in dict.fromkeys(chosen):
        if path.suffix == ".npz":
            _change_archive(rng, path)
        elif path.name in ("quantized.json", "assigned.json") and rng.randrange(4):
            _change_graph(rng, path)
        elif path.suffix == ".json":
            _written(rng, path, json.loads(path.read_bytes()))
        else:
            path.write_bytes(mutated_bytes(rng, path.read_bytes()))
    if rng.randrange(4):
        for record in records:
            content = record.read_bytes()
            for path, digest in before.items():
                content = content.replace(digest.encode(), _digest(path).encode())
            record.write_bytes(content)
    return (*_RUN, "power", *rng.choice(((), ("--json",), ("--index", "0"))))


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _change_graph(rng: Random, path: Path) -> None:
    """Change the description of a graph, and the checksums in it and of its arrays."""
    content = json.loads(path.read_bytes())
    del content["sha256"]
    content = mutated_tree(rng, content)
    arrays = path.with_suffix(".npz")
    if isinstance(content, dict):
        if rng.randrange(3) == 0:
            _change_archive(rng, arrays)
        content["arrays_sha256"] = _digest(arrays)
        text = json.dumps(content, sort_keys=True)
        content["sha256"] = hashlib.sha256(text.encode()).hexdigest()
    path.write_text(json.dumps(content), encoding="utf-8")


def _predictors(rng: Random, folder: Path) -> Sequence[str]:
    path = rng.choice(sorted((folder / "predictors").iterdir()))
    content = path.read_bytes()
    if path.suffix == ".json" and rng.randrange(4):
        path.write_text(json.dumps(mutated_tree(rng, json.loads(content))), encoding="utf-8")
    elif rng.randrange(2):
        path.write_bytes(mutated_text(rng, content.decode()).encode("utf-8", "surrogatepass"))
    else:
        path.write_bytes(mutated_bytes(rng, content))
    return rng.choice(
        (
            (*_RUN, "predict"),
            ("predictors", "evaluate", "--folder", "predictors"),
            ("train-predictors", "predictors/systolic_generic45.csv"),
        )
    )


def _verilog(rng: Random, folder: Path) -> Sequence[str]:
    text = mutated_text(rng, material.VERILOG)
    name = rng.choice(("pair.v", "pair.v", "pair.sv", "a b.v"))
    (folder / name).write_bytes(text.encode("utf-8", "surrogatepass"))
    options = rng.choice(((), (), ("--name", "x"), ("--signed",), ("--parameter", "N=3")))
    return ("blocks", "import", name, "--module", "pair", "--replace", *options)


def _arguments(rng: Random, folder: Path) -> Sequence[str]:
    words = [
        "blocks", "show", "list", "prove", "store", "stats", "prune", "schema", "doctor", "pick",
        "tiny.yaml", "--technology", "--histograms", "tiny.npz", "--json", "--index", "--build",
        "--family", "drum", "--sort", "--max-mae", "--until", "--save-table", "--older-than",
        "drum(k=4)", "array(5,4,0)", "loa(4)", "roup(1,2)", "evo:mul8s_1KV8", "precision(w=3,a=3)",
    ]  # fmt: skip
    odd = [*map(str, rng.sample(ODD, 3)), *rng.sample(words, 2)]
    odd += [mutated_text(rng, rng.choice(words[-6:])) for _ in range(3)]

    def value() -> str:
        word = rng.choice(odd)
        # Nothing is to be written beside the folder.
        return "x" if word.startswith(("/", "..", "~")) else word

    starts = (
        ("blocks", "show", value()),
        ("blocks", "show", value(), "--histograms", value()),
        ("blocks", "show", "exact", "--histograms", value()),
        ("blocks", "show", "exact", "--technology", value()),
        ("blocks", "show", "exact", "--save-table", value()),
        ("blocks", "show", "exact", "--plot", value()),
        ("blocks", "list", "--family", value()),
        ("blocks", "list", rng.choice(("--max-mae", "--max-wce", "--max-bias")), value()),
        ("store", "show", value()),
        ("store", "prune", "--older-than", value()),
        ("store", "prune", "--kind", value()),
        ("pick", "tiny.yaml", rng.choice(("--index", "--build")), value()),
        ("run", value()),
        ("run", "tiny.yaml", rng.choice(("--until", "--index", "--build")), value()),
        ("synth", "tiny.yaml", "--technology", value()),
        ("verify", "tiny.yaml", "--images", value()),
        ("train", value()),
        ("train", "lenet5", rng.choice(("--dataset", "--epochs", "--seed")), value()),
        ("train", "lenet5", "--dataset", "tiny.npz", "--output", value()),
        ("predictors", "evaluate", rng.choice(("--folder", "--technology")), value()),
        ("train-predictors", value()),
        ("blocks", "import", value(), "--module", value()),
    )
    more = [value()] if not rng.randrange(4) else []
    # What an operating system can hand over.
    return [word.replace("\0", "") for word in (*rng.choice(starts), *more)]


TARGETS: Mapping[str, Target] = {
    "config": Target("plain", _config),
    "technology": Target("plain", _technology),
    "liberty": Target("plain", _liberty),
    "dataset": Target("plain", _dataset, real=("quantize",)),
    "images": Target("plain", _images, real=("quantize",)),
    "checkpoint": Target("plain", _checkpoint, real=("quantize",)),
    "records": Target("built", _records),
    "predictors": Target("built", _predictors, environment={"HAWX_PREDICTORS": "predictors"}),
    "verilog": Target("plain", _verilog, weight=20),
    "arguments": Target("plain", _arguments),
}


def copied(source: Path, folder: Path) -> Path:
    """A copy of a project."""
    shutil.copytree(source, folder, symlinks=True)
    return folder
