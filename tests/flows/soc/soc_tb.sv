`timescale 1ns / 1ps
module soc_tb;
    reg clk = 0;
    reg rst = 1;
    wire [15:0] result_bytes;
    wire done, failed;
    always #5 clk = ~clk;
    // 12 x 13 pixels of two channels.
    soc #(.IMAGE_BYTES(312)) system (.clk, .rst, .result_bytes, .done, .failed);
    initial begin
        repeat (4) @(posedge clk);
        rst <= 0;
        repeat (1000000) begin
            @(posedge clk);
            if (done || failed) begin
                $display("SOC failed=%0d bytes=%0d", failed, result_bytes);
                $finish;
            end
        end
        $display("SOC without a result");
        $fatal(1);
    end
endmodule
