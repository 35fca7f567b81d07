// One product through the forms of the kernel: vectors of 16, 8 and 4 lanes, and
// threads with one output each.
// RUN: tercet-opt %s --split-input-file --lower-rows-matmul --canonicalize --cse | FileCheck %s

#r = affine_map<(r, n) -> (r)>
#n = affine_map<(r, n) -> (n)>

// Rows in blocks of 16, then 4, then 1; every word of a panel is read and decoded
// once a block; one accumulator a row.
// CHECK-LABEL: @blocks
// CHECK: scf.for %{{.*}} = %c0 to %[[SIXTEENS:[0-9]+]] step %c16 {
// CHECK:   %[[SUMS:.*]]:16 = scf.for %{{.*}} = %c0 to %c4 step %c1
// CHECK:     memref.prefetch {{.*}}, read, locality<3>, data
// CHECK:     vector.load {{.*}} : memref<2x256xi8>, vector<64xi8>
// CHECK-NOT: vector.load {{.*}}, vector<64xi8>
// CHECK-COUNT-64: llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.512"
// CHECK:     scf.yield
// The sums of the rows correct for codes that are w + 1; then the epilogue, on
// vectors, with whole panels only: no masks.
// CHECK:   %[[S:.*]] = memref.load %arg1
// CHECK:   %[[SPLAT:.*]] = vector.broadcast %[[S]] : i32 to vector<16xi32>
// CHECK:   arith.subi %{{.*}}, %[[SPLAT]] : vector<16xi32>
// CHECK:   vector.load %arg4[%{{.*}}] : memref<32xf32>, vector<16xf32>
// CHECK:   arith.sitofp %{{.*}} : vector<16xi32> to vector<16xf32>
// CHECK:   arith.mulf %{{.*}} : vector<16xf32>
// CHECK:   vector.store
// CHECK-NOT: vector.maskedstore
// CHECK: scf.for %{{.*}} = %[[SIXTEENS]] to %[[FOURS:[0-9]+]] step %c4 {
// With four rows two accumulators each, so that eight are on their way.
// CHECK:   %{{.*}}:8 = scf.for {{.*}} -> (vector<16xi32>, vector<16xi32>
// With one row, an accumulator for each of the four groups of a word.
// CHECK: scf.for %{{.*}} = %[[FOURS]] to %{{.*}} step %c1 {
// CHECK:   scf.for {{.*}} -> (vector<16xi32>, vector<16xi32>, vector<16xi32>, vector<16xi32>)
// CHECK-COUNT-4: llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.512"
// CHECK-NOT: rows.
func.func @blocks(%x: memref<?x64xi8>, %s: memref<?xi32>, %w: memref<2x256xi8>, %a: memref<?xf32>, %b: memref<32xf32>, %y: memref<?x32xf32>) {
  rows.matmul <i2> k(64) {config = {engine = "avx512vnni", prefetch = 2048 : i64, row_block = 16 : i64}}
      ins(%x, %s, %w : memref<?x64xi8>, memref<?xi32>, memref<2x256xi8>)
      epilogue(%a, %b : memref<?xf32>, memref<32xf32>) maps [#r, #n]
      outs(%y : memref<?x32xf32>) {
  ^bb0(%acc: i32, %scale: f32, %bias: f32):
    %0 = arith.sitofp %acc : i32 to f32
    %1 = arith.mulf %0, %scale : f32
    %2 = arith.addf %1, %bias : f32
    rows.yield %2 : f32
  }
  return
}

// -----

// A panel is two vectors of eight outputs. Of the second panel only four outputs
// are there: loads and stores are masked.
// CHECK-LABEL: @halves
// CHECK: vector.load {{.*}}, vector<32xi8>
// CHECK: vector.load {{.*}}, vector<32xi8>
// CHECK: llvm.call_intrinsic "llvm.x86.avx2.pmadd.ub.sw"
// CHECK: llvm.call_intrinsic "llvm.x86.avx2.pmadd.wd"
// CHECK: vector.create_mask %{{.*}} : vector<8xi1>
// CHECK: vector.maskedstore
// CHECK-NOT: vector.store
// CHECK-NOT: memref.prefetch
func.func @halves(%x: memref<2x32xi8>, %s: memref<2xi32>, %w: memref<2x128xi8>, %y: memref<2x20xi32>) {
  rows.matmul <i2> k(32) {config = {engine = "avx2"}}
      ins(%x, %s, %w : memref<2x32xi8>, memref<2xi32>, memref<2x128xi8>) maps []
      outs(%y : memref<2x20xi32>) {
  ^bb0(%acc: i32):
    rows.yield %acc : i32
  }
  return
}

// -----

// Plain arithmetic only.
// CHECK-LABEL: @portable
// CHECK: vector.load {{.*}}, vector<16xi8>
// CHECK: arith.muli %{{.*}} : vector<4xi32>
// CHECK-NOT: llvm.call_intrinsic
func.func @portable(%x: memref<1x32xi8>, %s: memref<1xi32>, %w: memref<1x128xi8>, %y: memref<1x16xi32>) {
  rows.matmul <i2> k(32) {config = {engine = "portable"}}
      ins(%x, %s, %w : memref<1x32xi8>, memref<1xi32>, memref<1x128xi8>) maps []
      outs(%y : memref<1x16xi32>) {
  ^bb0(%acc: i32):
    rows.yield %acc : i32
  }
  return
}

// -----

// A thread has every 32nd output: word t of output n is at byte (16 t + n % 16) * 4
// of panel n / 16.
// CHECK-LABEL: @threads
// CHECK: %[[T:.*]] = gpu.thread_id x
// CHECK: scf.for %[[N:.*]] = %[[T]] to %c40 step %c32
// CHECK:   arith.divui %[[N]], %c16
// CHECK:   arith.remui %[[N]], %c16
// CHECK:   %{{.*}}:8 = scf.for {{.*}} -> (i32, i32
// CHECK:   memref.store %{{.*}}, %{{.*}}[%{{.*}}, %[[N]]] : memref<2x40xi32>
func.func @threads(%x: memref<2x32xi8>, %s: memref<2xi32>, %w: memref<3x128xi8>, %y: memref<2x40xi32>) {
  rows.matmul <i2> k(32) {config = {engine = "dp4a", row_block = 2 : i64, threads = 32 : i64}}
      ins(%x, %s, %w : memref<2x32xi8>, memref<2xi32>, memref<3x128xi8>) maps []
      outs(%y : memref<2x40xi32>) {
  ^bb0(%acc: i32):
    rows.yield %acc : i32
  }
  return
}
