// Receiver of a UART: 8 data bits, least significant first, no parity, one stop bit.
//
// A bit takes DIVISOR cycles (4 to 65535) and is sampled in its middle. valid is high for the one cycle in which
// data is a byte that was received. broken is high for a cycle where there was no stop bit; what follows is
// ignored until the line is idle.
`default_nettype none
module hawx_uart_rx #(
    parameter [15:0] DIVISOR = 16'd217
) (
    input  wire       clk,
    input  wire       rst,
    input  wire       rx,
    output reg        valid,
    output reg        broken,
    output reg  [7:0] data
);
    localparam [15:0] HALF = DIVISOR >> 1;

    reg [1:0] line;
    reg       receiving, waiting;
    reg [15:0] cycles;
    // Bits to come: start, data, stop.
    reg [3:0] bits;
    wire level = line[1];

    always @(posedge clk) begin
        line <= {line[0], rx};
        valid <= 1'b0;
        broken <= 1'b0;
        if (rst) begin
            line <= 2'b11;
            receiving <= 1'b0;
            waiting <= 1'b0;
        end else if (waiting) begin
            waiting <= !level;
        end else if (!receiving) begin
            receiving <= !level;
            cycles <= HALF - 16'd1;
            bits <= 4'd9;
        end else if (cycles != 16'd0) begin
            cycles <= cycles - 16'd1;
        end else begin
            cycles <= DIVISOR - 16'd1;
            bits <= bits - 4'd1;
            if (bits == 4'd0) begin
                receiving <= 1'b0;
                valid <= level;
                broken <= !level;
                waiting <= !level;
            end else if (bits == 4'd9) begin
                // A pulse shorter than half a bit is none.
                if (level) receiving <= 1'b0;
            end else begin
                data <= {level, data[7:1]};
            end
        end
    end
endmodule
`default_nettype wire
