// The clock of the design, from that of the board: here the same.
//
// Replace this file by one with your device's PLL where the design runs at another frequency; locked must be
// low until clk is stable.
`default_nettype none
module hawx_clock (
    input  wire board_clk,
    output wire clk,
    output wire locked
);
    assign clk = board_clk;
    assign locked = 1'b1;
endmodule
`default_nettype wire
