"""Compares the results of two versions of the program, config by config, to the last digit.

Run the configs with one version into one folder and with the other into another folder, then

    python benchmarks/compare_builds.py OLD NEW [--renames FILE] [CONFIG ...]

prints a line for each kind of result: equal, or equal but for the renames, or what differs. The
exit status is 1 if anything differs that the renames do not explain.

``FILE`` is YAML: ``words`` maps words of the old version to those of the new one, in Verilog, in
names of files and in keys of JSON; ``ignored`` lists keys of JSON that count on neither side
(times, versions, hashes, what was added or removed on purpose), as ``file.json: [key, ...]``.

Where keys of a JSON file moved, every number that it held must still be somewhere in it.

What is compared: Verilog module by module, and the circuit as a whole, whatever its signals are
called (:mod:`verilog_structure`); contents of memories, the register map, and every number
and text of the JSON files, by key.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from verilog_structure import compare_structure

from hawx_hw.util.yaml_text import read_yaml

#: Keys that differ from run to run, or with every version.
_ALWAYS_IGNORED = frozenset({"config", "config_hash", "seconds", "schema", "versions", "generator"})

_DECLARATION = re.compile(r"\s*(input|output|wire|reg|\.\w+\()")


class Renames:
    """Words of the old version as the new one writes them.

    Parameters
    ----------
    words : mapping of str to str
    ignored : mapping of str to sequence of str
        Keys that do not count, by the name of the JSON file.
    """

    def __init__(self, words: Mapping[str, str], ignored: Mapping[str, list[str]]):
        self._words = dict(words)
        self._ignored = {name: frozenset(keys) for name, keys in ignored.items()}
        names = sorted(self._words, key=len, reverse=True)
        words = "|".join(map(re.escape, names))
        # Amaranth joins the names of a port and of its members with two underscores.
        self._pattern = re.compile(rf"(?:(?<!\w)|(?<=__))({words})(?:(?!\w)|(?=__))")

    def __call__(self, text: str) -> str:
        """``text`` of the old version in the words of the new one."""
        if not self._words:
            return text
        return self._pattern.sub(lambda match: self._words[match[1]], text)

    def counts(self, file: str, key: str) -> bool:
        """Whether a key of a JSON file is compared."""
        return key not in _ALWAYS_IGNORED and key not in self._ignored.get(file, ())


def leaves(content: Any, counts: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Every number, text and null of a JSON value, with its dotted path."""
    if isinstance(content, dict):
        for key, value in content.items():
            if counts(key):
                yield from leaves(value, counts, (*path, key))
    elif isinstance(content, list):
        for index, value in enumerate(content):
            yield from leaves(value, counts, (*path, str(index)))
    else:
        yield ".".join(path), content


def compare_json(old: Path, new: Path, renames: Renames) -> list[str]:
    """What differs between two JSON files, one line a path."""

    def counts(key: str) -> bool:
        return renames.counts(new.name, key)

    before = {
        renames(path): renames(value) if isinstance(value, str) else value
        for path, value in leaves(
            json.loads(old.read_text("utf-8")), lambda key: counts(renames(key))
        )
    }
    after = dict(leaves(json.loads(new.read_text("utf-8")), counts))
    lines = [f"only before: {path}" for path in before if path not in after]
    lines += [f"only now: {path}" for path in after if path not in before]
    lines += [
        f"{path}: {before[path]!r}, now {after[path]!r}"
        for path in before
        if path in after and before[path] != after[path]
    ]
    return lines


def lost_numbers(old: Path, new: Path, renames: Renames) -> tuple[int, list[str]]:
    """How many numbers a JSON file held, and those that are nowhere in the new one.

    This compares files whose keys were put in another order or under other keys.
    """

    def numbers(path: Path) -> list[tuple[str, float]]:
        content = json.loads(path.read_text("utf-8"))
        values = leaves(content, lambda key: renames.counts(new.name, key))
        return [(at, value) for at, value in values if isinstance(value, (int, float))]

    left = Counter(value for _, value in numbers(new))
    before = numbers(old)
    lines = []
    for at, value in before:
        if left[value]:
            left[value] -= 1
        else:
            lines.append(f"{at}: {value!r} is nowhere now")
    return len(before), lines


