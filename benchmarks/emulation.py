"""Approximate inference against native float32 inference and against plain look-ups.

    python benchmarks/emulation.py [--repeat N] [--images N] [--blocks NAME ...] [--patience S]

Prints, for ResNet-20 at batch 32 and LeNet-5 at batch 1,000, on one thread and on two, the least
time of several runs and its ratio to the same network in float32 under torch. All numbers of a
network are measured in turns, so that other load on the machine affects all alike; on a busy
machine ``--patience`` waits before each run until nothing else works, S seconds in all. Every block
runs in every layer; ``mixed`` is another block for each filter. Codes of every row are compared
with those of numpy's look-ups before anything is timed.

Two baselines compute the same codes in C: ``rows`` is plain row-stationary code (one row of the
table for each weight, the activation as index); ``i-j-k`` looks every product up in the table with
the kernel's loops innermost, as published emulators on CPUs do.
"""

from __future__ import annotations

import argparse
import ctypes
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parent))
from emulation_networks import FloatResNet20, float_lenet5, lenet5, resnet20

from hawx_hw.blocks.assignment import Assignment, LayerBlocks
from hawx_hw.blocks.block import CODES, Block, BlockComponent
from hawx_hw.blocks.catalogue import library
from hawx_hw.blocks.registry import by_name
from hawx_hw.emulation import Emulator, compiler
from hawx_hw.emulation.structures import layer_window, pointer, rule_of
from hawx_hw.graph.graph import Conv2d, Graph, Linear
from hawx_hw.util.tables import print_table

_LOOK_UP = r"""
#include "structures.h"
void layer(const hawx_window *w, const int8_t *weight, const int32_t *bias, const int32_t *table,
           const hawx_rule *rule, const int8_t *x, int8_t *out, int64_t first, int64_t last)
{
    for (int64_t n = first; n < last; n++)
        for (int64_t f = 0; f < w->filters; f++)
            for (int64_t y = 0; y < w->out_height; y++)
                for (int64_t xo = 0; xo < w->out_width; xo++) {
                    int32_t sum = bias[f];
                    for (int64_t c = 0; c < w->channels; c++)
                        for (int64_t i = 0; i < w->kernel_height; i++)
                            for (int64_t j = 0; j < w->kernel_width; j++) {
                                int64_t r = y * w->stride_y + i - w->top;
                                int64_t s = xo * w->stride_x + j - w->left;
                                int inside = r >= 0 && r < w->height && s >= 0 && s < w->width;
                                int a = inside ? x[((n * w->channels + c) * w->height + r)
                                                   * w->width + s] : (int)w->pad;
                                int b = weight[((f * w->channels + c) * w->kernel_height + i)
                                               * w->kernel_width + j];
                                sum += table[(b + 128) * 256 + a + 128];
                            }
                    out[((n * w->filters + f) * w->out_height + y) * w->out_width + xo] =
                        code(sum, rule->multiplier[f], rule);
                }
}
"""


