"""Simulators of Verilog: which there are, and how a simulation is built."""
