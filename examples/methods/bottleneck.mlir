// Bottleneck sampling (arXiv 2503.18940): few tokens in the middle of a sampler's steps.
// @down takes the clean estimate of 4 x 4 x 6 tokens to 4 x 2 x 3 by the means of 2 x 2
// boxes, @up takes one back to every token of its box; both put noise of the level of
// the next step on it: (1 - sigma) x0 + sigma noise.
#nc = affine_map<(n, c) -> (n, c)>
#one = affine_map<(n, c) -> ()>
func.func @down(%x0: tensor<96x4xf32> {tercet.name = "x0"}, %noise: tensor<24x4xf32> {tercet.name = "noise"}, %sigma: tensor<f32> {tercet.name = "sigma"}) -> (tensor<24x4xf32> {tercet.name = "y"}) {
  %c1 = arith.constant 1.0 : f32
  %places, %ranks, %o = spatial.tile_order box grid(#spatial.grid<4, 4, 6, tile = [1, 2, 2]>) : tensor<96xi32>, tensor<96xi32>, tensor<25xi32>
  %sorted = spatial.gather %x0, %places : tensor<96x4xf32>, tensor<96xi32> -> tensor<96x4xf32>
  %rows = tensor.expand_shape %sorted [[0], [1, 2]] output_shape [96, 1, 4] : tensor<96x4xf32> into tensor<96x1x4xf32>
  %means = spatial.block_mean %rows, %o : tensor<96x1x4xf32>, tensor<25xi32> -> tensor<24x1x4xf32>
  %low = tensor.collapse_shape %means [[0], [1, 2]] : tensor<24x1x4xf32> into tensor<24x4xf32>
  %empty = tensor.empty() : tensor<24x4xf32>
  %y = linalg.generic {indexing_maps = [#nc, #nc, #one, #nc], iterator_types = ["parallel", "parallel"]} ins(%low, %noise, %sigma : tensor<24x4xf32>, tensor<24x4xf32>, tensor<f32>) outs(%empty : tensor<24x4xf32>) {
  ^bb0(%a: f32, %e: f32, %t: f32, %out: f32):
    %rest = arith.subf %c1, %t : f32
    %kept = arith.mulf %rest, %a : f32
    %new = arith.mulf %t, %e : f32
    %r = arith.addf %kept, %new : f32
    linalg.yield %r : f32
  } -> tensor<24x4xf32>
  return %y : tensor<24x4xf32>
}

func.func @up(%x0: tensor<24x4xf32> {tercet.name = "x0"}, %noise: tensor<96x4xf32> {tercet.name = "noise"}, %sigma: tensor<f32> {tercet.name = "sigma"}) -> (tensor<96x4xf32> {tercet.name = "y"}) {
  %c1 = arith.constant 1.0 : f32
  %places, %ranks, %o = spatial.tile_order box grid(#spatial.grid<4, 4, 6, tile = [1, 2, 2]>) : tensor<96xi32>, tensor<96xi32>, tensor<25xi32>
  %low = tensor.expand_shape %x0 [[0], [1, 2]] output_shape [24, 1, 4] : tensor<24x4xf32> into tensor<24x1x4xf32>
  %spread = spatial.block_spread %low, %o : tensor<24x1x4xf32>, tensor<25xi32> -> tensor<96x1x4xf32>
  %rows = tensor.collapse_shape %spread [[0], [1, 2]] : tensor<96x1x4xf32> into tensor<96x4xf32>
  %high = spatial.gather %rows, %ranks : tensor<96x4xf32>, tensor<96xi32> -> tensor<96x4xf32>
  %empty = tensor.empty() : tensor<96x4xf32>
  %y = linalg.generic {indexing_maps = [#nc, #nc, #one, #nc], iterator_types = ["parallel", "parallel"]} ins(%high, %noise, %sigma : tensor<96x4xf32>, tensor<96x4xf32>, tensor<f32>) outs(%empty : tensor<96x4xf32>) {
  ^bb0(%a: f32, %e: f32, %t: f32, %out: f32):
    %rest = arith.subf %c1, %t : f32
    %kept = arith.mulf %rest, %a : f32
    %new = arith.mulf %t, %e : f32
    %r = arith.addf %kept, %new : f32
    linalg.yield %r : f32
  } -> tensor<96x4xf32>
  return %y : tensor<96x4xf32>
}
