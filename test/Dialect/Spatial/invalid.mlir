// RUN: tercet-opt %s -split-input-file -verify-diagnostics

// expected-error @below {{SPATIAL-G1: sizes of a grid are positive, got 1 x 0 x 4}}
func.func private @SPATIAL_G1() attributes {grid = #spatial.grid<1, 0, 4>}

// -----
// expected-error @below {{SPATIAL-G1: a grid of 65536 x 65536 x 1 has more than 2^31 - 1 tokens}}
func.func private @SPATIAL_G1_many() attributes {grid = #spatial.grid<65536, 65536, 1>}

// -----
// expected-error @below {{SPATIAL-G2: a tile has three sizes, got 2}}
func.func private @SPATIAL_G2_rank() attributes {grid = #spatial.grid<1, 8, 8, tile = [4, 4]>}

// -----
// expected-error @below {{SPATIAL-G2: size 2 of the tile along axis 0 is not from 1 to 1}}
func.func private @SPATIAL_G2() attributes {grid = #spatial.grid<1, 8, 8, tile = [2, 4, 4]>}

// -----
func.func @SPATIAL_T1(%x: tensor<4x8xf32>, %index: tensor<5xi32>) -> tensor<5x8xf32> {
  // expected-error @below {{SPATIAL-T1: takes [N, d] and [m] and gives [m, d] with m <= N}}
  %rows = spatial.gather %x, %index : tensor<4x8xf32>, tensor<5xi32> -> tensor<5x8xf32>
  return %rows : tensor<5x8xf32>
}

// -----
func.func @SPATIAL_T2(%x: tensor<16x8xf32>, %index: tensor<5xi32>, %rows: tensor<4x8xf32>) -> tensor<16x8xf32> {
  // expected-error @below {{SPATIAL-T2: takes [m, d], [m] and [N, d] with m <= N}}
  %y = spatial.scatter %rows, %index into %x : tensor<4x8xf32>, tensor<5xi32>, tensor<16x8xf32>
  return %y : tensor<16x8xf32>
}
