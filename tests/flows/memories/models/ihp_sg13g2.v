`timescale 1ns / 1ps
// Behavior of a macro of IHP as its published Verilog has it: one or two ports, a mask of bits, an
// output that changes with reads alone, and built-in tests that are off. Written for these tests.
module NAME (
    input  wire A_CLK, A_MEN, A_WEN, A_REN, A_DLY,
    input  wire [ADDRESS-1:0] A_ADDR,
    input  wire [WIDTH-1:0] A_DIN, A_BM,
    output reg  [WIDTH-1:0] A_DOUT,
    input  wire A_BIST_CLK, A_BIST_EN, A_BIST_MEN, A_BIST_WEN, A_BIST_REN,
    input  wire [ADDRESS-1:0] A_BIST_ADDR,
    input  wire [WIDTH-1:0] A_BIST_DIN, A_BIST_BM
    SECOND
);
    reg [WIDTH-1:0] words [0:WORDS-1];
    wire usable = A_BIST_EN === 1'b0 && A_DLY === 1'b1;
    always @(posedge A_CLK) begin
        if (!usable) A_DOUT <= {WIDTH{1'bx}};
        else if (A_MEN && A_WEN) begin
            words[A_ADDR] <= (words[A_ADDR] & ~A_BM) | (A_DIN & A_BM);
            if (A_REN) A_DOUT <= (words[A_ADDR] & ~A_BM) | (A_DIN & A_BM);
        end else if (A_MEN && A_REN) A_DOUT <= words[A_ADDR];
    end
    BODY
endmodule
