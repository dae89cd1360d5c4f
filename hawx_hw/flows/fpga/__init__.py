"""What the flows to FPGAs share: boards, clocks, tools in WebAssembly, and the checks of a result."""
