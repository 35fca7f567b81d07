// RUN: tercet-opt %s --split-input-file --verify-diagnostics --pass-pipeline='builtin.module(func.func(lower-rows-nearest,lower-rows-segment-sum))'

func.func @no_config(%x: memref<8x4xf32>, %c: memref<5x4xf32>, %n: memref<5xf32>, %i: memref<8xi32>, %s: memref<8xf32>) {
  // expected-error @below {{needs memrefs of one batch and a config with lanes, row_vectors and block, or with threads and tile_sizes, all positive}}
  rows.nearest ins(%x, %c, %n : memref<8x4xf32>, memref<5x4xf32>, memref<5xf32>) outs(%i, %s : memref<8xi32>, memref<8xf32>)
  return
}

// -----
func.func @chunks(%x: memref<8x4xf32>, %i: memref<8xi32>, %s: memref<2x3x5xf32>) {
  // expected-error @below {{must be over memrefs and have one chunk; run tile-kernels and bufferize-kernels first}}
  rows.segment_sum ins(%x, %i : memref<8x4xf32>, memref<8xi32>) outs(%s : memref<2x3x5xf32>)
  return
}

// -----
func.func @batches(%x: memref<2x8x4xf32>, %c: memref<2x5x4xf32>, %n: memref<2x5xf32>, %i: memref<2x8xi32>, %s: memref<2x8xf32>) {
  // expected-error @below {{needs memrefs of one batch and a config}}
  rows.nearest {config = {threads = 64 : i64, tile_sizes = array<i64: 1, 16>}} ins(%x, %c, %n : memref<2x8x4xf32>, memref<2x5x4xf32>, memref<2x5xf32>) outs(%i, %s : memref<2x8xi32>, memref<2x8xf32>)
  return
}
