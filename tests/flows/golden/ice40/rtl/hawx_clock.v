// The clock of the design, 24.0 MHz, from the board's, 12.0 MHz, on the pin of the PLL itself: its
// oscillator runs at 768.0 MHz.
`default_nettype none
module hawx_clock (
    input  wire board_clk,
    output wire clk,
    output wire locked
);
    SB_PLL40_PAD #(
        .FEEDBACK_PATH("SIMPLE"),
        .DIVR(4'd0),
        .DIVF(7'd63),
        .DIVQ(3'd5),
        .FILTER_RANGE(3'd1)
    ) pll (
        .PACKAGEPIN(board_clk),
        .PLLOUTGLOBAL(clk),
        .LOCK(locked),
        .RESETB(1'b1),
        .BYPASS(1'b0)
    );
endmodule
`default_nettype wire
