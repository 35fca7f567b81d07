// RUN: tercet-opt %s --split-input-file --verify-diagnostics --pass-pipeline='builtin.module(func.func(gpu-lower-rows-matmul-matrix,gpu-lower-rows-matmul,gpu-lower-rows-scan))'

func.func @engine(%x: memref<?x64xi8>, %sums: memref<?xi32>, %w: memref<1x256xi8>, %y: memref<?x16xi32>) {
  // expected-error @below {{with k_split in its config needs memrefs, tiled outputs, a positive k_split and row_block, and an engine of one lane}}
  rows.matmul #ternary.code<i2> k(64) {config = {engine = "none", k_split = 4 : i64, tile_sizes = array<i64: 8, 16>}}
      ins(%x, %sums, %w : memref<?x64xi8>, memref<?xi32>, memref<1x256xi8>)
      maps [] outs(%y : memref<?x16xi32>) {
  ^bb0(%acc: i32):
    rows.yield %acc : i32
  }
  return
}

// -----

func.func @split(%x: memref<?x64xi8>, %sums: memref<?xi32>, %w: memref<1x256xi8>, %y: memref<?x16xi32>) {
  // expected-error @below {{with k_split in its config needs}}
  rows.matmul #ternary.code<i2> k(64) {config = {engine = "dp4a", k_split = 0 : i64, tile_sizes = array<i64: 8, 16>}}
      ins(%x, %sums, %w : memref<?x64xi8>, memref<?xi32>, memref<1x256xi8>)
      maps [] outs(%y : memref<?x16xi32>) {
  ^bb0(%acc: i32):
    rows.yield %acc : i32
  }
  return
}

// -----

func.func @matrix(%x: memref<?x64xi8>, %sums: memref<?xi32>, %w: memref<1x256xi8>, %y: memref<?x16xi32>) {
  // expected-error @below {{with engine mma.m16n8k32 in its config needs memrefs, threads in waves of 32 that k_split divides, tiles of a multiple of 8 rows}}
  rows.matmul #ternary.code<i2> k(64) {config = {engine = "mma.m16n8k32", k_split = 1 : i64, panels = 1 : i64, threads = 32 : i64, tile_sizes = array<i64: 4, 16>}}
      ins(%x, %sums, %w : memref<?x64xi8>, memref<?xi32>, memref<1x256xi8>)
      maps [] outs(%y : memref<?x16xi32>) {
  ^bb0(%acc: i32):
    rows.yield %acc : i32
  }
  return
}

// -----

func.func @scan(%x: memref<2x4x3xf32>, %dt: memref<2x4xf32>, %b: memref<2x2x5xf32>, %h: memref<4xf32>, %s: memref<4x3x5xf32>) {
  // expected-error @below {{needs memrefs and a config with threads}}
  rows.scan chunk(8) ins(%x, %dt, %b, %b, %h, %h, %h : memref<2x4x3xf32>, memref<2x4xf32>, memref<2x2x5xf32>, memref<2x2x5xf32>, memref<4xf32>, memref<4xf32>, memref<4xf32>) outs(%x, %s : memref<2x4x3xf32>, memref<4x3x5xf32>)
  return
}
