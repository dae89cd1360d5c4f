// One AXI4-Lite access at a time.
//
// request, for one cycle, begins it; write, address and write_data stay until done, which is high for the one
// cycle in which read_data and refused are those of the answer.
`default_nettype none
module hawx_axil_master (
    input  wire        clk,
    input  wire        rst,
    input  wire        request,
    input  wire        write,
    input  wire [11:0] address,
    input  wire [31:0] write_data,
    output wire        done,
    output wire        refused,
    output wire [31:0] read_data,

    output wire [11:0] axil_awaddr,
    output wire  [2:0] axil_awprot,
    output reg         axil_awvalid,
    input  wire        axil_awready,
    output wire [31:0] axil_wdata,
    output wire  [3:0] axil_wstrb,
    output reg         axil_wvalid,
    input  wire        axil_wready,
    input  wire  [1:0] axil_bresp,
    input  wire        axil_bvalid,
    output wire        axil_bready,
    output wire [11:0] axil_araddr,
    output wire  [2:0] axil_arprot,
    output reg         axil_arvalid,
    input  wire        axil_arready,
    input  wire [31:0] axil_rdata,
    input  wire  [1:0] axil_rresp,
    input  wire        axil_rvalid,
    output wire        axil_rready
);
    assign axil_awaddr = address;
    assign axil_araddr = address;
    assign axil_awprot = 3'd0;
    assign axil_arprot = 3'd0;
    assign axil_wdata = write_data;
    assign axil_wstrb = 4'hf;
    assign axil_bready = 1'b1;
    assign axil_rready = 1'b1;
    assign done = axil_bvalid || axil_rvalid;
    assign refused = (write ? axil_bresp : axil_rresp) != 2'd0;
    assign read_data = axil_rdata;

    always @(posedge clk) begin
        if (rst) begin
            axil_awvalid <= 1'b0;
            axil_wvalid <= 1'b0;
            axil_arvalid <= 1'b0;
        end else if (request) begin
            axil_awvalid <= write;
            axil_wvalid <= write;
            axil_arvalid <= !write;
        end else begin
            if (axil_awready) axil_awvalid <= 1'b0;
            if (axil_wready) axil_wvalid <= 1'b0;
            if (axil_arready) axil_arvalid <= 1'b0;
        end
    end
endmodule
`default_nettype wire
