// RUN: tercet-opt %s --pass-pipeline='builtin.module(func.func(gpu-lower-rows-matmul-matrix,gpu-lower-rows-matmul,gpu-lower-rows-quantize))' | FileCheck %s
// RUN: tercet-opt %s --pass-pipeline='builtin.module(func.func(gpu-lower-rows-matmul,gpu-lower-rows-quantize,gpu-map-to-threads))' | FileCheck %s --check-prefix=THREADS

// A thread has four outputs: slices of K, then their sum and the epilogue; blocks of two rows, then one.
// CHECK-LABEL: func @matmul
// CHECK: %[[PARTIAL:.*]] = memref.alloc() : memref<4x2x16xi32>
// CHECK: scf.for %{{.*}} = %c0{{.*}} to %{{.*}} step %c2
// CHECK: scf.parallel (%[[SLICE:.*]], %[[OUT:.*]]) =
// CHECK: scf.for %{{.*}} = %[[SLICE]] to %c4{{.*}} step %c4
// CHECK: vector.load %{{.*}} {alignment = 16 : i64} : memref<1x256xi8>, vector<16xi8>
// CHECK: vector.load %{{.*}} {alignment = 16 : i64} : memref<?x64xi8>, vector<16xi8>
// CHECK: nvvm.dot.accumulate.4way
// CHECK: vector.store %{{.*}}, %[[PARTIAL]]{{.*}} : memref<4x2x16xi32>, vector<4xi32>
// CHECK: scf.parallel
// CHECK: memref.load %[[PARTIAL]]
// CHECK: arith.subi
// CHECK: arith.sitofp
// CHECK: scf.for %{{.*}} step %c1
// THREADS-LABEL: func @matmul
// THREADS: nvvm.dot.accumulate.4way
// THREADS: gpu.barrier
// THREADS: arith.sitofp
// THREADS: gpu.barrier
func.func @matmul(%x: memref<?x64xi8>, %sums: memref<?xi32>, %w: memref<1x256xi8>, %y: memref<?x16xf32>) attributes {tercet.workgroup_size = 64 : i64} {
  rows.matmul #ternary.code<i2> k(64) {config = {engine = "dp4a", k_split = 4 : i64, row_block = 2 : i64, tile_sizes = array<i64: 8, 16>}}
      ins(%x, %sums, %w : memref<?x64xi8>, memref<?xi32>, memref<1x256xi8>)
      maps [] outs(%y : memref<?x16xf32>) {
  ^bb0(%acc: i32):
    %f = arith.sitofp %acc : i32 to f32
    rows.yield %f : f32
  }
  return
}

// Without k_split the op is left to the common lowering.
// CHECK-LABEL: func @plain
// CHECK: rows.matmul
func.func @plain(%x: memref<?x64xi8>, %sums: memref<?xi32>, %w: memref<1x256xi8>, %y: memref<?x16xi32>) {
  rows.matmul #ternary.code<i2> k(64) {config = {engine = "dp4a", tile_sizes = array<i64: 8, 16>}}
      ins(%x, %sums, %w : memref<?x64xi8>, memref<?xi32>, memref<1x256xi8>)
      maps [] outs(%y : memref<?x16xi32>) {
  ^bb0(%acc: i32):
    rows.yield %acc : i32
  }
  return
}

// 16 partial sums in order and a tree; the maximum by all threads; zero columns
// behind the row.
// CHECK-LABEL: func @quantize
// CHECK: scf.parallel (%[[T:.*]]) = (%{{.*}}) to (%c16{{.*}})
// CHECK: scf.for %{{.*}} = %[[T]] to %c37{{.*}} step %c16
// CHECK-COUNT-15: arith.addf
// CHECK: math.sqrt
// CHECK: scf.parallel {{.*}} to (%c64
// CHECK: arith.maxnumf
// CHECK: math.roundeven
// CHECK: scf.parallel {{.*}} = (%c37{{.*}}) to (%c48
// THREADS-LABEL: func @quantize
// THREADS: gpu.barrier
// THREADS: math.sqrt
// THREADS: gpu.barrier
// THREADS: math.roundeven
// THREADS: gpu.barrier
func.func @quantize(%x: memref<?x37xf32>, %g: memref<37xf32>, %q: memref<?x48xi8>, %s: memref<?xf32>, %sums: memref<?xi32>) attributes {tercet.workgroup_size = 64 : i64} {
  rows.quantize <absmax_i8> eps(1.0e-5)
      ins(%x : memref<?x37xf32>, %g : memref<37xf32>)
      outs(%q, %s, %sums : memref<?x48xi8>, memref<?xf32>, memref<?xi32>)
  return
}
