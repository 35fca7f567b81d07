// Products by slice become rows.matmul on views of the weights: no copy of any.
// RUN: tercet-opt %s --split-input-file --lower-rows-grouped-matmul --canonicalize | FileCheck %s

#m = affine_map<(r, n, g, m) -> (m)>
#g = affine_map<(r, n, g, m) -> (g)>
#r = affine_map<(r, n, g, m) -> (r)>

// A row at a time, with its slice, its input row and that slice's scale.
// CHECK-LABEL: @pairs
// CHECK-NOT: memref.alloc
// CHECK: scf.for %[[ROW:.*]] = %c0 to
// CHECK: %[[ID:.*]] = memref.load %arg3[%[[ROW]]]
// CHECK: %[[G:.*]] = arith.index_cast %[[ID]]
// CHECK: %[[T:.*]] = memref.load %arg4[%[[ROW]]]
// CHECK: %[[M:.*]] = arith.index_cast %[[T]]
// CHECK-DAG: memref.subview %arg5[%[[M]]] [1] [1]
// CHECK-DAG: memref.subview %arg6[%[[G]]] [1] [1] : memref<8xf32> to memref<f32, strided<[], offset: ?>>
// CHECK-DAG: memref.subview %arg0[%[[M]], 0] [1, 64]
// CHECK-DAG: %[[W:.*]] = memref.subview %arg2[%[[G]], 0, 0] [1, 2, 256] [1, 1, 1] : memref<8x2x256xi8> to memref<2x256xi8,
// CHECK-DAG: memref.subview %arg7[%[[ROW]], 0] [1, 32]
// CHECK: rows.matmul <i2> k(64) {config = {engine = "portable"}} ins(%{{.*}}, %{{.*}}, %[[W]]
// CHECK-NOT: grouped
// CHECK: return
func.func @pairs(%x: memref<?x64xi8>, %s: memref<?xi32>, %w: memref<8x2x256xi8>, %ids: memref<?xi32>,
                 %t: memref<?xi32>, %a: memref<?xf32>, %b: memref<8xf32>, %y: memref<?x32xf32>) {
  rows.grouped_matmul <i2> k(64) {config = {engine = "portable"}}
      ins(%x, %s, %w : memref<?x64xi8>, memref<?xi32>, memref<8x2x256xi8>)
      slices(%ids : memref<?xi32>) index(%t : memref<?xi32>)
      epilogue(%a, %b : memref<?xf32>, memref<8xf32>) maps [#m, #g] outs(%y : memref<?x32xf32>) {
  ^bb0(%acc: i32, %p: f32, %q: f32):
    %1 = arith.sitofp %acc : i32 to f32
    %2 = arith.mulf %1, %p : f32
    %3 = arith.mulf %2, %q : f32
    rows.yield %3 : f32
  }
  return
}

// -----

#m = affine_map<(r, n, g, m) -> (m)>

// Sorted rows, 16 at a time; the input rows that an index picks, and what goes with
// them, are brought together in a buffer that depends on no number of slices.
// CHECK-LABEL: @sorted
// CHECK-DAG: memref.alloc() {alignment = 64 : i64} : memref<16x64xi8>
// CHECK-DAG: memref.alloc() {alignment = 64 : i64} : memref<16xi32>
// CHECK-DAG: memref.alloc() {alignment = 64 : i64} : memref<16xf32>
// CHECK-NOT: memref.alloc
// CHECK: scf.for %[[G:.*]] = %c0 to %c8 step %c1
// CHECK: memref.load %arg3[%[[G]]]
// CHECK: memref.load %arg3[
// CHECK: scf.for %[[ROW:.*]] = %{{.*}} to %{{.*}} step %c16
// CHECK: linalg.copy
// CHECK: memref.subview %arg2[%[[G]], 0, 0] [1, 2, 256] [1, 1, 1] : memref<8x2x256xi8> to memref<2x256xi8,
// CHECK: rows.matmul
func.func @sorted(%x: memref<?x64xi8>, %s: memref<?xi32>, %w: memref<8x2x256xi8>, %o: memref<9xi32>,
                  %t: memref<?xi32>, %a: memref<?xf32>, %y: memref<?x32xf32>) {
  rows.grouped_matmul <i2> k(64) {config = {engine = "portable"}}
      ins(%x, %s, %w : memref<?x64xi8>, memref<?xi32>, memref<8x2x256xi8>)
      offsets(%o : memref<9xi32>) index(%t : memref<?xi32>)
      epilogue(%a : memref<?xf32>) maps [#m] outs(%y : memref<?x32xf32>) {
  ^bb0(%acc: i32, %p: f32):
    %1 = arith.sitofp %acc : i32 to f32
    %2 = arith.mulf %1, %p : f32
    rows.yield %2 : f32
  }
  return
}

// -----

// Without an index sorted rows are read where they are.
// CHECK-LABEL: @in_order
// CHECK-NOT: memref.alloc
// CHECK-NOT: linalg.copy
// CHECK: rows.matmul
func.func @in_order(%x: memref<?x64xi8>, %s: memref<?xi32>, %w: memref<8x2x256xi8>, %o: memref<9xi32>, %y: memref<?x32xi32>) {
  rows.grouped_matmul <i2> k(64) {config = {engine = "portable"}}
      ins(%x, %s, %w : memref<?x64xi8>, memref<?xi32>, memref<8x2x256xi8>)
      offsets(%o : memref<9xi32>) maps [] outs(%y : memref<?x32xi32>) {
  ^bb0(%acc: i32):
    rows.yield %acc : i32
  }
  return
}