class _LookUp(Emulator):
    """The graph with its layers computed by ``_LOOK_UP``."""

    def __init__(self, graph: Graph, threads: int, block: Block):
        super().__init__(graph, threads=threads, memory=0)
        self._table = np.ascontiguousarray(block.table)
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads)
        with tempfile.TemporaryDirectory() as folder:
            source, result = Path(folder) / "look_up.c", Path(folder) / "look_up.so"
            source.write_text(_LOOK_UP, "utf-8")
            command = ["cc", "-O3", "-march=native", "-shared", "-fPIC"]
            command += ["-I", str(compiler._SOURCES), str(source), "-o", str(result)]
            subprocess.run(command, check=True)
            self._library = ctypes.CDLL(str(result))

    def _node(self, node, inputs, assignment, keys):
        if not isinstance(node, (Conv2d, Linear)):
            return super()._node(node, inputs, assignment, keys)
        x = np.ascontiguousarray(inputs[0])
        zero_point = self.graph.tensors[node.inputs[0]].zero_point
        window, shape = layer_window(node, x, zero_point)
        rule, multipliers = rule_of(node.requantization, len(node.weight))
        result = np.empty((len(x), *shape), dtype=np.int8)
        arrays = [pointer(a) for a in (np.ascontiguousarray(node.weight), node.bias, self._table)]
        edges = [len(x) * i // self._threads for i in range(self._threads + 1)]

        def part(first: int, last: int) -> None:
            self._library.layer(
                *(ctypes.byref(window), *arrays, ctypes.byref(rule), pointer(x)),
                *(pointer(result), ctypes.c_int64(first), ctypes.c_int64(last)),
            )

        list(self._pool.map(part, edges[:-1], edges[1:]))
        del multipliers
        return result


class _Random(Block):
    """The exact product with an error of full rank, as an imported netlist may have."""

    family = "random table"
    implementations = ()

    def __init__(self, largest: int, seed: int):
        rng = np.random.default_rng(seed)
        error = rng.integers(-largest, largest + 1, (256, 256))
        self._products = (np.multiply.outer(CODES, CODES) + error).astype(np.int32)

    @property
    def name(self) -> str:
        return self.family

    def multiply(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return self._products[a + 128, b + 128]

    def component(self, implementation: str | None = None) -> BlockComponent:
        raise NotImplementedError


def _one_of_each() -> list[Block]:
    """The block in the middle of each family's list."""
    families: dict[str, list[Block]] = {}
    for block in library():
        families.setdefault(block.family, []).append(block)
    return [family[len(family) // 2] for family in families.values()]


def _assignment(graph: Graph, *blocks: Block) -> Assignment:
    """Every filter its block, in turn."""
    result = {}
    for node in graph.nodes:
        if isinstance(node, (Conv2d, Linear)):
            filters = [blocks[f % len(blocks)] for f in range(len(node.weight))]
            result[node.name] = LayerBlocks.by_filter(filters, node.weight.shape)
    return result


def _paths(emulator: Emulator) -> str:
    return "/".join(sorted({layer.path for layer in emulator._layers.values()}))


class _Patience:
    """Waits until nothing else runs, for so many seconds in all."""

    def __init__(self, seconds: float):
        self._left = seconds

    def wait(self) -> None:
        start = time.perf_counter()
        while self._left > time.perf_counter() - start:
            before = _busy_ticks()
            time.sleep(_GLANCE)
            if _busy_ticks() - before <= 1:
                break
        self._left -= time.perf_counter() - start


_GLANCE = 0.05


def _busy_ticks() -> int:
    """Ticks, of 10 ms mostly, that all cores together have worked since the start."""
    user, nice, system = Path("/proc/stat").read_text("utf-8").split()[1:4]
    return int(user) + int(nice) + int(system)


def _least(
    runs: dict[str, Callable[[], object]], repeat: int, patience: _Patience
) -> dict[str, float]:
    """Least seconds of each, run in turns."""
    least = dict.fromkeys(runs, float("inf"))
    for _ in range(repeat):
        for name, run in runs.items():
            patience.wait()
            start = time.perf_counter()
            run()
            least[name] = min(least[name], time.perf_counter() - start)
    return least


def _measure(
    graph: Graph,
    network: torch.nn.Module,
    batch: int,
    blocks: list[Block],
    repeat: int,
    patience: _Patience,
) -> None:
    rng = np.random.default_rng(1)
    images = rng.integers(-128, 128, (batch, *graph.tensors[graph.input].shape)).astype(np.int8)
    in_float = torch.tensor(images, dtype=torch.float32)
    random = _Random(9, 0)
    assignments = {block.name: _assignment(graph, block) for block in [*blocks, random]}
    assignments["mixed"] = _assignment(graph, random, *blocks, _Random(99, 1))
    plain = Emulator(graph, path="look-up")
    for name, assignment in assignments.items():
        expected = plain.run(images[:2], assignment)
        np.testing.assert_array_equal(
            Emulator(graph).run(images[:25], assignment)[:2], expected, err_msg=name
        )
    expected = plain.run(images[:2], assignments[random.name])
    for other in (_LookUp(graph, 2, random), Emulator(graph, path="entries")):
        result = other.run(images[:2], assignments[random.name])
        np.testing.assert_array_equal(result, expected)

    def running(emulator: Emulator, name: str) -> Callable[[], object]:
        return lambda: emulator.run(images, assignments[name])

    columns: dict[str, list[str]] = {}
    for threads in (1, 2):
        torch.set_num_threads(threads)
        emulators = {name: Emulator(graph, threads=threads, memory=0) for name in assignments}
        rows = Emulator(graph, threads=threads, path="entries", memory=0)
        look_up = _LookUp(graph, threads, random)

        @torch.no_grad()
        def native() -> None:
            network(in_float)

        runs: dict[str, Callable[[], object]] = {"native float32": native}
        for name, emulator in emulators.items():
            runs[name] = running(emulator, name)
        least = _least(runs, repeat, patience)
        slow = {"rows (plain C)": rows, "i-j-k (plain C)": look_up}
        least |= _least({name: running(e, random.name) for name, e in slow.items()}, 2, patience)
        for name, seconds in least.items():
            row = columns.setdefault(name, [_paths(emulators[name]) if name in emulators else ""])
            row += [f"{1e3 * seconds:.1f}", f"{seconds / least['native float32']:.2f}"]
    heading = ["block", "kernel", "ms, 1 thread", "to native", "ms, 2 threads", "to native"]
    print_table(
        heading,
        [[name, *row] for name, row in columns.items()],
        title=f"{graph.name}, batch {batch}, {graph.macs * batch / 1e9:.2f} GMAC",
        numbers=True,
    )
    print()


def _accuracy(count: int) -> None:
    """How long one accuracy takes, the images already loaded; the network of its real size."""
    graph = lenet5()
    rng = np.random.default_rng(2)
    images = rng.integers(0, 256, (count, 1, 28, 28)).astype(np.uint8)
    labels = rng.integers(0, 10, count)
    emulator = Emulator(graph, threads=2)
    rows = []
    weights = next(node for node in graph.nodes if node.name == "fc2").weight.shape
    first = _assignment(graph, _Random(9, 0))
    changes = {
        "full-rank tables, all layers": first,
        "another assignment, all layers": _assignment(graph, _Random(9, 1)),
        "then a change in fc2": _assignment(graph, _Random(9, 1))
        | {"fc2": LayerBlocks.uniform(_Random(9, 2), weights)},
        "exact": {},
    }
    emulator.accuracy(images[:10], labels[:10])  # compiles what is not compiled
    for name, assignment in changes.items():
        start = time.perf_counter()
        emulator.accuracy(images, labels, assignment)
        rows.append([name, f"{time.perf_counter() - start:.3f}"])
    title = f"LeNet-5's accuracy over {count:,} images, two threads"
    print_table(["assignment", "seconds"], rows, title=title, numbers=True)


def _machine() -> str:
    result = re.search(
        r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text("utf-8"), re.MULTILINE
    )
    variant = compiler.supported()[0].name
    version = subprocess.run(["cc", "--version"], capture_output=True, text=True, check=True)
    return (
        f"{result[1] if result else platform.machine()}, kernels for {variant}, "
        f"{version.stdout.splitlines()[0]}, torch {torch.__version__}, numpy {np.__version__}"
    )


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeat", type=int, default=15, help="runs of each (the least counts)")
    parser.add_argument("--images", type=int, default=10_000, help="of the accuracy's")
    parser.add_argument("--blocks", nargs="*", help="names of blocks (one of each family)")
    parser.add_argument("--patience", type=float, default=0, help="seconds to wait for quiet")
    options = parser.parse_args()
    patience = _Patience(options.patience)
    blocks = [by_name(name) for name in options.blocks] if options.blocks else _one_of_each()
    print(_machine(), end="\n\n")
    _measure(lenet5(), float_lenet5(), 1000, blocks, options.repeat, patience)
    _measure(resnet20(), FloatResNet20(), 32, blocks, options.repeat, patience)
    _accuracy(options.images)


if __name__ == "__main__":
    main()
