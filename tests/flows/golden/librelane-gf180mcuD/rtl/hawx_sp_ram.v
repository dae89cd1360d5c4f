// Single-port memory, made of macros where a process has them.
//
// Written by hawx_hw. Ports and behavior are those of the plain memory, which hawx_sp_ram_cells is;
// sizes that are not listed here use it.
`default_nettype none
module hawx_sp_ram #(
    parameter WIDTH = 8,
    parameter DEPTH = 16,
    parameter ADDRESS_WIDTH = 4
) (
    input  wire clk,
    input  wire enable,
    input  wire write,
    input  wire [ADDRESS_WIDTH-1:0] address,
    input  wire [WIDTH-1:0] write_data,
    output wire [WIDTH-1:0] read_data
);
    // One "if" a size: tools do not agree on the names of instances below an "else if".
    generate
        if (WIDTH == 8 && DEPTH == 1024 && ADDRESS_WIDTH == 10) begin : macros_1024x8
            hawx_sp_ram_1024x8 memory (
                .clk(clk),
                .enable(enable),
                .write(write),
                .address(address),
                .write_data(write_data),
                .read_data(read_data)
            );
        end
        if (!((WIDTH == 8 && DEPTH == 1024 && ADDRESS_WIDTH == 10))) begin : cells
            hawx_sp_ram_cells #(
                .WIDTH(WIDTH),
                .DEPTH(DEPTH),
                .ADDRESS_WIDTH(ADDRESS_WIDTH)
            ) memory (
                .clk(clk),
                .enable(enable),
                .write(write),
                .address(address),
                .write_data(write_data),
                .read_data(read_data)
            );
        end
    endgenerate
endmodule

// 1024 words of 8 bits: 2 x 1 gf180mcu_fd_ip_sram__sram512x8m8wm1.
module hawx_sp_ram_1024x8 (
    input  wire clk,
    input  wire enable,
    input  wire write,
    input  wire [9:0] address,
    input  wire [7:0] write_data,
    output wire [7:0] read_data
);
    wire [7:0] data_in = write_data;
    wire [8:0] read_word = address[8:0];
    wire [7:0] data_0;
    wire enable_0 = enable && address[9] == 1'd0;
    wire [7:0] data_1;
    wire enable_1 = enable && address[9] == 1'd1;
    gf180mcu_fd_ip_sram__sram512x8m8wm1 bank_0_part_0 (
        .CLK(clk),
        .CEN(!enable_0),
        .GWEN(!write),
        .WEN(8'b00000000),
        .A(read_word),
        .D(data_in[7:0]),
        .Q(data_0[7:0])
    );
    gf180mcu_fd_ip_sram__sram512x8m8wm1 bank_1_part_0 (
        .CLK(clk),
        .CEN(!enable_1),
        .GWEN(!write),
        .WEN(8'b00000000),
        .A(read_word),
        .D(data_in[7:0]),
        .Q(data_1[7:0])
    );
    wire read = enable && !write;
    reg [0:0] bank;
    reg [7:0] data;
    always @(posedge clk) if (read) bank <= address[9];
    always @* begin
        case (bank)
            0: data = data_0;
            default: data = data_1;
        endcase
    end
    // The macros' outputs do not stay as they are between two reads.
    reg fresh;
    reg [7:0] last;
    always @(posedge clk) begin
        fresh <= read;
        if (fresh) last <= data[7:0];
    end
    assign read_data = fresh ? data[7:0] : last;
endmodule
`default_nettype wire