def compare_texts(old: Path, new: Path, renames: Renames) -> tuple[int, int, list[str]]:
    """Files of two folders: how many are equal, equal but for renames, and what differs."""
    before = {renames(path.stem) + path.suffix: path for path in sorted(old.iterdir())}
    after = {path.name: path for path in sorted(new.iterdir())}
    equal = renamed = 0
    lines = [f"only before: {name}" for name in before if name not in after]
    lines += [f"only now: {name}" for name in after if name not in before]
    for name in before:
        if name not in after:
            continue
        one, other = (_without_hash(path) for path in (before[name], after[name]))
        if one == other:
            equal += 1
        elif _ordered(renames(one), name) == _ordered(other, name):
            renamed += 1
        else:
            lines.append(f"{name} differs")
    return equal, renamed, lines


def _ordered(text: str, name: str) -> str:
    """Lists of files, declarations and ports in alphabetical order, which renames change."""
    lines = text.splitlines()
    if name.endswith(".f"):
        return "\n".join(sorted(lines))
    for index, line in enumerate(lines):
        if line.startswith("module "):
            head, _, ports = line.partition("(")
            lines[index] = head + ",".join(sorted(re.findall(r"[^,();]+", ports)))
    declared = [line for line in lines if _DECLARATION.match(line)]
    rest = [line for line in lines if not _DECLARATION.match(line)]
    return "\n".join([*sorted(declared), *rest])


def compare(old: Path, new: Path, renames: Renames) -> bool:
    """Print how two build folders compare; returns whether all is equal but for renames."""
    same = True
    for folder in ("rtl", "mem"):
        equal, renamed, lines = compare_texts(old / folder, new / folder, renames)
        print(f"  {folder}: {equal} files equal, {renamed} but for renames, {len(lines)} not")
        same &= _print(lines)
    print(f"  circuit: {compare_structure(old, new)}")
    for name in ("hawx_registers.h", "registers.md"):
        one, other = (folder / name for folder in (old, new))
        if renames(_numbers(one.read_text("utf-8"))) != _numbers(other.read_text("utf-8")):
            same &= _print([f"{name} differs"])
        else:
            print(f"  {name}: equal but for renames")
    for path in sorted(old.glob("*.json")):
        if path.name == "assigned.json" or not (new / path.name).exists():
            continue
        lines = compare_json(path, new / path.name, renames)
        if not lines:
            print(f"  {path.name}: equal but for renames")
            continue
        count, lost = lost_numbers(path, new / path.name, renames)
        print(f"  {path.name}: {len(lines):,} keys differ, {len(lost):,} of {count:,} numbers lost")
        same &= _print(lost)
    return same


def _without_hash(path: Path) -> str:
    """A file's text, in which the hash of the config, which every version changes, is a word."""
    program = json.loads((path.parents[1] / "program.json").read_text("utf-8"))
    number = int(program["config_hash"], 16)
    return path.read_text("utf-8").replace(f"32'd{number}", "CONFIG_HASH")


def _numbers(text: str) -> str:
    """A register document without the hash of the config, which every version changes."""
    return re.sub(r"(CONFIG_HASH.*?)0x[0-9a-fA-F]+", r"\1", text)


def _print(lines: list[str], most: int = 12) -> bool:
    for line in lines[:most]:
        print(f"    {line[:200]}")
    if len(lines) > most:
        print(f"    and {len(lines) - most} more")
    return not lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    parser.add_argument("configs", nargs="*", help="names of build folders; left out: all of OLD")
    parser.add_argument("--renames", type=Path)
    arguments = parser.parse_args()
    given: Any = read_yaml(arguments.renames.read_text("utf-8")) if arguments.renames else {}
    renames = Renames(given.get("words") or {}, given.get("ignored") or {})
    names = arguments.configs or sorted(p.name for p in arguments.old.iterdir() if p.is_dir())
    same = True
    for name in names:
        print(name)
        same &= compare(arguments.old / name, arguments.new / name, renames)
    print("all equal, but for the renames" if same else "there are differences")
    sys.exit(not same)


if __name__ == "__main__":
    main()
