// Recurrences on a CPU: what is read and written of a state, few steps and many.
// RUN: tercet-opt %s --lower-rows-scan --canonicalize --cse --split-input-file | FileCheck %s

// The window is loaded once, moves through the loop and is stored once; what 16
// channels do not cover is done one by one.
// CHECK-LABEL: func.func @conv
// CHECK: scf.for %{{.*}} step %c16
// CHECK: vector.load %{{.*}} : memref<?xf32>, vector<64xf32>
// CHECK-COUNT-4: vector.shuffle
// CHECK-COUNT-3: vector.load %arg4
// CHECK: scf.for {{.*}} iter_args({{.*}}) -> (vector<16xf32>, vector<16xf32>, vector<16xf32>)
// CHECK: math.exp
// CHECK: vector.store %{{.*}}, %arg3
// CHECK: scf.yield
// CHECK-COUNT-3: vector.store %{{.*}}, %arg4
// CHECK: scf.for %{{.*}} step %c1
// CHECK-COUNT-3: memref.load %arg4
func.func @conv(%x: memref<?x?xf32>, %w: memref<?x4xf32>, %b: memref<?xf32>, %y: memref<?x?xf32>, %s: memref<3x?xf32>) {
  rows.causal_conv ins(%x, %w, %b : memref<?x?xf32>, memref<?x4xf32>, memref<?xf32>) outs(%y, %s : memref<?x?xf32>, memref<3x?xf32>)
  return
}

// -----

// Two values of 128 states: 16 vectors in registers, read once and written once.
// CHECK-LABEL: func.func @step
// CHECK-NOT: math.fma
// CHECK-COUNT-16: vector.load %arg8
// CHECK-NOT: vector.load %arg8
// CHECK-COUNT-16: vector.store %{{.*}}, %arg8
func.func @step(%x: memref<1x1x64xf32>, %dt: memref<1x1xf32>, %b: memref<1x1x128xf32>, %c: memref<1x1x128xf32>, %a: memref<1xf32>, %bias: memref<1xf32>, %d: memref<1xf32>, %y: memref<1x1x64xf32>, %s: memref<1x64x128xf32>) {
  rows.scan chunk(128) {config = {chunk = 64 : i64, fma = true, row_block = 4 : i64, vectors = 4 : i64}} ins(%x, %dt, %b, %c, %a, %bias, %d : memref<1x1x64xf32>, memref<1x1xf32>, memref<1x1x128xf32>, memref<1x1x128xf32>, memref<1xf32>, memref<1xf32>, memref<1xf32>) outs(%y, %s : memref<1x1x64xf32>, memref<1x64x128xf32>)
  return
}

// -----

// States that are no multiple of 16 end in a mask, and have no chunks.
// CHECK-LABEL: func.func @tail
// CHECK-NOT: math.fma
// CHECK: vector.constant_mask [4] : vector<16xi1>
// CHECK: vector.maskedload %arg8
// CHECK: vector.maskedstore %arg8
func.func @tail(%x: memref<?x2x3xf32>, %dt: memref<?x2xf32>, %b: memref<?x1x20xf32>, %c: memref<?x1x20xf32>, %a: memref<2xf32>, %bias: memref<2xf32>, %d: memref<2xf32>, %y: memref<?x2x3xf32>, %s: memref<2x3x20xf32>) {
  rows.scan chunk(128) {config = {chunk = 64 : i64, fma = true, row_block = 4 : i64, vectors = 4 : i64}} ins(%x, %dt, %b, %c, %a, %bias, %d : memref<?x2x3xf32>, memref<?x2xf32>, memref<?x1x20xf32>, memref<?x1x20xf32>, memref<2xf32>, memref<2xf32>, memref<2xf32>) outs(%y, %s : memref<?x2x3xf32>, memref<2x3x20xf32>)
  return
}

// -----

// From 16 steps on by chunks: the state is transposed into a buffer, three products with
// fused multiply-adds, and back.
// CHECK-LABEL: func.func @many
// CHECK: %[[MANY:.*]] = arith.cmpi sge, %{{.*}}, %c16
// CHECK: scf.if %[[MANY]]
// CHECK: %[[STATE:.*]] = memref.alloc() : memref<4x32x16xf32>
// CHECK-COUNT-16: vector.load %arg8
// CHECK-COUNT-64: vector.shuffle
// CHECK-COUNT-16: vector.store %{{.*}}, %[[STATE]]
// CHECK: math.fma
// CHECK: math.fma
// CHECK: math.fma
// CHECK: vector.store %{{.*}}, %arg8
// CHECK: } else {
// CHECK-NOT: math.fma
// CHECK: return
func.func @many(%x: memref<?x4x16xf32>, %dt: memref<?x4xf32>, %b: memref<?x1x32xf32>, %c: memref<?x1x32xf32>, %a: memref<4xf32>, %bias: memref<4xf32>, %d: memref<4xf32>, %y: memref<?x4x16xf32>, %s: memref<4x16x32xf32>) {
  rows.scan chunk(128) {config = {chunk = 64 : i64, fma = true, row_block = 4 : i64, vectors = 4 : i64}} ins(%x, %dt, %b, %c, %a, %bias, %d : memref<?x4x16xf32>, memref<?x4xf32>, memref<?x1x32xf32>, memref<?x1x32xf32>, memref<4xf32>, memref<4xf32>, memref<4xf32>) outs(%y, %s : memref<?x4x16xf32>, memref<4x16x32xf32>)
  return
}
