// CRC-32 of a sequence of bytes, a bit a cycle: the polynomial of Ethernet and zlib, reflected.
//
// clear begins a sequence. A byte is added with valid, while busy is low; busy is high for the 8 cycles after.
// crc is the register: its complement is the checksum. Where the four bytes of the checksum follow, least
// significant first, it ends at 32'hdebb20e3.
`default_nettype none
module hawx_crc32 (
    input  wire        clk,
    input  wire        clear,
    input  wire        valid,
    input  wire  [7:0] data,
    output wire        busy,
    output reg  [31:0] crc
);
    reg [3:0] bits;
    assign busy = bits != 4'd0;

    always @(posedge clk) begin
        if (clear) begin
            crc <= 32'hffffffff;
            bits <= 4'd0;
        end else if (busy) begin
            crc <= {1'b0, crc[31:1]} ^ (crc[0] ? 32'hedb88320 : 32'h0);
            bits <= bits - 4'd1;
        end else if (valid) begin
            crc <= crc ^ {24'h0, data};
            bits <= 4'd8;
        end
    end
endmodule
`default_nettype wire
