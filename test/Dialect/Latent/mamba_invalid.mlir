// A negative test for each numbered rule of the Mamba-2 ops.
// RUN: tercet-opt %s --split-input-file --verify-diagnostics

func.func @LATENT_V1_channels(%x: tensor<?x8xf32>, %w: tensor<6x4xf32>, %b: tensor<6xf32>, %s: tensor<3x6xf32>) {
  // expected-error@+1 {{LATENT-V1: input is [T, C], weight [C, W] with W of 2 or more, bias [C]; got 'tensor<?x8xf32>', 'tensor<6x4xf32>' and 'tensor<6xf32>'}}
  %y, %n = latent.causal_conv %x, %w, %b state(%s) : tensor<?x8xf32>, tensor<6x4xf32>, tensor<6xf32>, tensor<3x6xf32>
  return
}

// -----

func.func @LATENT_V1_one(%x: tensor<?x6xf32>, %w: tensor<6x1xf32>, %b: tensor<6xf32>, %s: tensor<0x6xf32>) {
  // expected-error@+1 {{LATENT-V1}}
  %y, %n = latent.causal_conv %x, %w, %b state(%s) : tensor<?x6xf32>, tensor<6x1xf32>, tensor<6xf32>, tensor<0x6xf32>
  return
}

// -----

func.func @LATENT_V1_bias(%x: tensor<?x6xf32>, %w: tensor<6x4xf32>, %b: tensor<5xf32>, %s: tensor<3x6xf32>) {
  // expected-error@+1 {{LATENT-V1}}
  %y, %n = latent.causal_conv %x, %w, %b state(%s) : tensor<?x6xf32>, tensor<6x4xf32>, tensor<5xf32>, tensor<3x6xf32>
  return
}

// -----

func.func @LATENT_V2_state(%x: tensor<?x6xf32>, %w: tensor<6x4xf32>, %b: tensor<6xf32>, %s: tensor<4x6xf32>) {
  // expected-error@+1 {{LATENT-V2: the state must be [3, 6], got 'tensor<4x6xf32>'}}
  %y, %n = latent.causal_conv %x, %w, %b state(%s) : tensor<?x6xf32>, tensor<6x4xf32>, tensor<6xf32>, tensor<4x6xf32>
  return
}

// -----

func.func @LATENT_S1_state(%x: tensor<?x4x3xf32>, %dt: tensor<?x4xf32>, %b: tensor<?x2x5xf32>, %h: tensor<4xf32>, %s: tensor<4x3x6xf32>) {
  // expected-error@+1 {{LATENT-S1: input is [T, H, P], dt [T, H], b and c [T, G, S], the values of heads [H], the state [H, P, S], static but for T; got}}
  %y, %n = latent.scan %x, %dt, %b, %b heads(%h, %h, %h) state(%s) : tensor<?x4x3xf32>, tensor<?x4xf32>, tensor<?x2x5xf32>, tensor<4xf32>, tensor<4x3x6xf32>
  return
}

// -----

func.func @LATENT_S1_steps(%x: tensor<2x4x3xf32>, %dt: tensor<3x4xf32>, %b: tensor<2x2x5xf32>, %h: tensor<4xf32>, %s: tensor<4x3x5xf32>) {
  // expected-error@+1 {{LATENT-S1}}
  %y, %n = latent.scan %x, %dt, %b, %b heads(%h, %h, %h) state(%s) : tensor<2x4x3xf32>, tensor<3x4xf32>, tensor<2x2x5xf32>, tensor<4xf32>, tensor<4x3x5xf32>
  return
}

// -----

func.func @LATENT_S1_heads(%x: tensor<?x4x3xf32>, %dt: tensor<?x4xf32>, %b: tensor<?x2x5xf32>, %h: tensor<3xf32>, %s: tensor<4x3x5xf32>) {
  // expected-error@+1 {{LATENT-S1}}
  %y, %n = latent.scan %x, %dt, %b, %b heads(%h, %h, %h) state(%s) : tensor<?x4x3xf32>, tensor<?x4xf32>, tensor<?x2x5xf32>, tensor<3xf32>, tensor<4x3x5xf32>
  return
}

// -----

