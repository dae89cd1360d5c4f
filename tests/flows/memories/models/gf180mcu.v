`timescale 1ns / 1ps
// Behavior of a macro of GF180MCU as its data sheet has it: CEN, GWEN and WEN are active low; what
// the output is while nothing is read is not stated, so it is unknown. Written for these tests.
module NAME (
    input  wire CLK, CEN, GWEN,
    input  wire [7:0] WEN,
    input  wire [ADDRESS-1:0] A,
    input  wire [7:0] D,
    output reg  [7:0] Q
);
    reg [7:0] words [0:WORDS-1];
    always @(posedge CLK) begin
        if (!CEN && !GWEN) words[A] <= (words[A] & WEN) | (D & ~WEN);
        Q <= !CEN && GWEN ? words[A] : 8'bx;
    end
endmodule
