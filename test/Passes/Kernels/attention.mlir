// Attention from a function over tensors to loops: tiling, bufferization, lowering.
// RUN: tercet-opt %s --tile-kernels --bufferize-kernels | FileCheck %s --check-prefix=TILE
// RUN: tercet-opt %s --tile-kernels --bufferize-kernels --mlir-print-local-scope | FileCheck %s --check-prefix=CONFIG
// RUN: tercet-opt %s --pass-pipeline='builtin.module(tile-kernels,bufferize-kernels,builtin.module(func.func(distribute-workgroups,lower-rows-attention,canonicalize,cse)))' | FileCheck %s
// RUN: tercet-opt %s --pass-pipeline='builtin.module(tile-kernels,bufferize-kernels,builtin.module(func.func(distribute-workgroups,lower-rows-attention,canonicalize,cse)))' | FileCheck %s --check-prefix=FEW

// A tile has 24 queries of the two heads that share a key head: 48 rows. Its first
// row stands where its queries do.
// TILE: affine_map<(d0, d1, d2) -> ((d0 ceildiv 24) * 2)>
// TILE-LABEL: func.func @k
// TILE: scf.forall (%[[H:.*]], %[[M:.*]]) = (0, 0) to (2, %{{.*}}) step (1, 24)
// TILE: memref.subview %arg0[%[[M]], %{{.*}}, 0] [%{{.*}}, 2, 64]
// TILE: memref.subview %arg1[0, %[[H]], 0] [%{{.*}}, 1, 64]
// TILE: memref.subview %arg2[0, %[[H]], 0] [%{{.*}}, 1, 64]
// TILE: %[[FIRST:.*]] = affine.apply #{{.*}}(%[[M]])[%arg6, %{{.*}}]
// TILE: rows.attention causal {{.*}} length(%arg6) first(%[[FIRST]])

// CONFIG: config = {fma = true, key_block = 8 : i64, keys = 64 : i64, lanes = 16 : i64, row_vectors = 3 : i64, tile_sizes = array<i64: 1, 24>}

// At most a vector of rows takes the other form, decided when it runs.
// CHECK-LABEL: func.func @k
// CHECK: arith.cmpi sle, %{{.*}}, %c16
// CHECK: scf.if
// CHECK: } else {
// Transposed queries, scores of a block and sums; no more.
// CHECK-DAG: memref.alloc() : memref<64x48xf32>
// CHECK-DAG: memref.alloc() : memref<48xi32>
// CHECK: scf.for %{{.*}} step %c64
// Register blocks of 8 keys by 3 vectors: 24 sums.
// CHECK: scf.for %{{.*}} = %c0 to %c64 step %c4 iter_args({{(%[a-z0-9_]+ = %[a-z0-9_]+, ){23}%[a-z0-9_]+ = %[a-z0-9_]+}})
// CHECK: memref.load %{{.*}} : memref<?x1x64xf32, strided<[128, 64, 1], offset: ?>>
// CHECK: vector.broadcast %{{.*}} : f32 to vector<16xf32>
// CHECK: math.fma
// Keys behind a row's own position do not count.
// CHECK: arith.cmpi slt, %{{.*}} : vector<16xi32>
// CHECK: arith.select
// CHECK: arith.divf

// Few rows: lanes along the width, the next block is fetched ahead.
// FEW-LABEL: func.func @k
// FEW: scf.if
// FEW: memref.prefetch
// FEW: vector.load %{{.*}} : memref<?x1x64xf32, strided<[128, 64, 1], offset: ?>>, vector<16xf32>
// FEW: math.fma
// FEW: vector.shuffle
// FEW: } else {
module attributes {tercet.target = "cpu:x86-64-v4"} {
module @kernels {
func.func @k(%q: tensor<?x4x64xf32> {tercet.dims = array<i64: 0, -1, -1>}, %k: tensor<?x2x64xf32> {tercet.dims = array<i64: 1, -1, -1>}, %v: tensor<?x2x64xf32> {tercet.dims = array<i64: 1, -1, -1>}, %m: index, %s: index, %n: index) -> (tensor<?x4x64xf32> {tercet.dims = array<i64: 0, -1, -1>}) {
  %e = tensor.empty(%m) : tensor<?x4x64xf32>
  %y = rows.attention causal scale(0.125)
      ins(%q, %k, %v : tensor<?x4x64xf32>, tensor<?x2x64xf32>, tensor<?x2x64xf32>)
      length(%n) outs(%e : tensor<?x4x64xf32>) -> tensor<?x4x64xf32>
  return %y : tensor<?x4x64xf32>
}
}
}
