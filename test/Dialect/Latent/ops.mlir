// Every op and attribute with each of its optional parts, printed and parsed again.
// RUN: tercet-opt %s --verify-roundtrip --verify-output-roundtrip | FileCheck %s
// RUN: tercet-opt %s --mlir-print-op-generic | tercet-opt | FileCheck %s
// RUN: tercet-opt %s --emit-bytecode -o %t.mlirbc && tercet-opt %t.mlirbc | FileCheck %s

// Defaults are not printed; the order of parameters is free.
// CHECK-LABEL: func.func private @routing
// CHECK-SAME: #latent.routing<top_k = 4>
// CHECK-SAME: #latent.routing<top_k = 2>
// CHECK-SAME: #latent.routing<top_k = 3, score = softmax_pre, normalize = false>
// CHECK-SAME: #latent.routing<top_k = 3, score = softmax_post, router = attention>
// CHECK-SAME: #latent.routing<top_k = 22, score = sqrt_softplus, scale = 5.000000e+00 : f32>
// CHECK-SAME: #latent.routing<top_k = 8, groups = 8, top_groups = 4, group_score = share, scale = 2.500000e+00 : f32>
func.func private @routing() attributes {
  r = [#latent.routing<top_k = 4>,
       #latent.routing<top_k = 2, score = sigmoid, router = linear, groups = 1, top_groups = 1,
                       group_score = top2, normalize = true>,
       #latent.routing<score = softmax_pre, top_k = 3, normalize = false>,
       #latent.routing<top_k = 3, score = softmax_post, router = attention>,
       #latent.routing<top_k = 22, score = sqrt_softplus, scale = 5.0 : f32>,
       #latent.routing<top_k = 8, scale = 2.5 : f32, group_score = share, groups = 8, top_groups = 4>]}

// CHECK-LABEL: func.func private @activation
// CHECK-SAME: #latent.activation<relu2>
// CHECK-SAME: #latent.activation<silu_glu>
// CHECK-SAME: #latent.activation<gelu_glu>
// CHECK-SAME: #latent.activation<situ_glu>
// CHECK-SAME: #latent.activation<situ_glu, gate_limit = 4.000000e+00 : f32, up_limit = 2.500000e+01 : f32>
// CHECK-SAME: #latent.activation<situ_glu, up_limit = 2.000000e+00 : f32>
// CHECK-SAME: #latent.strategy<pairs>, #latent.strategy<grouped>
func.func private @activation() attributes {
  a = [#latent.activation<relu2>, #latent.activation<silu_glu>, #latent.activation<gelu_glu>,
       #latent.activation<situ_glu>,
       #latent.activation<situ_glu, gate_limit = 4.0 : f32, up_limit = 25.0 : f32>,
       #latent.activation<situ_glu, up_limit = 2.0 : f32>],
  s = [#latent.strategy<pairs>, #latent.strategy<grouped>]}

// CHECK-LABEL: func.func @rms_norm
func.func @rms_norm(%x: tensor<?x128xf32>, %h: tensor<3x4x?xf32>, %g: tensor<128xf32>) {
  // CHECK: latent.rms_norm %{{[a-z0-9]+}}, %{{[a-z0-9]+}} : tensor<?x128xf32>, tensor<128xf32>
  %a = latent.rms_norm %x, %g {eps = 1.0e-5 : f32} : tensor<?x128xf32>, tensor<128xf32>
  // CHECK: latent.rms_norm %{{[a-z0-9]+}}, %{{[a-z0-9]+}} {eps = 0.000000e+00 : f32} : tensor<3x4x?xf32>, tensor<128xf32>
  %b = latent.rms_norm %h, %g {eps = 0.0 : f32} : tensor<3x4x?xf32>, tensor<128xf32>
  return
}

// CHECK-LABEL: func.func @embed
func.func @embed(%ids: tensor<?xi32>, %t: tensor<63x128xf32>) {
  // CHECK: latent.embed %{{[a-z0-9]+}}, %{{[a-z0-9]+}} : tensor<?xi32>, tensor<63x128xf32> -> tensor<?x128xf32>
  %a = latent.embed %ids, %t : tensor<?xi32>, tensor<63x128xf32> -> tensor<?x128xf32>
  return
}

// CHECK-LABEL: func.func @rotary
func.func @rotary(%x: tensor<?x4x32xf32>, %c: tensor<512x16xf32>, %s: tensor<512x16xf32>, %p: index) {
  // CHECK: latent.rotary %{{[a-z0-9]+}}, %{{[a-z0-9]+}}, %{{[a-z0-9]+}} at(%{{[a-z0-9]+}}) : tensor<?x4x32xf32>, tensor<512x16xf32>
  %a = latent.rotary %x, %c, %s at(%p) : tensor<?x4x32xf32>, tensor<512x16xf32>
  return
}

// CHECK-LABEL: func.func @attention
func.func @attention(%q: tensor<?x4x32xf32>, %k: tensor<512x2x32xf32>, %v: tensor<512x2x16xf32>, %n: index) {
  // CHECK: latent.attention %{{[a-z0-9]+}}, %{{[a-z0-9]+}}, %{{[a-z0-9]+}} scale(2.500000e-01) : tensor<?x4x32xf32>, tensor<512x2x32xf32>, tensor<512x2x16xf32> -> tensor<?x4x16xf32>
  %a = latent.attention %q, %k, %v scale(0.25)
    : tensor<?x4x32xf32>, tensor<512x2x32xf32>, tensor<512x2x16xf32> -> tensor<?x4x16xf32>
  // CHECK: latent.attention %{{[a-z0-9]+}}, %{{[a-z0-9]+}}, %{{[a-z0-9]+}} length(%{{[a-z0-9]+}}) causal scale(1.250000e-01) :
  %b = latent.attention %q, %k, %v length(%n) causal scale(0.125)
    : tensor<?x4x32xf32>, tensor<512x2x32xf32>, tensor<512x2x16xf32> -> tensor<?x4x16xf32>
  // CHECK: latent.attention %{{[a-z0-9]+}}, %{{[a-z0-9]+}}, %{{[a-z0-9]+}} causal scale(1.000000e+00) :
  %c = latent.attention %q, %k, %v causal scale(1.0)
    : tensor<?x4x32xf32>, tensor<512x2x32xf32>, tensor<512x2x16xf32> -> tensor<?x4x16xf32>
  return
}

// CHECK-LABEL: func.func @route
func.func @route(%x: tensor<?x128xf32>, %w: tensor<32x128xf32>, %b: tensor<32xf32>, %a: tensor<96x128xf32>) {
  // CHECK: latent.route #latent.routing<top_k = 4> %{{[a-z0-9]+}}, %{{[a-z0-9]+}} : tensor<?x128xf32>, tensor<32x128xf32> -> tensor<?x4xi32>, tensor<?x4xf32>
  %i, %v = latent.route #latent.routing<top_k = 4> %x, %w
    : tensor<?x128xf32>, tensor<32x128xf32> -> tensor<?x4xi32>, tensor<?x4xf32>
  // CHECK: latent.route #latent.routing<top_k = 4, scale = 2.500000e+00 : f32> %{{[a-z0-9]+}}, %{{[a-z0-9]+}} bias(%{{[a-z0-9]+}} : tensor<32xf32>) :
  %i1, %v1 = latent.route #latent.routing<top_k = 4, scale = 2.5 : f32> %x, %w bias(%b : tensor<32xf32>)
    : tensor<?x128xf32>, tensor<32x128xf32> -> tensor<?x4xi32>, tensor<?x4xf32>
  // CHECK: latent.route #latent.routing<top_k = 4, router = attention> %{{[a-z0-9]+}}, %{{[a-z0-9]+}} : tensor<?x128xf32>, tensor<96x128xf32> ->
  %i2, %v2 = latent.route #latent.routing<top_k = 4, router = attention> %x, %a
    : tensor<?x128xf32>, tensor<96x128xf32> -> tensor<?x4xi32>, tensor<?x4xf32>
  return
}

// CHECK-LABEL: func.func @project
func.func @project(%x: tensor<?x128xf32>, %f: tensor<64x128xf32>, %i: tensor<64x128xi8>,
                   %t: tensor<64x128x!ternary.trit>, %s: tensor<f32>, %p: tensor<64xf32>, %g: tensor<128xf32>) {
  // CHECK: latent.project %{{[a-z0-9]+}}, %{{[a-z0-9]+}} : tensor<?x128xf32>, tensor<64x128xf32> -> tensor<?x64xf32>
  %a = latent.project %x, %f : tensor<?x128xf32>, tensor<64x128xf32> -> tensor<?x64xf32>
  // CHECK: latent.project %{{[a-z0-9]+}}, %{{[a-z0-9]+}} scale(%{{[a-z0-9]+}} : tensor<64xf32>) : tensor<?x128xf32>, tensor<64x128xi8> -> tensor<?x64xf32>
  %b = latent.project %x, %i scale(%p : tensor<64xf32>) : tensor<?x128xf32>, tensor<64x128xi8> -> tensor<?x64xf32>
  // CHECK: latent.project %{{[a-z0-9]+}}, %{{[a-z0-9]+}} scale(%{{[a-z0-9]+}} : tensor<f32>) norm(%{{[a-z0-9]+}} : tensor<128xf32>) {eps = 9.99999997E-7 : f32} : tensor<?x128xf32>, tensor<64x128x!ternary.trit>
  %c = latent.project %x, %t scale(%s : tensor<f32>) norm(%g : tensor<128xf32>) {eps = 1.0e-6 : f32}
    : tensor<?x128xf32>, tensor<64x128x!ternary.trit> -> tensor<?x64xf32>
  // CHECK: latent.project %{{[a-z0-9]+}}, %{{[a-z0-9]+}} norm(%{{[a-z0-9]+}} : tensor<128xf32>) : tensor<?x128xf32>, tensor<64x128xf32>
  %d = latent.project %x, %f norm(%g : tensor<128xf32>) : tensor<?x128xf32>, tensor<64x128xf32> -> tensor<?x64xf32>
  return
}

// CHECK-LABEL: func.func @experts
func.func @experts(%z: tensor<?x64xf32>, %ids: tensor<?x4xi32>, %w: tensor<?x4xf32>, %s: tensor<32xf32>,
                   %u: tensor<32x128x64x!ternary.trit, #ternary.code<t5>>, %d: tensor<32x64x128xi8>,
                   %uf: tensor<32x128x64xf32>, %df: tensor<32x64x128xf32>) {
  // CHECK: latent.experts <relu2> %{{[a-z0-9]+}}, %{{[a-z0-9]+}} up(%{{[a-z0-9]+}}, %{{[a-z0-9]+}} : tensor<32x128x64x!ternary.trit, #ternary.code<t5>>, tensor<32xf32>) down(%{{[a-z0-9]+}}, %{{[a-z0-9]+}} : tensor<32x64x128xi8>, tensor<32xf32>) : tensor<?x64xf32>, tensor<?x4xi32> -> tensor<?x4x64xf32>
  %a = latent.experts <relu2> %z, %ids
    up(%u, %s : tensor<32x128x64x!ternary.trit, #ternary.code<t5>>, tensor<32xf32>)
    down(%d, %s : tensor<32x64x128xi8>, tensor<32xf32>)
    : tensor<?x64xf32>, tensor<?x4xi32> -> tensor<?x4x64xf32>
  // CHECK: latent.experts <silu_glu> %{{[a-z0-9]+}}, %{{[a-z0-9]+}} up(%{{[a-z0-9]+}} : tensor<32x128x64xf32>) gate(%{{[a-z0-9]+}} : tensor<32x128x64xf32>) down(%{{[a-z0-9]+}} : tensor<32x64x128xf32>) weights(%{{[a-z0-9]+}} : tensor<?x4xf32>) {strategy = #latent.strategy<grouped>} :
  %b = latent.experts #latent.activation<silu_glu> %z, %ids up(%uf : tensor<32x128x64xf32>)
    gate(%uf : tensor<32x128x64xf32>) down(%df : tensor<32x64x128xf32>) weights(%w : tensor<?x4xf32>)
    {strategy = #latent.strategy<grouped>} : tensor<?x64xf32>, tensor<?x4xi32> -> tensor<?x4x64xf32>
  // CHECK: gate(%{{[a-z0-9]+}}, %{{[a-z0-9]+}} : tensor<32x128x64x!ternary.trit, #ternary.code<t5>>, tensor<32xf32>)
  %c = latent.experts <situ_glu, up_limit = 9.0 : f32> %z, %ids up(%uf : tensor<32x128x64xf32>)
    gate(%u, %s : tensor<32x128x64x!ternary.trit, #ternary.code<t5>>, tensor<32xf32>)
    down(%df : tensor<32x64x128xf32>) : tensor<?x64xf32>, tensor<?x4xi32> -> tensor<?x4x64xf32>
  return
}

// CHECK-LABEL: func.func @combine
func.func @combine(%e: tensor<?x4x64xf32>, %w: tensor<?x4xf32>) {
  // CHECK: latent.combine %{{[a-z0-9]+}}, %{{[a-z0-9]+}} : tensor<?x4x64xf32>, tensor<?x4xf32> -> tensor<?x64xf32>
  %a = latent.combine %e, %w : tensor<?x4x64xf32>, tensor<?x4xf32> -> tensor<?x64xf32>
  // CHECK: latent.combine %{{[a-z0-9]+}} : tensor<?x4x64xf32> -> tensor<?x64xf32>
  %b = latent.combine %e : tensor<?x4x64xf32> -> tensor<?x64xf32>
  return
}

// CHECK-LABEL: func.func @moe_small
func.func @moe_small(%x: tensor<?x32xf32>, %r: tensor<8x32xf32>, %u: tensor<8x24x32xf32>, %d: tensor<8x32x24xf32>) {
  // CHECK: latent.moe <relu2> #latent.routing<top_k = 2> %{{[a-z0-9]+}} router(%{{[a-z0-9]+}} : tensor<8x32xf32>) up(%{{[a-z0-9]+}} : tensor<8x24x32xf32>) down(%{{[a-z0-9]+}} : tensor<8x32x24xf32>) : tensor<?x32xf32>
  %a = latent.moe <relu2> #latent.routing<top_k = 2> %x router(%r : tensor<8x32xf32>) up(%u : tensor<8x24x32xf32>)
    down(%d : tensor<8x32x24xf32>) {eps = 1.0e-5 : f32} : tensor<?x32xf32>
  return
}

// CHECK-LABEL: func.func @moe
func.func @moe(%x: tensor<7x32xf32>, %g: tensor<32xf32>, %gl: tensor<16xf32>, %r: tensor<8x32xf32>,
               %b: tensor<8xf32>, %s: tensor<f32>, %wd: tensor<16x32x!ternary.trit>, %wu: tensor<32x16xi8>,
               %u: tensor<8x24x16x!ternary.trit>, %d: tensor<8x16x24x!ternary.trit>,
               %su: tensor<48x32x!ternary.trit>, %sd: tensor<32x48xf32>) {
  // CHECK: latent.moe <gelu_glu> #latent.routing<top_k = 2, scale = 5.000000e+00 : f32> %{{[a-z0-9]+}} norm(%{{[a-z0-9]+}} : tensor<32xf32>)
  // CHECK-SAME: router(%{{[a-z0-9]+}}, %{{[a-z0-9]+}} : tensor<8x32xf32>, tensor<8xf32>)
  // CHECK-SAME: down_project(%{{[a-z0-9]+}}, %{{[a-z0-9]+}} : tensor<16x32x!ternary.trit>, tensor<f32>)
  // CHECK-SAME: latent_norm(%{{[a-z0-9]+}} : tensor<16xf32>)
  // CHECK-SAME: up(%{{[a-z0-9]+}}, %{{[a-z0-9]+}} : tensor<8x24x16x!ternary.trit>, tensor<8xf32>)
  // CHECK-SAME: gate(%{{[a-z0-9]+}}, %{{[a-z0-9]+}} : tensor<8x24x16x!ternary.trit>, tensor<8xf32>)
  // CHECK-SAME: down(%{{[a-z0-9]+}}, %{{[a-z0-9]+}} : tensor<8x16x24x!ternary.trit>, tensor<8xf32>)
  // CHECK-SAME: weights_before combine_norm(%{{[a-z0-9]+}} : tensor<16xf32>)
  // CHECK-SAME: up_project(%{{[a-z0-9]+}}, %{{[a-z0-9]+}} : tensor<32x16xi8>, tensor<f32>)
  // CHECK-SAME: shared_up(%{{[a-z0-9]+}}, %{{[a-z0-9]+}} : tensor<48x32x!ternary.trit>, tensor<f32>)
  // CHECK-SAME: shared_gate(%{{[a-z0-9]+}}, %{{[a-z0-9]+}} : tensor<48x32x!ternary.trit>, tensor<f32>)
  // CHECK-SAME: shared_down(%{{[a-z0-9]+}} : tensor<32x48xf32>)
  // CHECK-SAME: residual {eps = 9.99999997E-7 : f32, strategy = #latent.strategy<pairs>} : tensor<7x32xf32>
  %a = latent.moe <gelu_glu> #latent.routing<top_k = 2, scale = 5.0 : f32> %x norm(%g : tensor<32xf32>)
    router(%r, %b : tensor<8x32xf32>, tensor<8xf32>)
    down_project(%wd, %s : tensor<16x32x!ternary.trit>, tensor<f32>) latent_norm(%gl : tensor<16xf32>)
    up(%u, %b : tensor<8x24x16x!ternary.trit>, tensor<8xf32>)
    gate(%u, %b : tensor<8x24x16x!ternary.trit>, tensor<8xf32>)
    down(%d, %b : tensor<8x16x24x!ternary.trit>, tensor<8xf32>)
    weights_before combine_norm(%gl : tensor<16xf32>)
    up_project(%wu, %s : tensor<32x16xi8>, tensor<f32>)
    shared_up(%su, %s : tensor<48x32x!ternary.trit>, tensor<f32>)
    shared_gate(%su, %s : tensor<48x32x!ternary.trit>, tensor<f32>)
    shared_down(%sd : tensor<32x48xf32>)
    residual {eps = 1.0e-6 : f32, strategy = #latent.strategy<pairs>} : tensor<7x32xf32>
  return
}

// CHECK-LABEL: @weights
func.func @weights(%x: tensor<7x32xf32>, %v: tensor<16x32xf4E2M1FN>, %s: tensor<16x2xf8E4M3FN>, %t: tensor<f32>, %m: tensor<4x16x32xf4E2M1FN>, %e: tensor<4x16x1xf8E8M0FNU>) {
  // CHECK: %[[W:.*]] = latent.dequantize %{{.*}}, %{{.*}} : tensor<16x32xf4E2M1FN>, tensor<16x2xf8E4M3FN> -> tensor<16x32xf32>
  %w = latent.dequantize %v, %s : tensor<16x32xf4E2M1FN>, tensor<16x2xf8E4M3FN> -> tensor<16x32xf32>
  // CHECK: latent.project %{{.*}}, %[[W]] scale(%{{.*}} : tensor<f32>)
  %y = latent.project %x, %w scale(%t : tensor<f32>) : tensor<7x32xf32>, tensor<16x32xf32> -> tensor<7x16xf32>
  // CHECK: latent.dequantize %{{.*}}, %{{.*}} : tensor<4x16x32xf4E2M1FN>, tensor<4x16x1xf8E8M0FNU> -> tensor<4x16x32xf32>
  %u = latent.dequantize %m, %e : tensor<4x16x32xf4E2M1FN>, tensor<4x16x1xf8E8M0FNU> -> tensor<4x16x32xf32>
  return
}
