"""Break the program on purpose, one line at a time, and see a test fail each time.

    python benchmarks/mutations.py                 # all of mutation_list.py (half an hour)
    python benchmarks/mutations.py --only NAME     # those whose name contains NAME
    python benchmarks/mutations.py --file PART     # those of files whose path contains PART
    python benchmarks/mutations.py --list

Works on a copy of the tracked files in a scratch folder; the checkout is only read. The tests named
by the list must pass on the copy before anything is broken. Ends with status 1 where a breakage
survives, or where the tests could not be run at all.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from mutation_list import MUTATIONS, Mutation

ROOT = Path(__file__).resolve().parents[1]
_PASSED, _FAILED = 0, 1  # pytest's exit statuses; all others mean that tests did not run


def mutated(text: str, mutation: Mutation) -> str:
    """The text of the file with the breakage in it.

    Raises
    ------
    ValueError
        The old text does not occur exactly once.
    """
    count = text.count(mutation.old)
    if count != 1:
        raise ValueError(
            f"{mutation.name}: {mutation.old!r} must occur once in {mutation.file}, not {count} "
            "times"
        )
    return text.replace(mutation.old, mutation.new)


def copy_tree(target: Path) -> None:
    """The files of the checkout that git tracks or would track, as they are now."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    ).stdout
    for name in filter(None, listing.decode().split("\0")):
        source = ROOT / name
        if source.is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / name)


def run_tests(tree: Path, tests: Sequence[str]) -> int:
    """Exit status of pytest in a copy of the tree; it stops at the first failure."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(tree),
        # A byte-code file could outlive a change of the same size in the same second.
        "PYTHONDONTWRITEBYTECODE": "1",
        # What a broken program computes must not reach the user's caches.
        "XDG_CACHE_HOME": str(tree.parent / "cache"),
        "HAWX_STORE": str(tree.parent / "store"),
    }
    command = [
        *(sys.executable, "-m", "pytest", "-q", "-x", "-n", "0", "-p", "no:cacheprovider"),
        "--hypothesis-profile=first-failure",
    ]
    return subprocess.run(
        [*command, *tests], cwd=tree, env=environment, capture_output=True, check=False
    ).returncode


def judge(tree: Path, mutation: Mutation) -> str:
    """Break the copy, run the tests, repair the copy: ``found``, ``SURVIVED`` or ``BROKEN``."""
    file = tree / mutation.file
    whole = file.read_text("utf-8")
    file.write_text(mutated(whole, mutation), "utf-8")
    try:
        status = run_tests(tree, mutation.tests.split())
    finally:
        file.write_text(whole, "utf-8")
    return {_FAILED: "found", _PASSED: "SURVIVED"}.get(status, f"BROKEN (pytest status {status})")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", default="", metavar="NAME", help="part of a breakage's name")
    parser.add_argument("--file", default="", metavar="PART", help="part of the broken file's path")
    parser.add_argument("--list", action="store_true", help="print the names and stop")
    parser.add_argument("--unchecked", action="store_true", help="assume that the tests pass now")
    options = parser.parse_args()
    chosen = [
        mutation
        for mutation in MUTATIONS
        if options.only in mutation.name and options.file in mutation.file
    ]
    if options.list or not chosen:
        print("\n".join(mutation.name for mutation in chosen) or "None in the list is that")
        return int(not chosen)
    with tempfile.TemporaryDirectory(prefix="hawx-mutations-") as scratch:
        tree = Path(scratch, "tree")
        copy_tree(tree)
        if not options.unchecked:
            for tests in dict.fromkeys(mutation.tests for mutation in chosen):
                if run_tests(tree, tests.split()) != _PASSED:
                    print(f"These tests fail without any breakage: {tests}")
                    return 1
        survived = 0
        for mutation in chosen:
            begin = time.monotonic()
            verdict = judge(tree, mutation)
            survived += verdict != "found"
            print(f"{verdict:10} {time.monotonic() - begin:6.1f} s  {mutation.name}", flush=True)
    print(f"{len(chosen) - survived} of {len(chosen)} breakages found")
    return int(survived > 0)


if __name__ == "__main__":
    sys.exit(main())
