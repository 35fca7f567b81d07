// RUN: tercet-opt %s --pass-pipeline='builtin.module(func.func(lower-rows-float-matmul))' | FileCheck %s

// A block of 4 rows and 4 outputs: 16 sums of 16 lanes become one vector of 16 totals by 15
// additions (8, 4, 2, 1), whose quarters are rows; the epilogue is on vectors, too.
// CHECK-LABEL: @block
// CHECK: %[[SUMS:.*]]:16 = scf.for
// CHECK: vector.shuffle %[[SUMS]]#0, %[[SUMS]]#4 [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23]
// CHECK: vector.shuffle %[[SUMS]]#0, %[[SUMS]]#4 [8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31]
// CHECK-COUNT-14: arith.addf %{{.*}}, %{{.*}} : vector<16xf32>
// CHECK: %[[ALL:.*]] = arith.addf %{{.*}}, %{{.*}} : vector<16xf32>
// CHECK-NOT: arith.addf %{{.*}}, %{{.*}} : vector<16xf32>
// CHECK: %[[ROW:.*]] = vector.extract_strided_slice %[[ALL]] {offsets = [0], sizes = [4], strides = [1]}
// CHECK: %[[BIAS:.*]] = vector.load {{.*}} vector<4xf32>
// CHECK: %[[SUM:.*]] = arith.addf %{{.*}}, %[[BIAS]] : vector<4xf32>
// CHECK: vector.store %[[SUM]], {{.*}} vector<4xf32>
// One row that is left over: its four outputs are one vector, then single ones.
// CHECK: vector.store {{.*}} vector<4xf32>
// CHECK: memref.store {{.*}} memref<?x6xf32>
func.func @block(%x: memref<?x32xf32>, %w: memref<6x32xf32>, %bias: memref<6xf32>, %y: memref<?x6xf32>) {
  rows.float_matmul ins(%x, %w : memref<?x32xf32>, memref<6x32xf32>) epilogue(%bias : memref<6xf32>)
      maps [affine_map<(r, n) -> (n)>] outs(%y : memref<?x6xf32>) {
  ^bb0(%acc: f32, %b: f32):
    %s = arith.addf %acc, %b : f32
    rows.yield %s : f32
  }
  return
}

// Rows that an index picks are loaded where they lie.
// CHECK-LABEL: @gathered
// CHECK-SAME: %[[X:.*]]: memref<64x16xf32>, {{.*}}, %[[INDEX:.*]]: memref<?xi32>
// CHECK: %[[NUMBER:.*]] = memref.load %[[INDEX]][%[[ROW:.*]]] : memref<?xi32>
// CHECK: %[[AT:.*]] = arith.index_cast %[[NUMBER]] : i32 to index
// CHECK: memref.load %[[INDEX]]
// CHECK: vector.load %[[X]][%[[AT]], %{{.*}}] : memref<64x16xf32>, vector<16xf32>
// CHECK: vector.store %{{.*}}, %{{.*}}[%[[ROW]], %{{.*}}] : memref<?x4xf32>, vector<4xf32>
func.func @gathered(%x: memref<64x16xf32>, %w: memref<4x16xf32>, %index: memref<?xi32>, %y: memref<?x4xf32>) {
  rows.float_matmul ins(%x, %w : memref<64x16xf32>, memref<4x16xf32>) index(%index : memref<?xi32>)
      maps [] outs(%y : memref<?x4xf32>) {
  ^bb0(%acc: f32):
    rows.yield %acc : f32
  }
  return
}
