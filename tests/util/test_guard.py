"""The guard ends the groups of a process that is gone, and no others."""

from __future__ import annotations

import subprocess
import sys

from hawx_hw.util.guard import main

WAIT = [sys.executable, "-c", "import time; time.sleep(600)"]


def test_groups_that_are_left_are_ended() -> None:
    with (
        subprocess.Popen(WAIT, start_new_session=True) as left,
        subprocess.Popen(WAIT, start_new_session=True) as other,
    ):
        main([b"+%d\n" % other.pid, b"+%d\n" % left.pid, b"-%d\n" % other.pid])
        assert left.wait(10) == -9
        assert other.poll() is None
        other.kill()


def test_a_group_that_is_gone_is_no_error() -> None:
    with subprocess.Popen([sys.executable, "-c", ""], start_new_session=True) as gone:
        gone.wait(10)
    main([b"+%d\n" % gone.pid])
