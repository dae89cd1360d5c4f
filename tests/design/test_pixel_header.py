"""The header as a C compiler reads it."""

import subprocess

import numpy as np
import pytest

from hawx_hw.design.pixel_header import pixel_header

PROGRAM = """
#include <stdio.h>
#include "hawx_pixels.h"
int main(void) {
  printf("%u %u %u\\n", HAWX_INPUT_CHANNELS, HAWX_INPUT_HEIGHT, HAWX_INPUT_WIDTH);
  for (unsigned c = 0; c < HAWX_INPUT_CHANNELS; ++c)
    for (int p = 0; p < 256; ++p)
      printf("%d\\n", hawx_pixel_codes[c][p]);
}
"""


@pytest.mark.parametrize(
    ("tables", "shape", "expected"),
    [(3, (3, 5, 7), "3 5 7"), (1, (3, 5, 7), "3 5 7"), (1, (2,), "2 1 1")],
)
def test_a_compiler_reads_the_codes(tmp_path, tables, shape, expected):
    table = np.random.default_rng(0).integers(-128, 128, (tables, 256)).astype(np.int8)
    (tmp_path / "hawx_pixels.h").write_text(pixel_header(table, shape))
    (tmp_path / "main.c").write_text(PROGRAM)
    command = ["cc", "-Wall", "-Wextra", "-Werror", "main.c", "-o", "main"]
    subprocess.run(command, cwd=tmp_path, check=True)
    sizes, *codes = subprocess.run(
        [tmp_path / "main"], check=True, capture_output=True, text=True
    ).stdout.splitlines()
    assert sizes == expected
    read = np.array(codes, dtype=int).reshape(shape[0], 256)
    np.testing.assert_array_equal(read, np.broadcast_to(table, read.shape))
