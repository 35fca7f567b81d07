// Attention becomes a kernel whose length is one of its sizes.
// RUN: tercet-opt %s --outline-kernels --mlir-print-local-scope | FileCheck %s

// 2 * 8 * (64 + 64) operations a pair of positions; of the causal four rows the keys
// that they do not see, 6 pairs, are left out. Bytes: 4 * 2 * (64 + 64) a key, and
// queries and results.
// CHECK-LABEL: func.func @causal
// CHECK: %[[LENGTH:.*]] = tensor.dim %arg3
// CHECK: rows.dispatch @kernels::@kernel_0(%arg0, %arg1, %arg2, %{{.*}}, %{{.*}}, %[[LENGTH]])
// CHECK: func.func @kernel_0
// CHECK-SAME: tercet.bytes = affine_map<(d0, d1, d2) -> (d2 * 1024 + 16384)>
// CHECK-SAME: tercet.op = "attention"
// CHECK-SAME: tercet.ops = affine_map<(d0, d1, d2) -> ((d2 * 4 - 6) * 2048)>
// CHECK-SAME: tercet.shape = "8x64"
func.func @causal(%q: tensor<4x8x64xf32>, %k: tensor<?x2x64xf32>, %v: tensor<?x2x64xf32>, %n: tensor<?xf32>) -> tensor<4x8x64xf32> {
  %c0 = arith.constant 0 : index
  %length = tensor.dim %n, %c0 : tensor<?xf32>
  %e = tensor.empty() : tensor<4x8x64xf32>
  %y = rows.attention causal scale(0.125) ins(%q, %k, %v : tensor<4x8x64xf32>, tensor<?x2x64xf32>, tensor<?x2x64xf32>) length(%length) outs(%e : tensor<4x8x64xf32>) -> tensor<4x8x64xf32>
  return %y : tensor<4x8x64xf32>
}

// Neither size is known: no affine map has their product, so the operations are
// those of one query.
// CHECK: func.func @kernel_1
// CHECK-SAME: tercet.bytes = affine_map<(d0, d1, d2) -> (d0 * 2048 + d1 * 512)>
// CHECK-SAME: tercet.ops = affine_map<(d0, d1, d2) -> (d1 * 1024)>
func.func @dynamic(%q: tensor<?x4x64xf32>, %k: tensor<?x1x64xf32>, %v: tensor<?x1x64xf32>) -> tensor<?x4x64xf32> {
  %c0 = arith.constant 0 : index
  %m = tensor.dim %q, %c0 : tensor<?x4x64xf32>
  %s = tensor.dim %k, %c0 : tensor<?x1x64xf32>
  %e = tensor.empty(%m) : tensor<?x4x64xf32>
  %y = rows.attention scale(0.125) ins(%q, %k, %v : tensor<?x4x64xf32>, tensor<?x1x64xf32>, tensor<?x1x64xf32>) length(%s) outs(%e : tensor<?x4x64xf32>) -> tensor<?x4x64xf32>
  return %y : tensor<?x4x64xf32>
}
