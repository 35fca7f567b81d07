// The pass is named on the command line like one of tercet-opt's own.
// RUN: tercet-opt %s --load-pass-plugin=%plugin --count-work 2>&1 | FileCheck %s
// RUN: tercet-opt %s --load-pass-plugin=%plugin --pass-pipeline='builtin.module(func.func(count-work))' 2>&1 | FileCheck %s

// CHECK: remark: 32768 multiplications
func.func @static(%x: tensor<2x64xi8>, %w: tensor<256x64x!ternary.trit>) -> tensor<2x256xi32> {
  %y = ternary.matmul %x, %w : tensor<2x64xi8>, tensor<256x64x!ternary.trit> -> tensor<2x256xi32>
  return %y : tensor<2x256xi32>
}

// CHECK: remark: 16384 multiplications a row
func.func @dynamic(%x: tensor<?x64xi8>, %w: tensor<256x64x!ternary.trit>) -> tensor<?x256xi32> {
  %y = ternary.matmul %x, %w : tensor<?x64xi8>, tensor<256x64x!ternary.trit> -> tensor<?x256xi32>
  return %y : tensor<?x256xi32>
}
