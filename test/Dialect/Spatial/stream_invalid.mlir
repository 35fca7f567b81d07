// RUN: tercet-opt %s -split-input-file -verify-diagnostics

func.func @SPATIAL_S1(%x: tensor<4x4x4x1xf32>) {
  // expected-error @below {{SPATIAL-S1: takes [T, H, W, C]}}
  %y = spatial.patchify %x patch([2, 2, 3]) : tensor<4x4x4x1xf32> -> tensor<4x12xf32>
  return
}

// -----
func.func @SPATIAL_S1_patch(%x: tensor<4x4x4x1xf32>) {
  // expected-error @below {{SPATIAL-S1: takes [T, H, W, C]}}
  %y = spatial.patchify %x patch([2, 0, 2]) : tensor<4x4x4x1xf32> -> tensor<4x12xf32>
  return
}

// -----
func.func @SPATIAL_S2(%x: tensor<4x8xf32>) {
  // expected-error @below {{SPATIAL-S2: takes a row for each box}}
  %y = spatial.unpatchify %x patch([2, 2, 2]) : tensor<4x8xf32> -> tensor<4x4x4x1xf32>
  return
}

// -----
func.func @SPATIAL_S3() {
  // expected-error @below {{SPATIAL-S3: takes three even widths}}
  %c, %s = spatial.rope_table grid(#spatial.grid<2, 2, 2>) widths([3, 2, 3]) theta(100.0) : tensor<8x4xf32>
  return
}

// -----
func.func @SPATIAL_S4() {
  // expected-error @below {{SPATIAL-S4: gives tables of 4 x 4, got 'tensor<8x4xf32>'}}
  %c, %s = spatial.rope_table grid(#spatial.grid<2, 3, 2>) widths([4, 2, 2]) theta(100.0) pool([1, 2, 2]) : tensor<8x4xf32>
  return
}

// -----
func.func @SPATIAL_S5(%x: tensor<4x2x6xf32>, %c: tensor<4x4xf32>) {
  // expected-error @below {{SPATIAL-S5: takes [M, H, D] with an even D and tables [M, D/2]}}
  %y = spatial.rope %x, %c, %c : tensor<4x2x6xf32>, tensor<4x4xf32>
  return
}

// -----
func.func @SPATIAL_S6(%x: tensor<4x6xf32>, %c: tensor<4x5xf32>) {
  // expected-error @below {{SPATIAL-S6: takes static tensors that agree but in the first axis}}
  %y = spatial.history_push %x, %c : tensor<4x6xf32>, tensor<4x5xf32>
  return
}

// -----
func.func @SPATIAL_S7(%x: tensor<10x4xf32>, %s: tensor<2x4xf32>) {
  // expected-error @below {{SPATIAL-S7: takes [M, d] and [S, d] with S lengths}}
  %y = spatial.segment_modulate %x, %s, %s lengths([3, 6]) : tensor<10x4xf32>, tensor<2x4xf32>
  return
}

// -----
func.func @SPATIAL_S7_one(%x: tensor<?x4xf32>, %s: tensor<2x4xf32>) {
  // expected-error @below {{SPATIAL-S7: takes [M, d] and [S, d] with S lengths}}
  %y = spatial.segment_modulate %x, %s, %s : tensor<?x4xf32>, tensor<2x4xf32>
  return
}

// -----
func.func @SPATIAL_S8(%x: tensor<10x4x8xf32>, %s: tensor<4xf32>) {
  // expected-error @below {{SPATIAL-S8: takes [M, H, D], [H] and a count from 0 to M}}
  %y = spatial.scale_keys %x, %s count(11) : tensor<10x4x8xf32>, tensor<4xf32>
  return
}

// -----
func.func @SPATIAL_S9(%x: tensor<2x5x4x1xf32>) {
  // expected-error @below {{SPATIAL-S9: takes [T, 2 h, 2 w, C]}}
  %y = spatial.pyramid_down %x : tensor<2x5x4x1xf32> -> tensor<2x2x2x1xf32>
  return
}

// -----
func.func @SPATIAL_S10(%x: tensor<2x2x2x1xf32>, %n: tensor<2x4x5x1xf32>) {
  // expected-error @below {{SPATIAL-S10: takes [T, h, w, C] and noise [T, 2 h, 2 w, C]}}
  %y = spatial.pyramid_jump %x, %n sigma(0.5) gamma(0.25) : tensor<2x2x2x1xf32>, tensor<2x4x5x1xf32>
  return
}

// -----
func.func @SPATIAL_S11(%x: tensor<2x2x2x1xf32>, %n: tensor<2x4x4x1xf32>) {
  // expected-error @below {{SPATIAL-S11: sigma is from 0 to 1 and gamma positive and at most 1/3}}
  %y = spatial.pyramid_jump %x, %n sigma(0.5) gamma(0.5) : tensor<2x2x2x1xf32>, tensor<2x4x4x1xf32>
  return
}

// -----
func.func @SPATIAL_S12(%x: tensor<2x2xf32>, %n: tensor<1xf32>) {
  // expected-error @below {{SPATIAL-S12: sigma and next are tensor<f32>}}
  %y = spatial.level_step %x, %x, %x, %n, %n : tensor<2x2xf32>, tensor<1xf32>, tensor<1xf32>
  return
}