func.func @LATENT_S2_groups(%x: tensor<?x4x3xf32>, %dt: tensor<?x4xf32>, %b: tensor<?x3x5xf32>, %h: tensor<4xf32>, %s: tensor<4x3x5xf32>) {
  // expected-error@+1 {{LATENT-S2: 4 heads cannot share 3 groups evenly}}
  %y, %n = latent.scan %x, %dt, %b, %b heads(%h, %h, %h) state(%s) : tensor<?x4x3xf32>, tensor<?x4xf32>, tensor<?x3x5xf32>, tensor<4xf32>, tensor<4x3x5xf32>
  return
}

// -----

func.func @LATENT_S3_min_step(%x: tensor<?x4x3xf32>, %dt: tensor<?x4xf32>, %b: tensor<?x2x5xf32>, %h: tensor<4xf32>, %s: tensor<4x3x5xf32>) {
  // expected-error@+1 {{LATENT-S3: min_step must be a number that is not negative}}
  %y, %n = latent.scan %x, %dt, %b, %b heads(%h, %h, %h) state(%s) min_step(-1.0) : tensor<?x4x3xf32>, tensor<?x4xf32>, tensor<?x2x5xf32>, tensor<4xf32>, tensor<4x3x5xf32>
  return
}

// -----

func.func @LATENT_S4_chunk(%x: tensor<?x4x3xf32>, %dt: tensor<?x4xf32>, %b: tensor<?x2x5xf32>, %h: tensor<4xf32>, %s: tensor<4x3x5xf32>) {
  // expected-error@+1 {{LATENT-S4: chunk must be positive, got 0}}
  %y, %n = latent.scan %x, %dt, %b, %b heads(%h, %h, %h) state(%s) {chunk = 0} : tensor<?x4x3xf32>, tensor<?x4xf32>, tensor<?x2x5xf32>, tensor<4xf32>, tensor<4x3x5xf32>
  return
}

// -----

func.func @LATENT_G1_gain(%x: tensor<?x6xf32>, %g: tensor<5xf32>) {
  // expected-error@+1 {{LATENT-G1: input is [M, D] with a static D, gain [D]; got 'tensor<?x6xf32>' and 'tensor<5xf32>'}}
  %y = latent.gated_norm groups(2) %x, %x, %g : tensor<?x6xf32>, tensor<5xf32>
  return
}

// -----

func.func @LATENT_G2_groups(%x: tensor<?x6xf32>, %g: tensor<6xf32>) {
  // expected-error@+1 {{LATENT-G2: 6 columns cannot be 4 equal groups}}
  %y = latent.gated_norm groups(4) %x, %x, %g : tensor<?x6xf32>, tensor<6xf32>
  return
}

// -----

func.func @LATENT_G3_eps(%x: tensor<?x6xf32>, %g: tensor<6xf32>) {
  // expected-error@+1 {{LATENT-G3: eps must not be negative}}
  %y = latent.gated_norm groups(2) %x, %x, %g {eps = -1.0 : f32} : tensor<?x6xf32>, tensor<6xf32>
  return
}

// -----

func.func @LATENT_Y1_tokens(%x: tensor<?x?xf32>, %g: tensor<6xf32>, %wi: tensor<48x6xf32>, %wc: tensor<32x4xf32>, %bc: tensor<32xf32>, %h: tensor<4xf32>, %gn: tensor<12xf32>, %wo: tensor<6x12xf32>, %c0: tensor<3x32xf32>, %s0: tensor<4x3x5xf32>) {
  // expected-error@+1 {{LATENT-Y1: tokens must be [T, D] with a static D, got 'tensor<?x?xf32>'}}
  %y, %c1, %s1 = latent.mamba groups(2) %x norm(%g : tensor<6xf32>) in_project(%wi : tensor<48x6xf32>) conv(%wc, %bc : tensor<32x4xf32>, tensor<32xf32>) heads(%h, %h, %h : tensor<4xf32>) gate_norm(%gn : tensor<12xf32>) out_project(%wo : tensor<6x12xf32>) states(%c0, %s0 : tensor<3x32xf32>, tensor<4x3x5xf32>) : tensor<?x?xf32>
  return
}

// -----

