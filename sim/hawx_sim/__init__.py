"""The cocotb testbench of a generated accelerator; it runs inside the simulator.

Driver (:mod:`.host`, and the stream sources and sinks of cocotbext-axi), monitors, model (the job:
expected results and writes come from the integer reference), checkers and testbench are apart; the
tests are in :mod:`.scenarios`. The environment variable ``HAWX_JOB`` names the job, ``HAWX_REPORT``
the report.
"""

__all__: list[str] = []
