"""What the flows to FPGAs share: boards, clocks, tools, and the checks of a result."""
