`timescale 1ns / 1ps
// Behavior of an OpenRAM macro as its published Verilog has it: inputs are sampled with the rising
// edge, words are written and read with the falling one, and outputs are unknown from shortly after
// every rising edge until a read has finished. Written for these tests.
module NAME (
    input  wire clk0, csb0, web0,
    MASK
    input  wire [ADDRESS-1:0] addr0,
    input  wire [WIDTH-1:0] din0,
    output reg  [WIDTH-1:0] dout0,
    input  wire clk1, csb1,
    input  wire [ADDRESS-1:0] addr1,
    output reg  [WIDTH-1:0] dout1
);
    reg [WIDTH-1:0] words [0:WORDS-1];
    reg select0, write0, select1;
    reg [ADDRESS-1:0] at0, at1;
    reg [WIDTH-1:0] in0, bits;
    integer lane;
    always @(posedge clk0) begin
        select0 = !csb0;
        write0 = !web0;
        at0 = addr0;
        in0 = din0;
        for (lane = 0; lane < WIDTH / 8; lane = lane + 1) bits[8*lane +: 8] = {8{MASKBIT}};
        #1 dout0 = {WIDTH{1'bx}};
    end
    always @(posedge clk1) begin
        select1 = !csb1;
        at1 = addr1;
        #1 dout1 = {WIDTH{1'bx}};
    end
    always @(negedge clk0) begin
        if (select0 && write0) words[at0] = (words[at0] & ~bits) | (in0 & bits);
        if (select0 && !write0) dout0 <= #3 words[at0];
    end
    always @(negedge clk1) if (select1) dout1 <= #3 words[at1];
endmodule
