`timescale 1ns / 1ps
// Behavior of a stand-in of the nangate45 platform, as its generator's Verilog has it: the output is
// unknown after a cycle in which nothing is read. Written for these tests.
module NAME (
    input  wire clk, ce_in, we_in,
    input  wire [WIDTH-1:0] w_mask_in,
    input  wire [ADDRESS-1:0] addr_in,
    input  wire [WIDTH-1:0] wd_in,
    output reg  [WIDTH-1:0] rd_out
);
    reg [WIDTH-1:0] words [0:WORDS-1];
    always @(posedge clk) begin
        if (ce_in && we_in) words[addr_in] <= (words[addr_in] & ~w_mask_in) | (wd_in & w_mask_in);
        rd_out <= ce_in && !we_in ? words[addr_in] : {WIDTH{1'bx}};
    end
endmodule
