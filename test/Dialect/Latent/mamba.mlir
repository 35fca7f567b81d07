// The Mamba-2 ops, and the mixer as its parts.
// RUN: tercet-opt %s | tercet-opt | FileCheck %s
// RUN: tercet-opt %s --latent-decompose-mamba | FileCheck %s --check-prefix=PARTS
// RUN: tercet-opt %s --latent-decompose-mamba --decompose-latent | FileCheck %s --check-prefix=ROWS

// CHECK-LABEL: @mixer
// CHECK: latent.mamba groups(2) %{{.*}} norm(%{{.*}} : tensor<6xf32>) in_project(%{{.*}} : tensor<48x6xf32>) conv(%{{.*}} : tensor<32x4xf32>, tensor<32xf32>) heads({{.*}} : tensor<4xf32>) gate_norm(%{{.*}} : tensor<12xf32>) out_project(%{{.*}} : tensor<6x12xf32>) states(%{{.*}} : tensor<3x32xf32>, tensor<4x3x5xf32>) min_step(1.000000e-03) residual {chunk = 64 : i64} : tensor<?x6xf32>

// Columns in the order z, xBC, dt; of xBC: x, B, C.
// PARTS-LABEL: @mixer
// PARTS: %[[P:.*]] = latent.project %arg0, %arg2 norm(%arg1 : tensor<6xf32>)
// PARTS: %[[XBC:.*]] = tensor.extract_slice %[[P]][0, 12] [%{{.*}}, 32] [1, 1]
// PARTS: %[[MIXED:.*]], %[[CONV:.*]] = latent.causal_conv %[[XBC]], %arg3, %arg4 state(%arg8)
// PARTS-DAG: %[[X:.*]] = tensor.extract_slice %[[MIXED]][0, 0] [%{{.*}}, 12]
// PARTS-DAG: %[[XS:.*]] = tensor.expand_shape %[[X]] {{\[\[}}0], [1, 2]] output_shape [%{{.*}}, 4, 3]
// PARTS-DAG: %[[DT:.*]] = tensor.extract_slice %[[P]][0, 44] [%{{.*}}, 4]
// PARTS-DAG: %[[B:.*]] = tensor.extract_slice %[[MIXED]][0, 12] [%{{.*}}, 10]
// PARTS-DAG: %[[BS:.*]] = tensor.expand_shape %[[B]] {{.*}} output_shape [%{{.*}}, 2, 5]
// PARTS-DAG: %[[C:.*]] = tensor.extract_slice %[[MIXED]][0, 22] [%{{.*}}, 10]
// PARTS-DAG: %[[CS:.*]] = tensor.expand_shape %[[C]]
// PARTS: %[[Y:.*]], %[[S:.*]] = latent.scan %[[XS]], %[[DT]], %[[BS]], %[[CS]] heads(%arg5, %arg5, %arg5) state(%arg9) min_step(1.000000e-03) {chunk = 64 : i64}
// PARTS: %[[YR:.*]] = tensor.collapse_shape %[[Y]]
// PARTS: %[[Z:.*]] = tensor.extract_slice %[[P]][0, 0] [%{{.*}}, 12]
// PARTS: %[[N:.*]] = latent.gated_norm groups(2) %[[YR]], %[[Z]], %arg6
// PARTS: %[[R:.*]] = latent.project %[[N]], %arg7
// PARTS: %[[SUM:.*]] = linalg.generic {{.*}} ins(%arg0, %[[R]]
// PARTS: return %[[SUM]], %[[CONV]], %[[S]]

// ROWS-LABEL: @mixer
// ROWS: rows.causal_conv ins(%{{.*}}, %arg3, %arg4 : {{.*}}) outs(%{{.*}}, %arg8 :
// ROWS: rows.scan chunk(64) min_step(1.000000e-03) ins({{.*}}) outs(%{{.*}}, %arg9 :
// ROWS: linalg.generic
// ROWS: math.exp
// ROWS: rows.norm eps(9.99999974E-6) {groups = 2 : i64} ins(%{{.*}}, %arg6
// ROWS-NOT: latent
func.func @mixer(%x: tensor<?x6xf32>, %g: tensor<6xf32>, %wi: tensor<48x6xf32>, %wc: tensor<32x4xf32>, %bc: tensor<32xf32>, %h: tensor<4xf32>, %gn: tensor<12xf32>, %wo: tensor<6x12xf32>, %c0: tensor<3x32xf32>, %s0: tensor<4x3x5xf32>) -> (tensor<?x6xf32>, tensor<3x32xf32>, tensor<4x3x5xf32>) {
  %y, %c1, %s1 = latent.mamba groups(2) %x norm(%g : tensor<6xf32>) in_project(%wi : tensor<48x6xf32>)
      conv(%wc, %bc : tensor<32x4xf32>, tensor<32xf32>) heads(%h, %h, %h : tensor<4xf32>)
      gate_norm(%gn : tensor<12xf32>) out_project(%wo : tensor<6x12xf32>)
      states(%c0, %s0 : tensor<3x32xf32>, tensor<4x3x5xf32>) min_step(1.0e-3) residual {chunk = 64 : i64} : tensor<?x6xf32>
  return %y, %c1, %s1 : tensor<?x6xf32>, tensor<3x32xf32>, tensor<4x3x5xf32>
}

// A coded weight's norm stays with it.
// PARTS-LABEL: @coded
// PARTS: latent.project %arg0, %arg2 scale(%arg3 : tensor<f32>) norm(%arg1 : tensor<6xf32>)
// PARTS: latent.project %{{.*}}, %arg8
// PARTS-NOT: linalg
// PARTS: return
func.func @coded(%x: tensor<1x6xf32>, %g: tensor<6xf32>, %wi: tensor<48x6x!ternary.trit>, %si: tensor<f32>, %wc: tensor<32x4xf32>, %bc: tensor<32xf32>, %h: tensor<4xf32>, %gn: tensor<12xf32>, %wo: tensor<6x12xf32>, %c0: tensor<3x32xf32>, %s0: tensor<4x3x5xf32>) -> tensor<1x6xf32> {
  %y, %c1, %s1 = latent.mamba groups(2) %x norm(%g : tensor<6xf32>) in_project(%wi, %si : tensor<48x6x!ternary.trit>, tensor<f32>)
      conv(%wc, %bc : tensor<32x4xf32>, tensor<32xf32>) heads(%h, %h, %h : tensor<4xf32>)
      gate_norm(%gn : tensor<12xf32>) out_project(%wo : tensor<6x12xf32>)
      states(%c0, %s0 : tensor<3x32xf32>, tensor<4x3x5xf32>) : tensor<1x6xf32>
  return %y : tensor<1x6xf32>
}