func.func @LATENT_Y2_groups(%x: tensor<?x6xf32>, %g: tensor<6xf32>, %wi: tensor<48x6xf32>, %wc: tensor<32x4xf32>, %bc: tensor<32xf32>, %h: tensor<4xf32>, %gn: tensor<12xf32>, %wo: tensor<6x12xf32>, %c0: tensor<3x32xf32>, %s0: tensor<4x3x5xf32>) {
  // expected-error@+1 {{LATENT-Y2: the state must be [H, P, S] with H a multiple of the 3 groups, got 'tensor<4x3x5xf32>'}}
  %y, %c1, %s1 = latent.mamba groups(3) %x norm(%g : tensor<6xf32>) in_project(%wi : tensor<48x6xf32>) conv(%wc, %bc : tensor<32x4xf32>, tensor<32xf32>) heads(%h, %h, %h : tensor<4xf32>) gate_norm(%gn : tensor<12xf32>) out_project(%wo : tensor<6x12xf32>) states(%c0, %s0 : tensor<3x32xf32>, tensor<4x3x5xf32>) : tensor<?x6xf32>
  return
}

// -----

func.func @LATENT_Y3_in(%x: tensor<?x6xf32>, %g: tensor<6xf32>, %wi: tensor<47x6xf32>, %wc: tensor<32x4xf32>, %bc: tensor<32xf32>, %h: tensor<4xf32>, %gn: tensor<12xf32>, %wo: tensor<6x12xf32>, %c0: tensor<3x32xf32>, %s0: tensor<4x3x5xf32>) {
  // expected-error@+1 {{LATENT-Y3: in_project must be [48, 6] and out_project [6, 12], got 'tensor<47x6xf32>' and 'tensor<6x12xf32>'}}
  %y, %c1, %s1 = latent.mamba groups(2) %x norm(%g : tensor<6xf32>) in_project(%wi : tensor<47x6xf32>) conv(%wc, %bc : tensor<32x4xf32>, tensor<32xf32>) heads(%h, %h, %h : tensor<4xf32>) gate_norm(%gn : tensor<12xf32>) out_project(%wo : tensor<6x12xf32>) states(%c0, %s0 : tensor<3x32xf32>, tensor<4x3x5xf32>) : tensor<?x6xf32>
  return
}

// -----

func.func @LATENT_Y3_out(%x: tensor<?x6xf32>, %g: tensor<6xf32>, %wi: tensor<48x6xf32>, %wc: tensor<32x4xf32>, %bc: tensor<32xf32>, %h: tensor<4xf32>, %gn: tensor<12xf32>, %wo: tensor<6x13xf32>, %c0: tensor<3x32xf32>, %s0: tensor<4x3x5xf32>) {
  // expected-error@+1 {{LATENT-Y3}}
  %y, %c1, %s1 = latent.mamba groups(2) %x norm(%g : tensor<6xf32>) in_project(%wi : tensor<48x6xf32>) conv(%wc, %bc : tensor<32x4xf32>, tensor<32xf32>) heads(%h, %h, %h : tensor<4xf32>) gate_norm(%gn : tensor<12xf32>) out_project(%wo : tensor<6x13xf32>) states(%c0, %s0 : tensor<3x32xf32>, tensor<4x3x5xf32>) : tensor<?x6xf32>
  return
}

// -----

func.func @LATENT_Y4_conv(%x: tensor<?x6xf32>, %g: tensor<6xf32>, %wi: tensor<48x6xf32>, %wc: tensor<31x4xf32>, %bc: tensor<32xf32>, %h: tensor<4xf32>, %gn: tensor<12xf32>, %wo: tensor<6x12xf32>, %c0: tensor<3x32xf32>, %s0: tensor<4x3x5xf32>) {
  // expected-error@+1 {{LATENT-Y4: conv is [32, W] with a bias [32] and a state [W - 1, 32], got 'tensor<31x4xf32>', 'tensor<32xf32>' and 'tensor<3x32xf32>'}}
  %y, %c1, %s1 = latent.mamba groups(2) %x norm(%g : tensor<6xf32>) in_project(%wi : tensor<48x6xf32>) conv(%wc, %bc : tensor<31x4xf32>, tensor<32xf32>) heads(%h, %h, %h : tensor<4xf32>) gate_norm(%gn : tensor<12xf32>) out_project(%wo : tensor<6x12xf32>) states(%c0, %s0 : tensor<3x32xf32>, tensor<4x3x5xf32>) : tensor<?x6xf32>
  return
}

// -----

