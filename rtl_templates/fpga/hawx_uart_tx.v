// Transmitter of a UART: 8 data bits, least significant first, no parity, one stop bit.
//
// A bit takes DIVISOR cycles. data is taken in a cycle in which valid and ready are high.
`default_nettype none
module hawx_uart_tx #(
    parameter [15:0] DIVISOR = 16'd217
) (
    input  wire       clk,
    input  wire       rst,
    input  wire       valid,
    input  wire [7:0] data,
    output wire       ready,
    output wire       tx
);
    // The bits to come behind the one on the line, with ones after the stop bit.
    reg [8:0] shift;
    reg [3:0] bits;
    reg [15:0] cycles;
    reg level;
    assign ready = bits == 4'd0;
    assign tx = level;

    always @(posedge clk) begin
        if (rst) begin
            bits <= 4'd0;
            level <= 1'b1;
        end else if (ready) begin
            if (valid) begin
                level <= 1'b0;
                shift <= {1'b1, data};
                bits <= 4'd10;
                cycles <= DIVISOR - 16'd1;
            end
        end else if (cycles != 16'd0) begin
            cycles <= cycles - 16'd1;
        end else begin
            level <= shift[0];
            shift <= {1'b1, shift[8:1]};
            bits <= bits - 4'd1;
            cycles <= DIVISOR - 16'd1;
        end
    end
endmodule
`default_nettype wire
