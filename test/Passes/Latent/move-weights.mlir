// Routing weights go before or after the second product of the experts, where only a combine
// reads these.
// RUN: tercet-opt %s --latent-move-weights=to=before | FileCheck %s --check-prefixes=CHECK,BEFORE
// RUN: tercet-opt %s --latent-move-weights=to=before --latent-move-weights | FileCheck %s --check-prefixes=CHECK,AFTER
// RUN: not tercet-opt %s --latent-move-weights=to=there 2>&1 | FileCheck %s --check-prefix=BAD
// BAD: error: latent-move-weights takes to=before or to=after, got 'there'

// CHECK-LABEL: @pair
// BEFORE: %[[E:.*]] = latent.experts {{.*}} weights(%arg2 : tensor<?x2xf32>) : tensor<?x16xf32>
// BEFORE: latent.combine %[[E]] : tensor<?x2x16xf32> -> tensor<?x16xf32>
// AFTER: %[[E:.*]] = latent.experts {{.*}} down(%arg4 : tensor<8x16x24xf32>) : tensor<?x16xf32>
// AFTER: latent.combine %[[E]], %arg2 : tensor<?x2x16xf32>, tensor<?x2xf32> -> tensor<?x16xf32>
func.func @pair(%x: tensor<?x16xf32>, %ids: tensor<?x2xi32>, %w: tensor<?x2xf32>, %u: tensor<8x24x16xf32>, %d: tensor<8x16x24xf32>) -> tensor<?x16xf32> {
  %e = latent.experts <relu2> %x, %ids up(%u : tensor<8x24x16xf32>) down(%d : tensor<8x16x24xf32>) : tensor<?x16xf32>, tensor<?x2xi32> -> tensor<?x2x16xf32>
  %y = latent.combine %e, %w : tensor<?x2x16xf32>, tensor<?x2xf32> -> tensor<?x16xf32>
  return %y : tensor<?x16xf32>
}

// Somebody else reads the experts: left alone.
// CHECK-LABEL: @read
// CHECK: latent.combine %{{.*}}, %arg2
func.func @read(%x: tensor<?x16xf32>, %ids: tensor<?x2xi32>, %w: tensor<?x2xf32>, %u: tensor<8x24x16xf32>, %d: tensor<8x16x24xf32>) -> (tensor<?x16xf32>, tensor<?x2x16xf32>) {
  %e = latent.experts <relu2> %x, %ids up(%u : tensor<8x24x16xf32>) down(%d : tensor<8x16x24xf32>) : tensor<?x16xf32>, tensor<?x2xi32> -> tensor<?x2x16xf32>
  %y = latent.combine %e, %w : tensor<?x2x16xf32>, tensor<?x2xf32> -> tensor<?x16xf32>
  return %y, %e : tensor<?x16xf32>, tensor<?x2x16xf32>
}

// Weights that are made after the experts cannot go before their product.
// CHECK-LABEL: @later
// CHECK: latent.combine %{{.*}}, %{{.*}} : tensor<?x2x16xf32>, tensor<?x2xf32>
func.func @later(%x: tensor<?x16xf32>, %ids: tensor<?x2xi32>, %r: tensor<8x16xf32>, %u: tensor<8x24x16xf32>, %d: tensor<8x16x24xf32>) -> tensor<?x16xf32> {
  %e = latent.experts <relu2> %x, %ids up(%u : tensor<8x24x16xf32>) down(%d : tensor<8x16x24xf32>) : tensor<?x16xf32>, tensor<?x2xi32> -> tensor<?x2x16xf32>
  %others, %w = latent.route #latent.routing<top_k = 2> %x, %r : tensor<?x16xf32>, tensor<8x16xf32> -> tensor<?x2xi32>, tensor<?x2xf32>
  %y = latent.combine %e, %w : tensor<?x2x16xf32>, tensor<?x2xf32> -> tensor<?x16xf32>
  return %y : tensor<?x16xf32>
}

// CHECK-LABEL: @block
// BEFORE: latent.moe {{.*}} weights_before
// AFTER-NOT: weights_before
func.func @block(%x: tensor<?x16xf32>, %r: tensor<8x16xf32>, %u: tensor<8x24x16xf32>, %d: tensor<8x16x24xf32>) -> tensor<?x16xf32> {
  %y = latent.moe <relu2> #latent.routing<top_k = 2> %x router(%r : tensor<8x16xf32>)
      up(%u : tensor<8x24x16xf32>) down(%d : tensor<8x16x24xf32>) : tensor<?x16xf32>
  return %y : tensor<?x16xf32>
}
