// A negative test for each numbered rule of the latent dialect.
// RUN: tercet-opt %s --split-input-file --verify-diagnostics

// expected-error@+1 {{LATENT-A1: top_k, groups and top_groups must be positive, got 0, 1 and 1}}
func.func private @LATENT_A1_top_k() attributes {a = #latent.routing<top_k = 0>}

// -----

// expected-error@+1 {{LATENT-A1}}
func.func private @LATENT_A1_groups() attributes {a = #latent.routing<top_k = 2, groups = 0>}

// -----

// expected-error@+1 {{LATENT-A1}}
func.func private @LATENT_A1_top_groups() attributes {a = #latent.routing<top_k = 2, groups = 2, top_groups = -1>}

// -----

// expected-error@+1 {{LATENT-A2: cannot keep 3 of 2 groups}}
func.func private @LATENT_A2_groups() attributes {a = #latent.routing<top_k = 2, groups = 2, top_groups = 3>}

// -----

// expected-error@+1 {{LATENT-A3: with group_score = share, top_k (5) must be a multiple of top_groups (2)}}
func.func private @LATENT_A3_share() attributes {a = #latent.routing<top_k = 5, groups = 4, top_groups = 2, group_score = share>}

// -----

// expected-error@+1 {{LATENT-A4: limits belong to situ_glu and are positive f32, got 4.000000e+00 : f32 for silu_glu}}
func.func private @LATENT_A4_kind() attributes {a = #latent.activation<silu_glu, gate_limit = 4.0 : f32>}

// -----

// expected-error@+1 {{LATENT-A4}}
func.func private @LATENT_A4_zero() attributes {a = #latent.activation<situ_glu, up_limit = 0.0 : f32>}

// -----

// expected-error@+1 {{LATENT-A4}}
func.func private @LATENT_A4_width() attributes {a = #latent.activation<situ_glu, up_limit = 25.0 : f64>}

// -----

// expected-error@+1 {{LATENT-A5: scale is f32, write it as 5.000000e+00 : f32}}
func.func private @LATENT_A5_width() attributes {a = #latent.routing<top_k = 2, scale = 5.0>}

// -----

func.func @LATENT_N1_rank(%x: tensor<8xf32>, %g: tensor<8xf32>) {
  // expected-error@+1 {{LATENT-N1: input must have rank 2 or more, got 'tensor<8xf32>'}}
  %y = latent.rms_norm %x, %g : tensor<8xf32>, tensor<8xf32>
  return
}

// -----

func.func @LATENT_N2_gain(%x: tensor<?x8xf32>, %g: tensor<4xf32>) {
  // expected-error@+1 {{LATENT-N2: gain must have the size of the last axis of 'tensor<?x8xf32>', got 'tensor<4xf32>'}}
  %y = latent.rms_norm %x, %g : tensor<?x8xf32>, tensor<4xf32>
  return
}

// -----

func.func @LATENT_N3_eps(%x: tensor<?x8xf32>, %g: tensor<8xf32>) {
  // expected-error@+1 {{LATENT-N3: eps must not be negative}}
  %y = latent.rms_norm %x, %g {eps = -1.0 : f32} : tensor<?x8xf32>, tensor<8xf32>
  return
}

// -----

func.func @LATENT_N3_nan(%x: tensor<?x8xf32>, %g: tensor<8xf32>) {
  // expected-error@+1 {{LATENT-N3}}
  %y = latent.rms_norm %x, %g {eps = 0x7FC00000 : f32} : tensor<?x8xf32>, tensor<8xf32>
  return
}

// -----

func.func @LATENT_B1_ids(%i: tensor<3x1xi32>, %t: tensor<9x8xf32>) {
  // expected-error@+1 {{LATENT-B1: ids are [M], the table [V, D], the result [M, D]; got 'tensor<3x1xi32>', 'tensor<9x8xf32>' and 'tensor<3x8xf32>'}}
  %y = latent.embed %i, %t : tensor<3x1xi32>, tensor<9x8xf32> -> tensor<3x8xf32>
  return
}

// -----

func.func @LATENT_B1_table(%i: tensor<3xi32>, %t: tensor<9x8x1xf32>) {
  // expected-error@+1 {{LATENT-B1}}
  %y = latent.embed %i, %t : tensor<3xi32>, tensor<9x8x1xf32> -> tensor<3x8xf32>
  return
}

// -----

func.func @LATENT_B1_result(%i: tensor<3xi32>, %t: tensor<9x8xf32>) {
  // expected-error@+1 {{LATENT-B1}}
  %y = latent.embed %i, %t : tensor<3xi32>, tensor<9x8xf32> -> tensor<3x9xf32>
  return
}

// -----

func.func @LATENT_R1_odd(%x: tensor<3x2x7xf32>, %c: tensor<9x3xf32>, %p: index) {
  // expected-error@+1 {{LATENT-R1: input must be [M, H, D] with an even static D, got 'tensor<3x2x7xf32>'}}
  %y = latent.rotary %x, %c, %c at(%p) : tensor<3x2x7xf32>, tensor<9x3xf32>
  return
}

// -----

func.func @LATENT_R1_dynamic(%x: tensor<3x2x?xf32>, %c: tensor<9x3xf32>, %p: index) {
  // expected-error@+1 {{LATENT-R1}}
  %y = latent.rotary %x, %c, %c at(%p) : tensor<3x2x?xf32>, tensor<9x3xf32>
  return
}

// -----

func.func @LATENT_R1_rank(%x: tensor<3x8xf32>, %c: tensor<9x4xf32>, %p: index) {
  // expected-error@+1 {{LATENT-R1}}
  %y = latent.rotary %x, %c, %c at(%p) : tensor<3x8xf32>, tensor<9x4xf32>
  return
}

// -----

func.func @LATENT_R2_half(%x: tensor<3x2x8xf32>, %c: tensor<9x8xf32>, %p: index) {
  // expected-error@+1 {{LATENT-R2: tables must be [P, 4], got 'tensor<9x8xf32>'}}
  %y = latent.rotary %x, %c, %c at(%p) : tensor<3x2x8xf32>, tensor<9x8xf32>
  return
}

// -----

func.func @LATENT_T1_width(%q: tensor<3x4x8xf32>, %k: tensor<9x2x7xf32>, %v: tensor<9x2x8xf32>) {
  // expected-error@+1 {{LATENT-T1: queries are [M, H, D], keys [S, G, D], values [S, G, V], the result [M, H, V]; got 'tensor<3x4x8xf32>', 'tensor<9x2x7xf32>', 'tensor<9x2x8xf32>' and 'tensor<3x4x8xf32>'}}
  %y = latent.attention %q, %k, %v scale(1.0) : tensor<3x4x8xf32>, tensor<9x2x7xf32>, tensor<9x2x8xf32> -> tensor<3x4x8xf32>
  return
}

// -----

func.func @LATENT_T1_values(%q: tensor<3x4x8xf32>, %k: tensor<9x2x8xf32>, %v: tensor<9x1x8xf32>) {
  // expected-error@+1 {{LATENT-T1}}
  %y = latent.attention %q, %k, %v scale(1.0) : tensor<3x4x8xf32>, tensor<9x2x8xf32>, tensor<9x1x8xf32> -> tensor<3x4x8xf32>
  return
}

// -----

func.func @LATENT_T1_result(%q: tensor<3x4x8xf32>, %k: tensor<9x2x8xf32>, %v: tensor<9x2x6xf32>) {
  // expected-error@+1 {{LATENT-T1}}
  %y = latent.attention %q, %k, %v scale(1.0) : tensor<3x4x8xf32>, tensor<9x2x8xf32>, tensor<9x2x6xf32> -> tensor<3x4x8xf32>
  return
}

// -----

func.func @LATENT_T2_heads(%q: tensor<3x4x8xf32>, %k: tensor<9x3x8xf32>, %v: tensor<9x3x8xf32>) {
  // expected-error@+1 {{LATENT-T2: the number of query heads (4) must be a multiple of the key heads (3)}}
  %y = latent.attention %q, %k, %v scale(1.0) : tensor<3x4x8xf32>, tensor<9x3x8xf32>, tensor<9x3x8xf32> -> tensor<3x4x8xf32>
  return
}

// -----

func.func @LATENT_O1_width(%x: tensor<?x32xf32>, %w: tensor<8x16xf32>) {
  // expected-error@+1 {{LATENT-O1: tokens are [M, D] and the router's weight [E, D], got 'tensor<?x32xf32>' and 'tensor<8x16xf32>'}}
  %i, %v = latent.route #latent.routing<top_k = 2> %x, %w : tensor<?x32xf32>, tensor<8x16xf32> -> tensor<?x2xi32>, tensor<?x2xf32>
  return
}

// -----

func.func @LATENT_O1_thirds(%x: tensor<?x32xf32>, %w: tensor<8x32xf32>) {
  // expected-error@+1 {{LATENT-O1: tokens are [M, D] and the router's weight [3E, D]}}
  %i, %v = latent.route #latent.routing<top_k = 2, router = attention> %x, %w : tensor<?x32xf32>, tensor<8x32xf32> -> tensor<?x2xi32>, tensor<?x2xf32>
  return
}

// -----

func.func @LATENT_O1_dynamic(%x: tensor<?x32xf32>, %w: tensor<?x32xf32>) {
  // expected-error@+1 {{LATENT-O1}}
  %i, %v = latent.route #latent.routing<top_k = 2> %x, %w : tensor<?x32xf32>, tensor<?x32xf32> -> tensor<?x2xi32>, tensor<?x2xf32>
  return
}

// -----

func.func @LATENT_O2_bias(%x: tensor<?x32xf32>, %w: tensor<8x32xf32>, %b: tensor<9xf32>) {
  // expected-error@+1 {{LATENT-O2: the bias must be [8], got 'tensor<9xf32>'}}
  %i, %v = latent.route #latent.routing<top_k = 2> %x, %w bias(%b : tensor<9xf32>) : tensor<?x32xf32>, tensor<8x32xf32> -> tensor<?x2xi32>, tensor<?x2xf32>
  return
}

// -----

func.func @LATENT_O2_thirds(%x: tensor<?x32xf32>, %w: tensor<24x32xf32>, %b: tensor<24xf32>) {
  // expected-error@+1 {{LATENT-O2: the bias must be [8], got 'tensor<24xf32>'}}
  %i, %v = latent.route #latent.routing<top_k = 2, router = attention> %x, %w bias(%b : tensor<24xf32>) : tensor<?x32xf32>, tensor<24x32xf32> -> tensor<?x2xi32>, tensor<?x2xf32>
  return
}

// -----

func.func @LATENT_O3_many(%x: tensor<?x32xf32>, %w: tensor<8x32xf32>) {
  // expected-error@+1 {{LATENT-O3: cannot choose 9 of 8 experts}}
  %i, %v = latent.route #latent.routing<top_k = 9> %x, %w : tensor<?x32xf32>, tensor<8x32xf32> -> tensor<?x9xi32>, tensor<?x9xf32>
  return
}

// -----

func.func @LATENT_O4_groups(%x: tensor<?x32xf32>, %w: tensor<8x32xf32>) {
  // expected-error@+1 {{LATENT-O4: 8 experts in 3 groups, of which 2 are kept, do not give 2 choices}}
  %i, %v = latent.route #latent.routing<top_k = 2, groups = 3, top_groups = 2> %x, %w : tensor<?x32xf32>, tensor<8x32xf32> -> tensor<?x2xi32>, tensor<?x2xf32>
  return
}

// -----

func.func @LATENT_O4_kept(%x: tensor<?x32xf32>, %w: tensor<8x32xf32>) {
  // expected-error@+1 {{LATENT-O4: 8 experts in 4 groups, of which 1 are kept, do not give 3 choices}}
  %i, %v = latent.route #latent.routing<top_k = 3, groups = 4> %x, %w : tensor<?x32xf32>, tensor<8x32xf32> -> tensor<?x3xi32>, tensor<?x3xf32>
  return
}

// -----

func.func @LATENT_O5_ids(%x: tensor<?x32xf32>, %w: tensor<8x32xf32>) {
  // expected-error@+1 {{LATENT-O5: ids and weights must be [M, 2], got 'tensor<?x3xi32>' and 'tensor<?x2xf32>'}}
  %i, %v = latent.route #latent.routing<top_k = 2> %x, %w : tensor<?x32xf32>, tensor<8x32xf32> -> tensor<?x3xi32>, tensor<?x2xf32>
  return
}

// -----

func.func @LATENT_O5_rows(%x: tensor<4x32xf32>, %w: tensor<8x32xf32>) {
  // expected-error@+1 {{LATENT-O5}}
  %i, %v = latent.route #latent.routing<top_k = 2> %x, %w : tensor<4x32xf32>, tensor<8x32xf32> -> tensor<4x2xi32>, tensor<5x2xf32>
  return
}

// -----

func.func @LATENT_O6_top2(%x: tensor<?x32xf32>, %w: tensor<8x32xf32>) {
  // expected-error@+1 {{LATENT-O6: a group's score sums 2 experts, but a group has 1}}
  %i, %v = latent.route #latent.routing<top_k = 2, groups = 8, top_groups = 4> %x, %w : tensor<?x32xf32>, tensor<8x32xf32> -> tensor<?x2xi32>, tensor<?x2xf32>
  return
}

// -----

func.func @LATENT_P1_width(%x: tensor<?x32xf32>, %w: tensor<16x31xf32>) {
  // expected-error@+1 {{LATENT-P1: input is [M, K], weight [N, K], result [M, N]; got 'tensor<?x32xf32>', 'tensor<16x31xf32>' and 'tensor<?x16xf32>'}}
  %y = latent.project %x, %w : tensor<?x32xf32>, tensor<16x31xf32> -> tensor<?x16xf32>
  return
}

// -----

func.func @LATENT_P1_result(%x: tensor<?x32xf32>, %w: tensor<16x32xf32>) {
  // expected-error@+1 {{LATENT-P1}}
  %y = latent.project %x, %w : tensor<?x32xf32>, tensor<16x32xf32> -> tensor<?x32xf32>
  return
}

// -----

func.func @LATENT_P2_element(%x: tensor<?x32xf32>, %w: tensor<16x32xf64>) {
  // expected-error@+1 {{LATENT-P2: weight must hold f32, bf16, f16, i8 or trits, got 'tensor<16x32xf64>'}}
  %y = latent.project %x, %w : tensor<?x32xf32>, tensor<16x32xf64> -> tensor<?x16xf32>
  return
}

// -----

func.func @LATENT_P2_no_scale(%x: tensor<?x32xf32>, %w: tensor<16x32xi8>) {
  // expected-error@+1 {{LATENT-P2: weight of type 'tensor<16x32xi8>' needs a scale}}
  %y = latent.project %x, %w : tensor<?x32xf32>, tensor<16x32xi8> -> tensor<?x16xf32>
  return
}

// -----

func.func @LATENT_P2_shape(%x: tensor<?x32xf32>, %w: tensor<16x32x!ternary.trit>, %s: tensor<32xf32>) {
  // expected-error@+1 {{LATENT-P2: the scale of weight must be one number or one per output, got 'tensor<32xf32>'}}
  %y = latent.project %x, %w scale(%s : tensor<32xf32>) : tensor<?x32xf32>, tensor<16x32x!ternary.trit> -> tensor<?x16xf32>
  return
}

// -----

func.func @LATENT_P2_columns(%x: tensor<?x131073xf32>, %w: tensor<16x131073xi8>, %s: tensor<f32>) {
  // expected-error@+1 {{LATENT-P2: a sum over the 131073 columns of weight may overflow; at most 131072 are exact}}
  %y = latent.project %x, %w scale(%s : tensor<f32>) : tensor<?x131073xf32>, tensor<16x131073xi8> -> tensor<?x16xf32>
  return
}

// -----

func.func @LATENT_P2_trits(%x: tensor<?x16777217xf32>, %w: tensor<16x16777217x!ternary.trit>, %s: tensor<f32>) {
  // expected-error@+1 {{LATENT-P2: a sum over the 16777217 columns of weight may overflow; at most 16777216 are exact}}
  %y = latent.project %x, %w scale(%s : tensor<f32>) : tensor<?x16777217xf32>, tensor<16x16777217x!ternary.trit> -> tensor<?x16xf32>
  return
}

// -----

func.func @LATENT_P3_gain(%x: tensor<?x32xf32>, %w: tensor<16x32xf32>, %g: tensor<16xf32>) {
  // expected-error@+1 {{LATENT-P3: gain must be [32], got 'tensor<16xf32>'}}
  %y = latent.project %x, %w norm(%g : tensor<16xf32>) : tensor<?x32xf32>, tensor<16x32xf32> -> tensor<?x16xf32>
  return
}

// -----

func.func @LATENT_P4_eps(%x: tensor<?x32xf32>, %w: tensor<16x32xf32>, %g: tensor<32xf32>) {
  // expected-error@+1 {{LATENT-P4: eps must not be negative}}
  %y = latent.project %x, %w norm(%g : tensor<32xf32>) {eps = -1.0e-5 : f32} : tensor<?x32xf32>, tensor<16x32xf32> -> tensor<?x16xf32>
  return
}

// -----

func.func @LATENT_X1_ids(%x: tensor<?x16xf32>, %i: tensor<?xi32>, %u: tensor<8x24x16xf32>, %d: tensor<8x16x24xf32>) {
  // expected-error@+1 {{LATENT-X1: input is [M, K], ids [M, k], result [M, k, L]; got 'tensor<?x16xf32>', 'tensor<?xi32>' and 'tensor<?x2x16xf32>'}}
  %y = latent.experts <relu2> %x, %i up(%u : tensor<8x24x16xf32>) down(%d : tensor<8x16x24xf32>) : tensor<?x16xf32>, tensor<?xi32> -> tensor<?x2x16xf32>
  return
}

// -----

func.func @LATENT_X1_rows(%x: tensor<4x16xf32>, %i: tensor<5x2xi32>, %u: tensor<8x24x16xf32>, %d: tensor<8x16x24xf32>) {
  // expected-error@+1 {{LATENT-X1}}
  %y = latent.experts <relu2> %x, %i up(%u : tensor<8x24x16xf32>) down(%d : tensor<8x16x24xf32>) : tensor<4x16xf32>, tensor<5x2xi32> -> tensor<4x2x16xf32>
  return
}

// -----

func.func @LATENT_X1_result(%x: tensor<?x16xf32>, %i: tensor<?x2xi32>, %u: tensor<8x24x16xf32>, %d: tensor<8x16x24xf32>) {
  // expected-error@+1 {{LATENT-X1}}
  %y = latent.experts <relu2> %x, %i up(%u : tensor<8x24x16xf32>) down(%d : tensor<8x16x24xf32>) : tensor<?x16xf32>, tensor<?x2xi32> -> tensor<?x3x16xf32>
  return
}

// -----

func.func @LATENT_X2_up(%x: tensor<?x16xf32>, %i: tensor<?x2xi32>, %u: tensor<8x24x15xf32>, %d: tensor<8x16x24xf32>) {
  // expected-error@+1 {{LATENT-X2: up (and gate) must be [E, F, 16] and down [E, 16, F], got 'tensor<8x24x15xf32>' and 'tensor<8x16x24xf32>'}}
  %y = latent.experts <relu2> %x, %i up(%u : tensor<8x24x15xf32>) down(%d : tensor<8x16x24xf32>) : tensor<?x16xf32>, tensor<?x2xi32> -> tensor<?x2x16xf32>
  return
}

// -----

func.func @LATENT_X2_none(%x: tensor<?x16xf32>, %i: tensor<?x2xi32>, %u: tensor<0x24x16xf32>, %d: tensor<0x16x24xf32>) {
  // expected-error@+1 {{LATENT-X2}}
  %y = latent.experts <relu2> %x, %i up(%u : tensor<0x24x16xf32>) down(%d : tensor<0x16x24xf32>) : tensor<?x16xf32>, tensor<?x2xi32> -> tensor<?x2x16xf32>
  return
}

// -----

func.func @LATENT_Q1_values(%v: tensor<16x32xf8E4M3FN>, %s: tensor<16x2xf8E4M3FN>) {
  // expected-error@+1 {{LATENT-Q1: values are f4E2M1FN, [N, K] or [E, N, K], and the result has their shape}}
  %w = latent.dequantize %v, %s : tensor<16x32xf8E4M3FN>, tensor<16x2xf8E4M3FN> -> tensor<16x32xf32>
  return
}

// -----

func.func @LATENT_Q1_shape(%v: tensor<16x32xf4E2M1FN>, %s: tensor<16x2xf8E4M3FN>) {
  // expected-error@+1 {{LATENT-Q1}}
  %w = latent.dequantize %v, %s : tensor<16x32xf4E2M1FN>, tensor<16x2xf8E4M3FN> -> tensor<16x16xf32>
  return
}

// -----

func.func @LATENT_Q2_blocks(%v: tensor<16x32xf4E2M1FN>, %s: tensor<16x1xf8E4M3FN>) {
  // expected-error@+1 {{LATENT-Q2: needs a scale for each block of 16 columns in f8E4M3FN, or of 32 in f8E8M0FNU; got 'tensor<16x32xf4E2M1FN>' and 'tensor<16x1xf8E4M3FN>'}}
  %w = latent.dequantize %v, %s : tensor<16x32xf4E2M1FN>, tensor<16x1xf8E4M3FN> -> tensor<16x32xf32>
  return
}

// -----

func.func @LATENT_Q2_columns(%v: tensor<16x40xf4E2M1FN>, %s: tensor<16x1xf8E8M0FNU>) {
  // expected-error@+1 {{LATENT-Q2}}
  %w = latent.dequantize %v, %s : tensor<16x40xf4E2M1FN>, tensor<16x1xf8E8M0FNU> -> tensor<16x40xf32>
  return
}

// -----

func.func @LATENT_Q2_type(%v: tensor<16x32xf4E2M1FN>, %s: tensor<16x1xf32>) {
  // expected-error@+1 {{LATENT-Q2}}
  %w = latent.dequantize %v, %s : tensor<16x32xf4E2M1FN>, tensor<16x1xf32> -> tensor<16x32xf32>
  return
}

// -----

func.func @LATENT_X2_down(%x: tensor<?x16xf32>, %i: tensor<?x2xi32>, %u: tensor<8x24x16xf32>, %d: tensor<8x16x25xf32>) {
  // expected-error@+1 {{LATENT-X2}}
  %y = latent.experts <relu2> %x, %i up(%u : tensor<8x24x16xf32>) down(%d : tensor<8x16x25xf32>) : tensor<?x16xf32>, tensor<?x2xi32> -> tensor<?x2x16xf32>
  return
}

// -----

func.func @LATENT_X2_dynamic(%x: tensor<?x16xf32>, %i: tensor<?x2xi32>, %u: tensor<8x?x16xf32>, %d: tensor<8x16x24xf32>) {
  // expected-error@+1 {{LATENT-X2}}
  %y = latent.experts <relu2> %x, %i up(%u : tensor<8x?x16xf32>) down(%d : tensor<8x16x24xf32>) : tensor<?x16xf32>, tensor<?x2xi32> -> tensor<?x2x16xf32>
  return
}

// -----

func.func @LATENT_X2_no_gate(%x: tensor<?x16xf32>, %i: tensor<?x2xi32>, %u: tensor<8x24x16xf32>, %d: tensor<8x16x24xf32>) {
  // expected-error@+1 {{LATENT-X2: activation silu_glu needs a gate}}
  %y = latent.experts <silu_glu> %x, %i up(%u : tensor<8x24x16xf32>) down(%d : tensor<8x16x24xf32>) : tensor<?x16xf32>, tensor<?x2xi32> -> tensor<?x2x16xf32>
  return
}

// -----

func.func @LATENT_X2_gate(%x: tensor<?x16xf32>, %i: tensor<?x2xi32>, %u: tensor<8x24x16xf32>, %d: tensor<8x16x24xf32>, %g: tensor<8x24x16xf32>) {
  // expected-error@+1 {{LATENT-X2: activation relu2 has no gate}}
  %y = latent.experts <relu2> %x, %i up(%u : tensor<8x24x16xf32>) gate(%g : tensor<8x24x16xf32>) down(%d : tensor<8x16x24xf32>) : tensor<?x16xf32>, tensor<?x2xi32> -> tensor<?x2x16xf32>
  return
}

// -----

func.func @LATENT_X2_gate_shape(%x: tensor<?x16xf32>, %i: tensor<?x2xi32>, %u: tensor<8x24x16xf32>, %d: tensor<8x16x24xf32>, %g: tensor<8x23x16xf32>) {
  // expected-error@+1 {{LATENT-X2}}
  %y = latent.experts <gelu_glu> %x, %i up(%u : tensor<8x24x16xf32>) gate(%g : tensor<8x23x16xf32>) down(%d : tensor<8x16x24xf32>) : tensor<?x16xf32>, tensor<?x2xi32> -> tensor<?x2x16xf32>
  return
}

// -----

func.func @LATENT_X3_scalar(%x: tensor<?x16xf32>, %i: tensor<?x2xi32>, %u: tensor<8x24x16x!ternary.trit>, %d: tensor<8x16x24xf32>, %us: tensor<f32>) {
  // expected-error@+1 {{LATENT-X3: the scale of up must be one per expert, got 'tensor<f32>'}}
  %y = latent.experts <relu2> %x, %i up(%u, %us : tensor<8x24x16x!ternary.trit>, tensor<f32>) down(%d : tensor<8x16x24xf32>) : tensor<?x16xf32>, tensor<?x2xi32> -> tensor<?x2x16xf32>
  return
}

// -----

func.func @LATENT_X3_down(%x: tensor<?x16xf32>, %i: tensor<?x2xi32>, %u: tensor<8x24x16xf32>, %d: tensor<8x16x24xi8>) {
  // expected-error@+1 {{LATENT-X3: down of type 'tensor<8x16x24xi8>' needs a scale}}
  %y = latent.experts <relu2> %x, %i up(%u : tensor<8x24x16xf32>) down(%d : tensor<8x16x24xi8>) : tensor<?x16xf32>, tensor<?x2xi32> -> tensor<?x2x16xf32>
  return
}

// -----

func.func @LATENT_X4_weights(%x: tensor<?x16xf32>, %i: tensor<?x2xi32>, %u: tensor<8x24x16xf32>, %d: tensor<8x16x24xf32>, %w: tensor<?x3xf32>) {
  // expected-error@+1 {{LATENT-X4: weights must be like ids, 'tensor<?x2xi32>', got 'tensor<?x3xf32>'}}
  %y = latent.experts <relu2> %x, %i up(%u : tensor<8x24x16xf32>) down(%d : tensor<8x16x24xf32>) weights(%w : tensor<?x3xf32>) : tensor<?x16xf32>, tensor<?x2xi32> -> tensor<?x2x16xf32>
  return
}

// -----

func.func @LATENT_C1_slots(%x: tensor<?x2x16xf32>, %w: tensor<?x3xf32>) {
  // expected-error@+1 {{LATENT-C1: input is [M, k, L], weights [M, k], result [M, L]; got 'tensor<?x2x16xf32>' and 'tensor<?x16xf32>'}}
  %y = latent.combine %x, %w : tensor<?x2x16xf32>, tensor<?x3xf32> -> tensor<?x16xf32>
  return
}

// -----

func.func @LATENT_C1_result(%x: tensor<?x2x16xf32>, %w: tensor<?x2xf32>) {
  // expected-error@+1 {{LATENT-C1}}
  %y = latent.combine %x, %w : tensor<?x2x16xf32>, tensor<?x2xf32> -> tensor<?x15xf32>
  return
}

// -----

func.func @LATENT_C1_rank(%x: tensor<?x16xf32>, %w: tensor<?x2xf32>) {
  // expected-error@+1 {{LATENT-C1}}
  %y = latent.combine %x, %w : tensor<?x16xf32>, tensor<?x2xf32> -> tensor<?x16xf32>
  return
}

// -----

func.func @LATENT_M1_rank(%x: tensor<2x?x32xf32>, %router: tensor<8x32xf32>, %up: tensor<8x24x32xf32>, %down: tensor<8x32x24xf32>) {
  // expected-error@+1 {{LATENT-M1: tokens must be [M, D] with a static D, got 'tensor<2x?x32xf32>'}}
  %y = latent.moe <relu2> #latent.routing<top_k = 2> %x router(%router : tensor<8x32xf32>) up(%up : tensor<8x24x32xf32>) down(%down : tensor<8x32x24xf32>) : tensor<2x?x32xf32>
  return
}

// -----

func.func @LATENT_M1_dynamic(%x: tensor<?x?xf32>, %router: tensor<8x32xf32>, %up: tensor<8x24x32xf32>, %down: tensor<8x32x24xf32>) {
  // expected-error@+1 {{LATENT-M1}}
  %y = latent.moe <relu2> #latent.routing<top_k = 2> %x router(%router : tensor<8x32xf32>) up(%up : tensor<8x24x32xf32>) down(%down : tensor<8x32x24xf32>) : tensor<?x?xf32>
  return
}

// -----

func.func @LATENT_M2_alone(%x: tensor<?x32xf32>, %router: tensor<8x32xf32>, %down_project: tensor<16x32xf32>, %up: tensor<8x24x16xf32>, %down: tensor<8x16x24xf32>) {
  // expected-error@+1 {{LATENT-M2: down_project [L, 32] and up_project [32, L] come together or not at all}}
  %y = latent.moe <relu2> #latent.routing<top_k = 2> %x router(%router : tensor<8x32xf32>) down_project(%down_project : tensor<16x32xf32>) up(%up : tensor<8x24x16xf32>) down(%down : tensor<8x16x24xf32>) : tensor<?x32xf32>
  return
}

// -----

func.func @LATENT_M2_shape(%x: tensor<?x32xf32>, %router: tensor<8x32xf32>, %down_project: tensor<16x32xf32>, %up: tensor<8x24x16xf32>, %down: tensor<8x16x24xf32>, %up_project: tensor<32x15xf32>) {
  // expected-error@+1 {{LATENT-M2}}
  %y = latent.moe <relu2> #latent.routing<top_k = 2> %x router(%router : tensor<8x32xf32>) down_project(%down_project : tensor<16x32xf32>) up(%up : tensor<8x24x16xf32>) down(%down : tensor<8x16x24xf32>) up_project(%up_project : tensor<32x15xf32>) : tensor<?x32xf32>
  return
}

// -----

func.func @LATENT_M2_rank(%x: tensor<?x32xf32>, %router: tensor<8x32xf32>, %down_project: tensor<16x32x1xf32>, %up: tensor<8x24x16xf32>, %down: tensor<8x16x24xf32>, %up_project: tensor<32x16xf32>) {
  // expected-error@+1 {{LATENT-M2}}
  %y = latent.moe <relu2> #latent.routing<top_k = 2> %x router(%router : tensor<8x32xf32>) down_project(%down_project : tensor<16x32x1xf32>) up(%up : tensor<8x24x16xf32>) down(%down : tensor<8x16x24xf32>) up_project(%up_project : tensor<32x16xf32>) : tensor<?x32xf32>
  return
}

// -----

func.func @LATENT_M3_alone(%x: tensor<?x32xf32>, %router: tensor<8x32xf32>, %latent_norm: tensor<32xf32>, %up: tensor<8x24x32xf32>, %down: tensor<8x32x24xf32>) {
  // expected-error@+1 {{LATENT-M3: latent_norm needs down_project; it and combine_norm must be [32]}}
  %y = latent.moe <relu2> #latent.routing<top_k = 2> %x router(%router : tensor<8x32xf32>) latent_norm(%latent_norm : tensor<32xf32>) up(%up : tensor<8x24x32xf32>) down(%down : tensor<8x32x24xf32>) : tensor<?x32xf32>
  return
}

// -----

func.func @LATENT_M3_latent(%x: tensor<?x32xf32>, %router: tensor<8x32xf32>, %down_project: tensor<16x32xf32>, %latent_norm: tensor<32xf32>, %up: tensor<8x24x16xf32>, %down: tensor<8x16x24xf32>, %up_project: tensor<32x16xf32>) {
  // expected-error@+1 {{LATENT-M3: latent_norm needs down_project; it and combine_norm must be [16]}}
  %y = latent.moe <relu2> #latent.routing<top_k = 2> %x router(%router : tensor<8x32xf32>) down_project(%down_project : tensor<16x32xf32>) latent_norm(%latent_norm : tensor<32xf32>) up(%up : tensor<8x24x16xf32>) down(%down : tensor<8x16x24xf32>) up_project(%up_project : tensor<32x16xf32>) : tensor<?x32xf32>
  return
}

// -----

func.func @LATENT_M3_combine(%x: tensor<?x32xf32>, %router: tensor<8x32xf32>, %down_project: tensor<16x32xf32>, %up: tensor<8x24x16xf32>, %down: tensor<8x16x24xf32>, %combine_norm: tensor<32xf32>, %up_project: tensor<32x16xf32>) {
  // expected-error@+1 {{LATENT-M3}}
  %y = latent.moe <relu2> #latent.routing<top_k = 2> %x router(%router : tensor<8x32xf32>) down_project(%down_project : tensor<16x32xf32>) up(%up : tensor<8x24x16xf32>) down(%down : tensor<8x16x24xf32>) combine_norm(%combine_norm : tensor<32xf32>) up_project(%up_project : tensor<32x16xf32>) : tensor<?x32xf32>
  return
}

// -----

func.func @LATENT_M4_alone(%x: tensor<?x32xf32>, %router: tensor<8x32xf32>, %up: tensor<8x24x32xf32>, %down: tensor<8x32x24xf32>, %shared_up: tensor<48x32xf32>) {
  // expected-error@+1 {{LATENT-M4: a shared expert is shared_up [S, 32], shared_down [32, S] and, for a gated activation only, shared_gate like shared_up}}
  %y = latent.moe <relu2> #latent.routing<top_k = 2> %x router(%router : tensor<8x32xf32>) up(%up : tensor<8x24x32xf32>) down(%down : tensor<8x32x24xf32>) shared_up(%shared_up : tensor<48x32xf32>) : tensor<?x32xf32>
  return
}

// -----

func.func @LATENT_M4_gate(%x: tensor<?x32xf32>, %router: tensor<8x32xf32>, %up: tensor<8x24x32xf32>, %down: tensor<8x32x24xf32>, %shared_up: tensor<48x32xf32>, %shared_gate: tensor<48x32xf32>, %shared_down: tensor<32x48xf32>) {
  // expected-error@+1 {{LATENT-M4}}
  %y = latent.moe <relu2> #latent.routing<top_k = 2> %x router(%router : tensor<8x32xf32>) up(%up : tensor<8x24x32xf32>) down(%down : tensor<8x32x24xf32>) shared_up(%shared_up : tensor<48x32xf32>) shared_gate(%shared_gate : tensor<48x32xf32>) shared_down(%shared_down : tensor<32x48xf32>) : tensor<?x32xf32>
  return
}

// -----

func.func @LATENT_M4_no_gate(%x: tensor<?x32xf32>, %router: tensor<8x32xf32>, %up: tensor<8x24x32xf32>, %gate: tensor<8x24x32xf32>, %down: tensor<8x32x24xf32>, %shared_up: tensor<48x32xf32>, %shared_down: tensor<32x48xf32>) {
  // expected-error@+1 {{LATENT-M4}}
  %y = latent.moe <silu_glu> #latent.routing<top_k = 2> %x router(%router : tensor<8x32xf32>) up(%up : tensor<8x24x32xf32>) gate(%gate : tensor<8x24x32xf32>) down(%down : tensor<8x32x24xf32>) shared_up(%shared_up : tensor<48x32xf32>) shared_down(%shared_down : tensor<32x48xf32>) : tensor<?x32xf32>
  return
}

// -----

func.func @LATENT_M4_gate_shape(%x: tensor<?x32xf32>, %router: tensor<8x32xf32>, %up: tensor<8x24x32xf32>, %gate: tensor<8x24x32xf32>, %down: tensor<8x32x24xf32>, %shared_up: tensor<48x32xf32>, %shared_gate: tensor<47x32xf32>, %shared_down: tensor<32x48xf32>) {
  // expected-error@+1 {{LATENT-M4}}
  %y = latent.moe <silu_glu> #latent.routing<top_k = 2> %x router(%router : tensor<8x32xf32>) up(%up : tensor<8x24x32xf32>) gate(%gate : tensor<8x24x32xf32>) down(%down : tensor<8x32x24xf32>) shared_up(%shared_up : tensor<48x32xf32>) shared_gate(%shared_gate : tensor<47x32xf32>) shared_down(%shared_down : tensor<32x48xf32>) : tensor<?x32xf32>
  return
}

// -----

func.func @LATENT_M4_down(%x: tensor<?x32xf32>, %router: tensor<8x32xf32>, %up: tensor<8x24x32xf32>, %down: tensor<8x32x24xf32>, %shared_up: tensor<48x32xf32>, %shared_down: tensor<32x47xf32>) {
  // expected-error@+1 {{LATENT-M4}}
  %y = latent.moe <relu2> #latent.routing<top_k = 2> %x router(%router : tensor<8x32xf32>) up(%up : tensor<8x24x32xf32>) down(%down : tensor<8x32x24xf32>) shared_up(%shared_up : tensor<48x32xf32>) shared_down(%shared_down : tensor<32x47xf32>) : tensor<?x32xf32>
  return
}

// -----

func.func @LATENT_M5_project(%x: tensor<?x32xf32>, %router: tensor<8x32xf32>, %down_project: tensor<16x32xi8>, %up: tensor<8x24x16xf32>, %down: tensor<8x16x24xf32>, %up_project: tensor<32x16xf32>) {
  // expected-error@+1 {{LATENT-M5: down_project of type 'tensor<16x32xi8>' needs a scale}}
  %y = latent.moe <relu2> #latent.routing<top_k = 2> %x router(%router : tensor<8x32xf32>) down_project(%down_project : tensor<16x32xi8>) up(%up : tensor<8x24x16xf32>) down(%down : tensor<8x16x24xf32>) up_project(%up_project : tensor<32x16xf32>) : tensor<?x32xf32>
  return
}

// -----

func.func @LATENT_M5_shared(%x: tensor<?x32xf32>, %router: tensor<8x32xf32>, %up: tensor<8x24x32xf32>, %down: tensor<8x32x24xf32>, %shared_up: tensor<48x32xf32>, %shared_down: tensor<32x48x!ternary.trit>, %shared_down_s: tensor<48xf32>) {
  // expected-error@+1 {{LATENT-M5: the scale of shared_down must be one number or one per output, got 'tensor<48xf32>'}}
  %y = latent.moe <relu2> #latent.routing<top_k = 2> %x router(%router : tensor<8x32xf32>) up(%up : tensor<8x24x32xf32>) down(%down : tensor<8x32x24xf32>) shared_up(%shared_up : tensor<48x32xf32>) shared_down(%shared_down, %shared_down_s : tensor<32x48x!ternary.trit>, tensor<48xf32>) : tensor<?x32xf32>
  return
}

// -----

func.func @LATENT_M6_route(%x: tensor<?x32xf32>, %router: tensor<8x32xf32>, %up: tensor<8x24x32xf32>, %down: tensor<8x32x24xf32>) {
  // expected-error@+1 {{LATENT-O3: cannot choose 9 of 8 experts}}
  %y = latent.moe <relu2> #latent.routing<top_k = 9> %x router(%router : tensor<8x32xf32>) up(%up : tensor<8x24x32xf32>) down(%down : tensor<8x32x24xf32>) : tensor<?x32xf32>
  return
}

// -----

func.func @LATENT_M6_width(%x: tensor<?x32xf32>, %router: tensor<8x32xf32>, %down_project: tensor<16x32xf32>, %up: tensor<8x24x32xf32>, %down: tensor<8x16x24xf32>, %up_project: tensor<32x16xf32>) {
  // expected-error@+1 {{LATENT-X2: up (and gate) must be [E, F, 16] and down [E, 16, F]}}
  %y = latent.moe <relu2> #latent.routing<top_k = 2> %x router(%router : tensor<8x32xf32>) down_project(%down_project : tensor<16x32xf32>) up(%up : tensor<8x24x32xf32>) down(%down : tensor<8x16x24xf32>) up_project(%up_project : tensor<32x16xf32>) : tensor<?x32xf32>
  return
}

// -----

func.func @LATENT_M6_experts(%x: tensor<?x32xf32>, %router: tensor<9x32xf32>, %up: tensor<8x24x32xf32>, %down: tensor<8x32x24xf32>) {
  // expected-error@+1 {{LATENT-M6: the router has 9 experts, the block 8}}
  %y = latent.moe <relu2> #latent.routing<top_k = 2> %x router(%router : tensor<9x32xf32>) up(%up : tensor<8x24x32xf32>) down(%down : tensor<8x32x24xf32>) : tensor<?x32xf32>
  return
}

// -----

func.func @LATENT_M6_thirds(%x: tensor<?x32xf32>, %router: tensor<27x32xf32>, %up: tensor<8x24x32xf32>, %down: tensor<8x32x24xf32>) {
  // expected-error@+1 {{LATENT-M6: the router has 9 experts, the block 8}}
  %y = latent.moe <relu2> #latent.routing<top_k = 2, router = attention> %x router(%router : tensor<27x32xf32>) up(%up : tensor<8x24x32xf32>) down(%down : tensor<8x32x24xf32>) : tensor<?x32xf32>
  return
}

// -----

func.func @LATENT_M7_norm(%x: tensor<?x32xf32>, %norm: tensor<16xf32>, %router: tensor<8x32xf32>, %up: tensor<8x24x32xf32>, %down: tensor<8x32x24xf32>) {
  // expected-error@+1 {{LATENT-M7: norm must be [32], got 'tensor<16xf32>'}}
  %y = latent.moe <relu2> #latent.routing<top_k = 2> %x norm(%norm : tensor<16xf32>) router(%router : tensor<8x32xf32>) up(%up : tensor<8x24x32xf32>) down(%down : tensor<8x32x24xf32>) : tensor<?x32xf32>
  return
}

// -----

func.func @LATENT_M8_eps(%x: tensor<?x32xf32>, %router: tensor<8x32xf32>, %up: tensor<8x24x32xf32>, %down: tensor<8x32x24xf32>) {
  // expected-error@+1 {{LATENT-M8: eps must not be negative}}
  %y = latent.moe <relu2> #latent.routing<top_k = 2> %x router(%router : tensor<8x32xf32>) up(%up : tensor<8x24x32xf32>) down(%down : tensor<8x32x24xf32>) {eps = -1.0 : f32} : tensor<?x32xf32>
  return
}

// -----

func.func @LATENT_X3_scale_alone(%x: tensor<?x16xf32>, %i: tensor<?x2xi32>, %u: tensor<8x24x16xf32>, %d: tensor<8x16x24xf32>, %s: tensor<8xf32>) {
  // expected-error@+1 {{LATENT-X3: a scale of gate without it}}
  %y = "latent.experts"(%x, %i, %u, %s, %d) <{activation = #latent.activation<relu2>, operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 1, 1, 0, 0>}> : (tensor<?x16xf32>, tensor<?x2xi32>, tensor<8x24x16xf32>, tensor<8xf32>, tensor<8x16x24xf32>) -> tensor<?x2x16xf32>
  return
}

// -----

func.func @LATENT_M5_scale_alone(%x: tensor<?x32xf32>, %r: tensor<8x32xf32>, %u: tensor<8x24x32xf32>, %d: tensor<8x32x24xf32>, %s: tensor<f32>) {
  // expected-error@+1 {{LATENT-M5: a scale of up_project without it}}
  %y = "latent.moe"(%x, %r, %u, %d, %s) <{activation = #latent.activation<relu2>, routing = #latent.routing<top_k = 2>, operandSegmentSizes = array<i32: 1, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0>}> : (tensor<?x32xf32>, tensor<8x32xf32>, tensor<8x24x32xf32>, tensor<8x32x24xf32>, tensor<f32>) -> tensor<?x32xf32>
  return
}
