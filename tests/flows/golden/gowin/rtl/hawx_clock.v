// The clock of the design, 54.0 MHz, from the board's, 27.0 MHz: the oscillator of the PLL runs
// at 864.0 MHz.
`default_nettype none
module hawx_clock (
    input  wire board_clk,
    output wire clk,
    output wire locked
);
    rPLL #(
        .FCLKIN("27.0"),
        .DEVICE("GW2A-18C"),
        .IDIV_SEL(0),
        .FBDIV_SEL(1),
        .ODIV_SEL(16)
    ) pll (
        .CLKIN(board_clk),
        .CLKOUT(clk),
        .LOCK(locked),
        .CLKOUTP(),
        .CLKOUTD(),
        .CLKOUTD3(),
        .RESET(1'b0),
        .RESET_P(1'b0),
        .CLKFB(1'b0),
        .FBDSEL(6'b0),
        .IDSEL(6'b0),
        .ODSEL(6'b0),
        .PSDA(4'b0),
        .DUTYDA(4'b0),
        .FDLY(4'b0)
    );
endmodule
`default_nettype wire