func.func @LATENT_Y4_state(%x: tensor<?x6xf32>, %g: tensor<6xf32>, %wi: tensor<48x6xf32>, %wc: tensor<32x4xf32>, %bc: tensor<32xf32>, %h: tensor<4xf32>, %gn: tensor<12xf32>, %wo: tensor<6x12xf32>, %c0: tensor<4x32xf32>, %s0: tensor<4x3x5xf32>) {
  // expected-error@+1 {{LATENT-Y4}}
  %y, %c1, %s1 = latent.mamba groups(2) %x norm(%g : tensor<6xf32>) in_project(%wi : tensor<48x6xf32>) conv(%wc, %bc : tensor<32x4xf32>, tensor<32xf32>) heads(%h, %h, %h : tensor<4xf32>) gate_norm(%gn : tensor<12xf32>) out_project(%wo : tensor<6x12xf32>) states(%c0, %s0 : tensor<4x32xf32>, tensor<4x3x5xf32>) : tensor<?x6xf32>
  return
}

// -----

func.func @LATENT_Y5_heads(%x: tensor<?x6xf32>, %g: tensor<6xf32>, %wi: tensor<48x6xf32>, %wc: tensor<32x4xf32>, %bc: tensor<32xf32>, %h: tensor<3xf32>, %gn: tensor<12xf32>, %wo: tensor<6x12xf32>, %c0: tensor<3x32xf32>, %s0: tensor<4x3x5xf32>) {
  // expected-error@+1 {{LATENT-Y5: a_log, dt_bias and skip must be [4], got 'tensor<3xf32>'}}
  %y, %c1, %s1 = latent.mamba groups(2) %x norm(%g : tensor<6xf32>) in_project(%wi : tensor<48x6xf32>) conv(%wc, %bc : tensor<32x4xf32>, tensor<32xf32>) heads(%h, %h, %h : tensor<3xf32>) gate_norm(%gn : tensor<12xf32>) out_project(%wo : tensor<6x12xf32>) states(%c0, %s0 : tensor<3x32xf32>, tensor<4x3x5xf32>) : tensor<?x6xf32>
  return
}

// -----

func.func @LATENT_Y6_gate_norm(%x: tensor<?x6xf32>, %g: tensor<6xf32>, %wi: tensor<48x6xf32>, %wc: tensor<32x4xf32>, %bc: tensor<32xf32>, %h: tensor<4xf32>, %gn: tensor<11xf32>, %wo: tensor<6x12xf32>, %c0: tensor<3x32xf32>, %s0: tensor<4x3x5xf32>) {
  // expected-error@+1 {{LATENT-Y6: gate_norm must be [12] and norm [6]}}
  %y, %c1, %s1 = latent.mamba groups(2) %x norm(%g : tensor<6xf32>) in_project(%wi : tensor<48x6xf32>) conv(%wc, %bc : tensor<32x4xf32>, tensor<32xf32>) heads(%h, %h, %h : tensor<4xf32>) gate_norm(%gn : tensor<11xf32>) out_project(%wo : tensor<6x12xf32>) states(%c0, %s0 : tensor<3x32xf32>, tensor<4x3x5xf32>) : tensor<?x6xf32>
  return
}

// -----

func.func @LATENT_Y6_norm(%x: tensor<?x6xf32>, %g: tensor<7xf32>, %wi: tensor<48x6xf32>, %wc: tensor<32x4xf32>, %bc: tensor<32xf32>, %h: tensor<4xf32>, %gn: tensor<12xf32>, %wo: tensor<6x12xf32>, %c0: tensor<3x32xf32>, %s0: tensor<4x3x5xf32>) {
  // expected-error@+1 {{LATENT-Y6}}
  %y, %c1, %s1 = latent.mamba groups(2) %x norm(%g : tensor<7xf32>) in_project(%wi : tensor<48x6xf32>) conv(%wc, %bc : tensor<32x4xf32>, tensor<32xf32>) heads(%h, %h, %h : tensor<4xf32>) gate_norm(%gn : tensor<12xf32>) out_project(%wo : tensor<6x12xf32>) states(%c0, %s0 : tensor<3x32xf32>, tensor<4x3x5xf32>) : tensor<?x6xf32>
  return
}

// -----

