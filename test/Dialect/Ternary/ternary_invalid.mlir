// A negative test for each numbered rule of the ternary dialect.
// RUN: tercet-opt %s --split-input-file --verify-diagnostics

// expected-error@+1 {{TERNARY-S1: sparsity n:m needs 0 < n < m, got 4:4}}
func.func private @TERNARY_S1_dense() attributes {s = #ternary.sparsity<4:4>}

// -----

// expected-error@+1 {{TERNARY-S1: sparsity n:m needs 0 < n < m, got 0:4}}
func.func private @TERNARY_S1_none() attributes {s = #ternary.sparsity<0:4>}

// -----

// expected-error@+1 {{TERNARY-S2: sparsity groups hold at most 64 weights, got 65}}
func.func private @TERNARY_S2_long() attributes {s = #ternary.sparsity<2:65>}

// -----

// expected-error@+1 {{expected 'exact' or '>'}}
func.func private @sparsity_keyword() attributes {s = #ternary.sparsity<2:4, exactly>}

// -----

// expected-error@+1 {{TERNARY-C1: code b33 holds weights of sparsity at most 2:4 only; name it: #ternary.code<b33, <2:4>>}}
func.func private @TERNARY_C1_dense(tensor<4x8x!ternary.trit, #ternary.code<b33>>)

// -----

// expected-error@+1 {{TERNARY-C1}}
func.func private @TERNARY_C1_three(tensor<4x8x!ternary.trit, #ternary.code<b33, <3:4>>>)

// -----

// expected-error@+1 {{TERNARY-C1}}
func.func private @TERNARY_C1_eight(tensor<4x8x!ternary.trit, #ternary.code<b33, <2:8>>>)

// -----

// expected-error@+1 {{TERNARY-C2: code c5 holds weights of sparsity exactly 3:4 only; name it: #ternary.code<c5, <3:4, exact>>}}
func.func private @TERNARY_C2_at_most(tensor<4x8x!ternary.trit, #ternary.code<c5, <3:4>>>)

// -----

// expected-error@+1 {{TERNARY-C2}}
func.func private @TERNARY_C2_dense(tensor<4x8x!ternary.trit, #ternary.code<c5>>)

// -----

func.func @TERNARY_T1_rank(%w: tensor<8xf32>) {
  // expected-error@+1 {{TERNARY-T1: weights are [N, K] or [E, N, K], got 'tensor<8xf32>'}}
  %t, %s = ternary.ternarize %w : tensor<8xf32> -> tensor<8x!ternary.trit>, tensor<f32>
  return
}

// -----

func.func @TERNARY_T2_shape(%w: tensor<4x8xf32>) {
  // expected-error@+1 {{TERNARY-T2: trits have the shape of the weights, 'tensor<4x8xf32>', got 'tensor<8x4x!ternary.trit>'}}
  %t, %s = ternary.ternarize %w : tensor<4x8xf32> -> tensor<8x4x!ternary.trit>, tensor<f32>
  return
}

// -----

func.func @TERNARY_T3_per_row(%w: tensor<4x8xf32>) {
  // expected-error@+1 {{TERNARY-T3: the scale is a tensor<f32>, got 'tensor<4xf32>'}}
  %t, %s = ternary.ternarize %w : tensor<4x8xf32> -> tensor<4x8x!ternary.trit>, tensor<4xf32>
  return
}

// -----

func.func @TERNARY_T3_experts(%w: tensor<2x4x8xf32>) {
  // expected-error@+1 {{TERNARY-T3: the scale is f32, one per expert, got 'tensor<f32>'}}
  %t, %s = ternary.ternarize %w : tensor<2x4x8xf32> -> tensor<2x4x8x!ternary.trit>, tensor<f32>
  return
}

// -----

func.func @TERNARY_T4_tail(%w: tensor<4x10xf32>) {
  // expected-error@+1 {{TERNARY-T4: K must be a multiple of 4 for sparsity #ternary.sparsity<2:4>, got 'tensor<4x10xf32>'}}
  %t, %s = ternary.ternarize %w sparsity(<2:4>) : tensor<4x10xf32> -> tensor<4x10x!ternary.trit>, tensor<f32>
  return
}

// -----

func.func @TERNARY_T4_dynamic(%w: tensor<4x?xf32>) {
  // expected-error@+1 {{TERNARY-T4}}
  %t, %s = ternary.ternarize %w sparsity(<2:4>) : tensor<4x?xf32> -> tensor<4x?x!ternary.trit>, tensor<f32>
  return
}

// -----

func.func @TERNARY_Q1_rank(%x: tensor<8xf32>) {
  // expected-error@+1 {{TERNARY-Q1: activations are [M, K], got 'tensor<8xf32>'}}
  %q, %s = ternary.quantize %x <absmax_i8> : tensor<8xf32> -> tensor<8xi8>, tensor<f32>
  return
}

// -----

func.func @TERNARY_Q2_values(%x: tensor<2x8xf32>) {
  // expected-error@+1 {{TERNARY-Q2: values have the shape of the input and scale is [M]; got 'tensor<2x9xi8>' and 'tensor<2xf32>' for 'tensor<2x8xf32>'}}
  %q, %s = ternary.quantize %x <absmax_i8> : tensor<2x8xf32> -> tensor<2x9xi8>, tensor<2xf32>
  return
}

// -----

func.func @TERNARY_Q2_scale(%x: tensor<2x8xf32>) {
  // expected-error@+1 {{TERNARY-Q2}}
  %q, %s = ternary.quantize %x <absmax_i8> : tensor<2x8xf32> -> tensor<2x8xi8>, tensor<8xf32>
  return
}

// -----

func.func @TERNARY_Q3_power(%x: tensor<2x12xf32>) {
  // expected-error@+1 {{TERNARY-Q3: a Hadamard transform needs a static K that is a power of two, got 'tensor<2x12xf32>'}}
  %q, %s = ternary.quantize %x <absmax_i8> hadamard : tensor<2x12xf32> -> tensor<2x12xi8>, tensor<2xf32>
  return
}

// -----

func.func @TERNARY_Q3_dynamic(%x: tensor<2x?xf32>) {
  // expected-error@+1 {{TERNARY-Q3}}
  %q, %s = ternary.quantize %x <absmax_i8> hadamard : tensor<2x?xf32> -> tensor<2x?xi8>, tensor<2xf32>
  return
}

// -----

func.func @TERNARY_M1_columns(%q: tensor<2x8xi8>, %w: tensor<4x9x!ternary.trit>) {
  // expected-error@+1 {{TERNARY-M1: needs input [M, K], weight [N, K] and result [M, N]; got 'tensor<2x8xi8>', 'tensor<4x9x!ternary.trit>' and 'tensor<2x4xi32>'}}
  %y = ternary.matmul %q, %w : tensor<2x8xi8>, tensor<4x9x!ternary.trit> -> tensor<2x4xi32>
  return
}

// -----

func.func @TERNARY_M1_transposed(%q: tensor<2x8xi8>, %w: tensor<4x8x!ternary.trit>) {
  // expected-error@+1 {{TERNARY-M1}}
  %y = ternary.matmul %q, %w : tensor<2x8xi8>, tensor<4x8x!ternary.trit> -> tensor<4x2xi32>
  return
}

// -----

func.func @TERNARY_M2_overflow(%q: tensor<2x16777217xi8>, %w: tensor<4x16777217x!ternary.trit>) {
  // expected-error@+1 {{TERNARY-M2: K = 16777217 may overflow the 32-bit sums; at most 16777216}}
  %y = ternary.matmul %q, %w : tensor<2x16777217xi8>, tensor<4x16777217x!ternary.trit> -> tensor<2x4xi32>
  return
}

// -----

func.func @TERNARY_L1_result(%x: tensor<2x8xf32>, %w: tensor<4x8x!ternary.trit>, %s: tensor<f32>) {
  // expected-error@+1 {{TERNARY-L1: needs input [M, K], weight [N, K] and result [M, N]; got 'tensor<2x8xf32>', 'tensor<4x8x!ternary.trit>' and 'tensor<2x8xf32>'}}
  %y = ternary.linear %x, %w scale(%s : tensor<f32>) : tensor<2x8xf32>, tensor<4x8x!ternary.trit> -> tensor<2x8xf32>
  return
}

// -----

func.func @TERNARY_L2_scale(%x: tensor<2x8xf32>, %w: tensor<4x8x!ternary.trit>, %s: tensor<8xf32>) {
  // expected-error@+1 {{TERNARY-L2: scale is a tensor<f32> or one f32 per output, got 'tensor<8xf32>' for weight 'tensor<4x8x!ternary.trit>'}}
  %y = ternary.linear %x, %w scale(%s : tensor<8xf32>) : tensor<2x8xf32>, tensor<4x8x!ternary.trit> -> tensor<2x4xf32>
  return
}

// -----

func.func @TERNARY_L3_gain(%x: tensor<2x8xf32>, %w: tensor<4x8x!ternary.trit>, %s: tensor<f32>, %g: tensor<4xf32>) {
  // expected-error@+1 {{TERNARY-L3: the norm's gain has one value per input column, 8; got 'tensor<4xf32>'}}
  %y = ternary.linear %x, %w scale(%s : tensor<f32>) norm(%g : tensor<4xf32>)
    : tensor<2x8xf32>, tensor<4x8x!ternary.trit> -> tensor<2x4xf32>
  return
}

// -----

func.func @TERNARY_L4_bias(%x: tensor<2x8xf32>, %w: tensor<4x8x!ternary.trit>, %s: tensor<f32>, %b: tensor<8xf32>) {
  // expected-error@+1 {{TERNARY-L4: the bias has one value per output, 4; got 'tensor<8xf32>'}}
  %y = ternary.linear %x, %w scale(%s : tensor<f32>) bias(%b : tensor<8xf32>)
    : tensor<2x8xf32>, tensor<4x8x!ternary.trit> -> tensor<2x4xf32>
  return
}

// -----

func.func @TERNARY_L5_eps(%x: tensor<2x8xf32>, %w: tensor<4x8x!ternary.trit>, %s: tensor<f32>, %g: tensor<8xf32>) {
  // expected-error@+1 {{TERNARY-L5: eps must not be negative, got -1.000000e+00}}
  %y = ternary.linear %x, %w scale(%s : tensor<f32>) norm(%g : tensor<8xf32>) {eps = -1.0 : f32}
    : tensor<2x8xf32>, tensor<4x8x!ternary.trit> -> tensor<2x4xf32>
  return
}

// -----

func.func @TERNARY_L6_hadamard(%x: tensor<2x12xf32>, %w: tensor<4x12x!ternary.trit>, %s: tensor<f32>) {
  // expected-error@+1 {{TERNARY-L6: a Hadamard transform needs a static K that is a power of two, got 'tensor<4x12x!ternary.trit>'}}
  %y = ternary.linear %x, %w scale(%s : tensor<f32>) hadamard
    : tensor<2x12xf32>, tensor<4x12x!ternary.trit> -> tensor<2x4xf32>
  return
}

// -----

func.func @TERNARY_E1_no_code(%w: tensor<4x8x!ternary.trit>) {
  // expected-error@+1 {{TERNARY-E1: takes trits without encoding and gives trits with a #ternary.code; got 'tensor<4x8x!ternary.trit>' -> 'tensor<4x8x!ternary.trit>'}}
  %e = ternary.encode %w : tensor<4x8x!ternary.trit> -> tensor<4x8x!ternary.trit>
  return
}

// -----

func.func @TERNARY_E1_coded(%w: tensor<4x8x!ternary.trit, #ternary.code<i2>>) {
  // expected-error@+1 {{TERNARY-E1}}
  %e = ternary.encode %w : tensor<4x8x!ternary.trit, #ternary.code<i2>> -> tensor<4x8x!ternary.trit, #ternary.code<t5>>
  return
}

// -----

func.func @TERNARY_E2_shape(%w: tensor<4x8x!ternary.trit>) {
  // expected-error@+1 {{TERNARY-E2: shapes must agree; got 'tensor<4x8x!ternary.trit>' -> 'tensor<4x9x!ternary.trit, #ternary.code<i2>>'}}
  %e = ternary.encode %w : tensor<4x8x!ternary.trit> -> tensor<4x9x!ternary.trit, #ternary.code<i2>>
  return
}

// -----

func.func @TERNARY_E3_tail(%w: tensor<4x10x!ternary.trit>) {
  // expected-error@+1 {{TERNARY-E3: code b33 needs a static K that is a multiple of 4, got 'tensor<4x10x!ternary.trit, #ternary.code<b33, <2:4>>>'}}
  %e = ternary.encode %w : tensor<4x10x!ternary.trit> -> tensor<4x10x!ternary.trit, #ternary.code<b33, <2:4>>>
  return
}

// -----

func.func @TERNARY_D1_uncoded(%w: tensor<4x8x!ternary.trit>) {
  // expected-error@+1 {{TERNARY-D1: takes coded trits, or gives i8; got 'tensor<4x8x!ternary.trit>' -> 'tensor<4x8x!ternary.trit>'}}
  %d = ternary.decode %w : tensor<4x8x!ternary.trit> -> tensor<4x8x!ternary.trit>
  return
}

// -----

func.func @TERNARY_D1_floats(%w: tensor<4x8x!ternary.trit, #ternary.code<i2>>) {
  // expected-error@+1 {{TERNARY-D1}}
  %d = ternary.decode %w : tensor<4x8x!ternary.trit, #ternary.code<i2>> -> tensor<4x8xf32>
  return
}

// -----

func.func @TERNARY_D2_shape(%w: tensor<4x8x!ternary.trit, #ternary.code<i2>>) {
  // expected-error@+1 {{TERNARY-D2: gives a tensor of the same shape without encoding; got 'tensor<4x8x!ternary.trit, #ternary.code<i2>>' -> 'tensor<8x4xi8>'}}
  %d = ternary.decode %w : tensor<4x8x!ternary.trit, #ternary.code<i2>> -> tensor<8x4xi8>
  return
}

// -----

func.func @TERNARY_D2_encoding(%w: tensor<4x8x!ternary.trit, #ternary.code<i2>>) {
  // expected-error@+1 {{TERNARY-D2}}
  %d = ternary.decode %w : tensor<4x8x!ternary.trit, #ternary.code<i2>> -> tensor<4x8x!ternary.trit, #ternary.code<t5>>
  return
}
