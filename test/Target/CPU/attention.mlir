// What configure-kernels chooses for attention: heads and queries of a workgroup.
// RUN: tercet-opt %s --split-input-file --tile-kernels --mlir-print-local-scope | FileCheck %s

// 48 rows of one head, for registers of 16 floats.
// CHECK: step (1, 48)
// CHECK: rows.attention scale({{.*}}) {config = {fma = true, key_block = 8 : i64, keys = 64 : i64, lanes = 16 : i64, row_vectors = 3 : i64, tile_sizes = array<i64: 1, 48>}}
module attributes {tercet.target = "cpu:x86-64-v4"} {
module @kernels {
func.func @many(%q: tensor<96x8x64xf32>, %k: tensor<100x8x64xf32>) -> tensor<96x8x64xf32> {
  %c100 = arith.constant 100 : index
  %e = tensor.empty() : tensor<96x8x64xf32>
  %y = rows.attention scale(0.125) ins(%q, %k, %k : tensor<96x8x64xf32>, tensor<100x8x64xf32>, tensor<100x8x64xf32>) length(%c100) outs(%e : tensor<96x8x64xf32>) -> tensor<96x8x64xf32>
  return %y : tensor<96x8x64xf32>
}
}
}

// -----

// One token: heads until their keys are half a page.
// CHECK: step (8, 48)
// CHECK: lanes = 16 : i64
module attributes {tercet.target = "cpu:x86-64-v4"} {
module @kernels {
func.func @one(%q: tensor<1x16x64xf32>, %k: tensor<100x16x64xf32>) -> tensor<1x16x64xf32> {
  %c100 = arith.constant 100 : index
  %e = tensor.empty() : tensor<1x16x64xf32>
  %y = rows.attention scale(0.125) ins(%q, %k, %k : tensor<1x16x64xf32>, tensor<100x16x64xf32>, tensor<100x16x64xf32>) length(%c100) outs(%e : tensor<1x16x64xf32>) -> tensor<1x16x64xf32>
  return %y : tensor<1x16x64xf32>
}
}
}

// -----

// Without a fused multiply-add a product needs a register; heads share keys.
// CHECK: step (1, 4)
// CHECK: {config = {fma = false, key_block = 4 : i64, keys = 64 : i64, lanes = 4 : i64, row_vectors = 2 : i64, tile_sizes = array<i64: 1, 4>}}
module attributes {tercet.target = "cpu:x86-64-v2"} {
module @kernels {
func.func @shared(%q: tensor<96x8x64xf32>, %k: tensor<100x4x64xf32>) -> tensor<96x8x64xf32> {
  %c100 = arith.constant 100 : index
  %e = tensor.empty() : tensor<96x8x64xf32>
  %y = rows.attention scale(0.125) ins(%q, %k, %k : tensor<96x8x64xf32>, tensor<100x4x64xf32>, tensor<100x4x64xf32>) length(%c100) outs(%e : tensor<96x8x64xf32>) -> tensor<96x8x64xf32>
  return %y : tensor<96x8x64xf32>
}
}
}
