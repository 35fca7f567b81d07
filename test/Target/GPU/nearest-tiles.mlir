// The nearest vectors by tiles of a float engine, one set of them for each wave in turn.
// RUN: tercet-opt %s --split-input-file --verify-diagnostics --pass-pipeline='builtin.module(func.func(gpu-lower-rows-nearest))' | FileCheck %s

// Of 64 rows a wave has 32, two waves share them: 2 x 2 times. Four tiles of vectors at a time,
// every other four of them a wave's, so steps of 128; 4 terms of 2 x 4 tiles.
// CHECK-LABEL: func @tiles
// CHECK: llvm.call_intrinsic "llvm.amdgcn.readfirstlane.i32"
// CHECK: %[[SCORES:.*]] = memref.alloc() : memref<64x33xf32>
// CHECK: %[[NUMBERS:.*]] = memref.alloc() : memref<64x33xi32>
// CHECK: scf.for %{{.*}} = %{{.*}} to %c4{{.*}} step %c4
// CHECK: scf.for %{{.*}} to %c500{{.*}} step %c128
// CHECK: scf.for %{{.*}} to %c64{{.*}} step %c16
// CHECK-COUNT-2: vector.load %arg0{{.*}} {alignment = 16 : i64}
// CHECK-COUNT-4: vector.load %arg1{{.*}} {alignment = 16 : i64}
// CHECK-COUNT-32: llvm.call_intrinsic "llvm.amdgcn.mfma.f32.16x16x4f32"
// CHECK-NOT: mfma
// CHECK: memref.store %{{.*}}, %[[SCORES]]
// CHECK: memref.store %{{.*}}, %[[NUMBERS]]
// CHECK: scf.parallel
func.func @tiles(%x: memref<?x64xf32>, %c: memref<500x64xf32>, %n: memref<500xf32>, %i: memref<?xi32>, %s: memref<?xf32>) attributes {tercet.workgroup_size = 256 : i64} {
  rows.nearest {config = {engine = "mfma.f32.16x16x4", tile_sizes = array<i64: 64>}} ins(%x, %c, %n : memref<?x64xf32>, memref<500x64xf32>, memref<500xf32>) outs(%i, %s : memref<?xi32>, memref<?xf32>)
  return
}

// -----
// Three products of an instruction are one of f32: 2 x 1 tiles, 2 times 8 terms.
// CHECK-LABEL: func @few
// CHECK-COUNT-12: nvvm.mma.sync
// CHECK-NOT: nvvm.mma.sync
func.func @few(%x: memref<32x16xf32>, %c: memref<7x16xf32>, %n: memref<7xf32>, %i: memref<32xi32>, %s: memref<32xf32>) attributes {tercet.workgroup_size = 128 : i64} {
  rows.nearest {config = {engine = "mma.3xtf32.m16n8k8", tile_sizes = array<i64: 32>}} ins(%x, %c, %n : memref<32x16xf32>, memref<7x16xf32>, memref<7xf32>) outs(%i, %s : memref<32xi32>, memref<32xf32>)
  return
}

// -----
// CHECK-LABEL: func @no_engine
// CHECK: rows.nearest
func.func @no_engine(%x: memref<?x64xf32>, %c: memref<500x64xf32>, %n: memref<500xf32>, %i: memref<?xi32>, %s: memref<?xf32>) {
  rows.nearest {config = {tile_sizes = array<i64: 16>}} ins(%x, %c, %n : memref<?x64xf32>, memref<500x64xf32>, memref<500xf32>) outs(%i, %s : memref<?xi32>, memref<?xf32>)
  return
}

// -----
func.func @other_engine(%x: memref<?x64xf32>, %c: memref<500x64xf32>, %n: memref<500xf32>, %i: memref<?xi32>, %s: memref<?xf32>) {
  // expected-error @below {{cannot take the engine 'mfma.16x16x32': it has to be one of floats}}
  rows.nearest {config = {engine = "mfma.16x16x32", tile_sizes = array<i64: 64>}} ins(%x, %c, %n : memref<?x64xf32>, memref<500x64xf32>, memref<500xf32>) outs(%i, %s : memref<?xi32>, memref<?xf32>)
  return
}

// -----
func.func @width(%x: memref<?x20xf32>, %c: memref<500x20xf32>, %n: memref<500xf32>, %i: memref<?xi32>, %s: memref<?xf32>) {
  // expected-error @below {{cannot take the engine 'mma.3xtf32.m16n8k8'}}
  rows.nearest {config = {engine = "mma.3xtf32.m16n8k8", tile_sizes = array<i64: 64>}} ins(%x, %c, %n : memref<?x20xf32>, memref<500x20xf32>, memref<500xf32>) outs(%i, %s : memref<?xi32>, memref<?xf32>)
  return
}

// -----
func.func @rows(%x: memref<?x64xf32>, %c: memref<500x64xf32>, %n: memref<500xf32>, %i: memref<?xi32>, %s: memref<?xf32>) {
  // expected-error @below {{with tile_sizes a multiple of 16 rows}}
  rows.nearest {config = {engine = "mma.3xtf32.m16n8k8", tile_sizes = array<i64: 8>}} ins(%x, %c, %n : memref<?x64xf32>, memref<500x64xf32>, memref<500xf32>) outs(%i, %s : memref<?xi32>, memref<?xf32>)
  return
}
