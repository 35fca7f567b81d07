// RUN: tercet-opt %s -split-input-file --pass-pipeline='builtin.module(func.func(gpu-lower-rows-matmul-matrix))' | FileCheck %s
// RUN: tercet-opt %s -split-input-file --pass-pipeline='builtin.module(func.func(gpu-lower-rows-matmul-matrix,gpu-map-to-threads))' | FileCheck %s --check-prefix=THREADS

// Four slices of K, a panel each. Many rows: eight instructions' rows at once;
// few rows: one after the other. A lane's two rows of the panel are one load,
// its activations of a word another.
// CHECK-LABEL: func @mma
// CHECK: %[[SUMS:.*]] = memref.alloc() : memref<64x16xi32>
// CHECK: scf.if
// CHECK: scf.parallel {{.*}} to (%c64{{.*}}, %c16
// CHECK: scf.for {{.*}} to %c4{{.*}} step %c4
// CHECK-COUNT-2: vector.load {{.*}} {alignment = 8 : i64} : memref<1x2048xi8>, vector<8xi8>
// CHECK: vector.load {{.*}} {alignment = 16 : i64} : memref<?x512xi8>, vector<16xi8>
// CHECK-COUNT-32: nvvm.mma.sync
// CHECK-NOT: nvvm.mma.sync
// CHECK-COUNT-32: memref.atomic_rmw addi {{.*}} %[[SUMS]]
// CHECK: scf.parallel
// CHECK: arith.subi
// CHECK: } else {
// CHECK: scf.for {{.*}} step %c8
// CHECK: nvvm.mma.sync
// THREADS-LABEL: func @mma
// THREADS: gpu.barrier
// THREADS: nvvm.mma.sync
// THREADS: memref.atomic_rmw
// THREADS: gpu.barrier
func.func @mma(%x: memref<?x512xi8>, %sums: memref<?xi32>, %w: memref<1x2048xi8>, %y: memref<?x16xi32>) attributes {tercet.workgroup_size = 128 : i64} {
  rows.matmul #ternary.code<i2> k(512) {config = {engine = "mma.m16n8k32", k_split = 4 : i64, panels = 1 : i64, threads = 128 : i64, tile_sizes = array<i64: 64, 16>}}
      ins(%x, %sums, %w : memref<?x512xi8>, memref<?xi32>, memref<1x2048xi8>)
      maps [] outs(%y : memref<?x16xi32>) {
  ^bb0(%acc: i32):
    rows.yield %acc : i32
  }
  return
}

// -----

// A tile of one instruction's rows has one pass; one slice needs no atomics. A
// word past the end of K is the last one again, against activations of zero.
// CHECK-LABEL: func @mfma
// CHECK-NOT: scf.if
// CHECK: scf.if
// CHECK: scf.for
// CHECK: arith.minui
// CHECK: vector.load {{.*}} {alignment = 4 : i64} : memref<1x192xi8>, vector<4xi8>
// CHECK: arith.select
// CHECK: llvm.call_intrinsic "llvm.amdgcn.mfma.i32.16x16x32.i8"
// CHECK-NOT: atomic
// CHECK: memref.store
// CHECK-NOT: } else {
// CHECK: return
func.func @mfma(%x: memref<16x48xi8>, %sums: memref<16xi32>, %w: memref<1x192xi8>, %y: memref<16x16xi32>) attributes {tercet.workgroup_size = 64 : i64} {
  rows.matmul #ternary.code<i2> k(48) {config = {engine = "mfma.16x16x32", k_split = 1 : i64, panels = 1 : i64, threads = 64 : i64, tile_sizes = array<i64: 16, 16>}}
      ins(%x, %sums, %w : memref<16x48xi8>, memref<16xi32>, memref<1x192xi8>)
      maps [] outs(%y : memref<16x16xi32>) {
  ^bb0(%acc: i32):
    rows.yield %acc : i32
  }
  return
}

// -----

// A lane has all of K; two words in flight.
// CHECK-LABEL: func @wmma
// CHECK-COUNT-2: llvm.call_intrinsic "llvm.amdgcn.wmma.i32.16x16x16.iu8"
func.func @wmma(%x: memref<16x64xi8>, %sums: memref<16xi32>, %w: memref<1x256xi8>, %y: memref<16x16xi32>) attributes {tercet.workgroup_size = 32 : i64} {
  rows.matmul #ternary.code<i2> k(64) {config = {engine = "wmma.16x16x16", k_split = 1 : i64, panels = 1 : i64, threads = 32 : i64, tile_sizes = array<i64: 16, 16>}}
      ins(%x, %sums, %w : memref<16x64xi8>, memref<16xi32>, memref<1x256xi8>)
      maps [] outs(%y : memref<16x16xi32>) {
  ^bb0(%acc: i32):
    rows.yield %acc : i32
  }
  return
}

// -----

// Two nonzeros of each four: K of 48 is a word of b33 each for two of the four
// lanes that share K. Values are exact, so no sum of activations is taken off;
// activations come from where the instruction wants them, word by word; the
// lanes exchange the places of the nonzeros.
// CHECK-LABEL: func @sparse_mma
// CHECK: vector.load {{.*}} : memref<1x128xi8>, vector<8xi8>
// CHECK: vector.load {{.*}} : memref<8x48xi8>, vector<4xi8>
// CHECK: nvvm.shfl.sync bfly
// CHECK: nvvm.shfl.sync bfly
// CHECK-COUNT-3: llvm.call_intrinsic "llvm.nvvm.mma.sp.ordered.metadata.m16n8k64.row.col.s8"
// CHECK-NOT: llvm.call_intrinsic
// CHECK: scf.parallel
// CHECK-NOT: arith.subi
// CHECK: return
func.func @sparse_mma(%x: memref<8x48xi8>, %sums: memref<8xi32>, %w: memref<1x128xi8>, %y: memref<8x16xi32>) attributes {tercet.workgroup_size = 32 : i64} {
  rows.matmul #ternary.code<b33, <2:4>> k(48) {config = {engine = "mma.sp.m16n8k64", k_split = 1 : i64, panels = 1 : i64, threads = 32 : i64, tile_sizes = array<i64: 8, 16>}}
      ins(%x, %sums, %w : memref<8x48xi8>, memref<8xi32>, memref<1x128xi8>)
      maps [] outs(%y : memref<8x16xi32>) {
  ^bb0(%acc: i32):
    rows.yield %acc : i32
  }
  return
}

// -----

// CHECK-LABEL: func @smfmac
// CHECK: vector.load {{.*}} {alignment = 8 : i64} : memref<16x96xi8>, vector<8xi8>
// CHECK-COUNT-3: llvm.call_intrinsic "llvm.amdgcn.smfmac.i32.16x16x64.i8"
func.func @smfmac(%x: memref<16x96xi8>, %sums: memref<16xi32>, %w: memref<1x256xi8>, %y: memref<16x16xi32>) attributes {tercet.workgroup_size = 64 : i64} {
  rows.matmul #ternary.code<b33, <2:4>> k(96) {config = {engine = "smfmac.16x16x64", k_split = 1 : i64, panels = 1 : i64, threads = 64 : i64, tile_sizes = array<i64: 16, 16>}}
      ins(%x, %sums, %w : memref<16x96xi8>, memref<16xi32>, memref<1x256xi8>)
      maps [] outs(%y : memref<16x16xi32>) {
  ^bb0(%acc: i32):
    rows.yield %acc : i32
  }
  return
}
