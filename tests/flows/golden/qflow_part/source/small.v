module small(a, \b<0> , y);
  input a;
  input \b<0> ;
  output y;
  INVX1 INVX1_1 (.A(a), .Y(n5));
  NAND2X1 NAND2X1_1 (.A(n5), .B(\b<0> ), .Y(y));
  INVX1 INVX1_2 (.A(1'b0), .Y(n6));
endmodule