func.func @LATENT_Y7_scale(%x: tensor<?x6xf32>, %g: tensor<6xf32>, %wi: tensor<48x6x!ternary.trit>, %wc: tensor<32x4xf32>, %bc: tensor<32xf32>, %h: tensor<4xf32>, %gn: tensor<12xf32>, %wo: tensor<6x12xf32>, %c0: tensor<3x32xf32>, %s0: tensor<4x3x5xf32>) {
  // expected-error@+1 {{LATENT-Y7: in_project of type 'tensor<48x6x!ternary.trit>' needs a scale}}
  %y, %c1, %s1 = latent.mamba groups(2) %x norm(%g : tensor<6xf32>) in_project(%wi : tensor<48x6x!ternary.trit>) conv(%wc, %bc : tensor<32x4xf32>, tensor<32xf32>) heads(%h, %h, %h : tensor<4xf32>) gate_norm(%gn : tensor<12xf32>) out_project(%wo : tensor<6x12xf32>) states(%c0, %s0 : tensor<3x32xf32>, tensor<4x3x5xf32>) : tensor<?x6xf32>
  return
}

// -----

func.func @LATENT_Y8_min_step(%x: tensor<?x6xf32>, %g: tensor<6xf32>, %wi: tensor<48x6xf32>, %wc: tensor<32x4xf32>, %bc: tensor<32xf32>, %h: tensor<4xf32>, %gn: tensor<12xf32>, %wo: tensor<6x12xf32>, %c0: tensor<3x32xf32>, %s0: tensor<4x3x5xf32>) {
  // expected-error@+1 {{LATENT-Y8: min_step must be a number that is not negative}}
  %y, %c1, %s1 = latent.mamba groups(2) %x norm(%g : tensor<6xf32>) in_project(%wi : tensor<48x6xf32>) conv(%wc, %bc : tensor<32x4xf32>, tensor<32xf32>) heads(%h, %h, %h : tensor<4xf32>) gate_norm(%gn : tensor<12xf32>) out_project(%wo : tensor<6x12xf32>) states(%c0, %s0 : tensor<3x32xf32>, tensor<4x3x5xf32>) min_step(-0.5) : tensor<?x6xf32>
  return
}

// -----

func.func @LATENT_Y8_chunk(%x: tensor<?x6xf32>, %g: tensor<6xf32>, %wi: tensor<48x6xf32>, %wc: tensor<32x4xf32>, %bc: tensor<32xf32>, %h: tensor<4xf32>, %gn: tensor<12xf32>, %wo: tensor<6x12xf32>, %c0: tensor<3x32xf32>, %s0: tensor<4x3x5xf32>) {
  // expected-error@+1 {{LATENT-Y8: chunk must be positive, got -1}}
  %y, %c1, %s1 = latent.mamba groups(2) %x norm(%g : tensor<6xf32>) in_project(%wi : tensor<48x6xf32>) conv(%wc, %bc : tensor<32x4xf32>, tensor<32xf32>) heads(%h, %h, %h : tensor<4xf32>) gate_norm(%gn : tensor<12xf32>) out_project(%wo : tensor<6x12xf32>) states(%c0, %s0 : tensor<3x32xf32>, tensor<4x3x5xf32>) {chunk = -1 : i64} : tensor<?x6xf32>
  return
}

// -----

func.func @LATENT_Y8_eps(%x: tensor<?x6xf32>, %g: tensor<6xf32>, %wi: tensor<48x6xf32>, %wc: tensor<32x4xf32>, %bc: tensor<32xf32>, %h: tensor<4xf32>, %gn: tensor<12xf32>, %wo: tensor<6x12xf32>, %c0: tensor<3x32xf32>, %s0: tensor<4x3x5xf32>) {
  // expected-error@+1 {{LATENT-Y8: eps must not be negative}}
  %y, %c1, %s1 = latent.mamba groups(2) %x norm(%g : tensor<6xf32>) in_project(%wi : tensor<48x6xf32>) conv(%wc, %bc : tensor<32x4xf32>, tensor<32xf32>) heads(%h, %h, %h : tensor<4xf32>) gate_norm(%gn : tensor<12xf32>) out_project(%wo : tensor<6x12xf32>) states(%c0, %s0 : tensor<3x32xf32>, tensor<4x3x5xf32>) {eps = -1.0 : f32} : tensor<?x6xf32>
  return
}
