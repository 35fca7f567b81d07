// RUN: tercet-opt %s --verify-diagnostics --gpu-verify-lowered

llvm.func @kernel(%x: i64) {
  // expected-error @below {{cannot be lowered for a GPU}}
  %y = arith.addi %x, %x : i64
  llvm.return
}
