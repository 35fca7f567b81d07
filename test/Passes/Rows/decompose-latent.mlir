// Latent ops at the rows level.
// RUN: tercet-opt %s --decompose-latent --canonicalize --cse | FileCheck %s

// The score is in the epilogue of the router's product; the bias only chooses.
// CHECK-LABEL: @route
// CHECK: %[[P:.*]] = rows.float_matmul ins(%arg0, %arg1 : tensor<?x16xf32>, tensor<32x16xf32>)
// CHECK: math.exp
// CHECK: rows.yield
// CHECK: %[[C:.*]] = linalg.generic {{.*}} ins(%[[P]], %arg2 :
// CHECK: %[[IDS:.*]] = rows.topk ins(%[[C]] : tensor<?x32xf32>)
// CHECK: linalg.generic {{.*}} ins(%[[IDS]] :
// CHECK: tensor.extract %[[P]]
// CHECK: arith.divf
// CHECK-NOT: latent
func.func @route(%x: tensor<?x16xf32>, %w: tensor<32x16xf32>, %b: tensor<32xf32>) -> (tensor<?x4xi32>, tensor<?x4xf32>) {
  %ids, %p = latent.route #latent.routing<top_k = 4, scale = 2.5 : f32> %x, %w bias(%b : tensor<32xf32>)
      : tensor<?x16xf32>, tensor<32x16xf32> -> tensor<?x4xi32>, tensor<?x4xf32>
  return %ids, %p : tensor<?x4xi32>, tensor<?x4xf32>
}

// Groups are chosen by the same kernel.
// CHECK-LABEL: @groups
// CHECK: rows.topk ins(%{{.*}} : tensor<?x4xf32>) outs(%{{.*}} : tensor<?x2xi32>)
// CHECK: rows.topk ins(%{{.*}} : tensor<?x8xf32>) outs(%{{.*}} : tensor<?x3xi32>)
// CHECK: rows.topk ins(%{{.*}} : tensor<?x32xf32>) outs(%{{.*}} : tensor<?x6xi32>)
func.func @groups(%x: tensor<?x16xf32>, %w: tensor<32x16xf32>) -> (tensor<?x6xi32>, tensor<?x6xf32>) {
  %ids, %p = latent.route #latent.routing<top_k = 6, groups = 8, top_groups = 3> %x, %w
      : tensor<?x16xf32>, tensor<32x16xf32> -> tensor<?x6xi32>, tensor<?x6xf32>
  return %ids, %p : tensor<?x6xi32>, tensor<?x6xf32>
}

// CHECK-LABEL: @project
// CHECK: ternary.linear %arg0, %arg1 scale(%arg2 : tensor<f32>) norm(%arg3 : tensor<16xf32>)
// CHECK: %[[N:.*]] = rows.norm eps(9.99999974E-6) ins(%arg0, %arg3
// CHECK: rows.float_matmul ins(%[[N]], %arg4
func.func @project(%x: tensor<?x16xf32>, %w: tensor<24x16x!ternary.trit>, %s: tensor<f32>, %g: tensor<16xf32>, %f: tensor<24x16xf32>) -> (tensor<?x24xf32>, tensor<?x24xf32>) {
  %y = latent.project %x, %w scale(%s : tensor<f32>) norm(%g : tensor<16xf32>) : tensor<?x16xf32>, tensor<24x16x!ternary.trit> -> tensor<?x24xf32>
  %z = latent.project %x, %f norm(%g : tensor<16xf32>) : tensor<?x16xf32>, tensor<24x16xf32> -> tensor<?x24xf32>
  return %y, %z : tensor<?x24xf32>, tensor<?x24xf32>
}

// A norm of heads is a norm of as many rows.
// CHECK-LABEL: @heads
// CHECK: tensor.collapse_shape %arg0 {{\[}}[0, 1], [2]] : tensor<?x4x8xf32> into tensor<?x8xf32>
// CHECK: rows.norm
// CHECK: tensor.expand_shape
func.func @heads(%x: tensor<?x4x8xf32>, %g: tensor<8xf32>) -> tensor<?x4x8xf32> {
  %y = latent.rms_norm %x, %g : tensor<?x4x8xf32>, tensor<8xf32>
  return %y : tensor<?x4x8xf32>
}

// Slots are summed in their order: the loop over them is a reduction inside.
// CHECK-LABEL: @combine
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "reduction", "parallel"]
func.func @combine(%e: tensor<?x4x16xf32>, %w: tensor<?x4xf32>) -> tensor<?x16xf32> {
  %y = latent.combine %e, %w : tensor<?x4x16xf32>, tensor<?x4xf32> -> tensor<?x16xf32>
  return %y : tensor<?x16xf32>
}

// CHECK-LABEL: @embed
// CHECK: tensor.extract %arg1
// CHECK-LABEL: @rotary
// CHECK: tensor.extract
func.func @embed(%ids: tensor<?xi32>, %t: tensor<63x16xf32>) -> tensor<?x16xf32> {
  %y = latent.embed %ids, %t : tensor<?xi32>, tensor<63x16xf32> -> tensor<?x16xf32>
  return %y : tensor<?x16xf32>
}
func.func @rotary(%x: tensor<?x4x8xf32>, %c: tensor<64x4xf32>, %s: tensor<64x4xf32>, %p: index) -> tensor<?x4x8xf32> {
  %y = latent.rotary %x, %c, %s at(%p) : tensor<?x4x8xf32>, tensor<64x4xf32>
  return %y : tensor<?x4x8xf32>
}

// Without a length all keys count.
// CHECK-LABEL: @attention
// CHECK: %[[S:.*]] = tensor.dim %arg1, %c0
// CHECK: rows.attention causal scale(2.500000e-01) ins(%arg0, %arg1, %arg2 : {{.*}}) length(%[[S]])
// CHECK: rows.attention scale(2.500000e-01) ins({{.*}}) length(%arg3)
func.func @attention(%q: tensor<?x4x8xf32>, %k: tensor<?x2x8xf32>, %v: tensor<?x2x8xf32>, %n: index) -> (tensor<?x4x8xf32>, tensor<?x4x8xf32>) {
  %x = latent.attention %q, %k, %v causal scale(0.25) : tensor<?x4x8xf32>, tensor<?x2x8xf32>, tensor<?x2x8xf32> -> tensor<?x4x8xf32>
  %y = latent.attention %q, %k, %v length(%n) scale(0.25) : tensor<?x4x8xf32>, tensor<?x2x8xf32>, tensor<?x2x8xf32> -> tensor<?x4x8xf32>
  return %x, %y : tensor<?x4x8xf32>, tensor<?x4x8xf32>
}
