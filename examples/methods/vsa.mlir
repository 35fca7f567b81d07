// VSA (arXiv 2505.13389): attention of means of boxes for all, of tokens for the two boxes
// that match best; a gate joins them. Boxes of 2 x 2 x 4 tokens, those at the edge smaller.
#id = affine_map<(n, h, c) -> (n, h, c)>
func.func @vsa(%q: tensor<96x2x8xf32> {tercet.name = "q"}, %k: tensor<96x2x8xf32> {tercet.name = "k"}, %v: tensor<96x2x8xf32> {tercet.name = "v"}, %gate: tensor<96x2x8xf32> {tercet.name = "gate"}) -> (tensor<96x2x8xf32> {tercet.name = "y"}) {
  %places, %ranks, %o = spatial.tile_order box grid(#spatial.grid<4, 4, 6, tile = [2, 2, 4]>) : tensor<96xi32>, tensor<96xi32>, tensor<9xi32>
  %qs_flat = tensor.collapse_shape %q [[0], [1, 2]] : tensor<96x2x8xf32> into tensor<96x16xf32>
  %qs_rows = spatial.gather %qs_flat, %places : tensor<96x16xf32>, tensor<96xi32> -> tensor<96x16xf32>
  %qs = tensor.expand_shape %qs_rows [[0], [1, 2]] output_shape [96, 2, 8] : tensor<96x16xf32> into tensor<96x2x8xf32>
  %ks_flat = tensor.collapse_shape %k [[0], [1, 2]] : tensor<96x2x8xf32> into tensor<96x16xf32>
  %ks_rows = spatial.gather %ks_flat, %places : tensor<96x16xf32>, tensor<96xi32> -> tensor<96x16xf32>
  %ks = tensor.expand_shape %ks_rows [[0], [1, 2]] output_shape [96, 2, 8] : tensor<96x16xf32> into tensor<96x2x8xf32>
  %vs_flat = tensor.collapse_shape %v [[0], [1, 2]] : tensor<96x2x8xf32> into tensor<96x16xf32>
  %vs_rows = spatial.gather %vs_flat, %places : tensor<96x16xf32>, tensor<96xi32> -> tensor<96x16xf32>
  %vs = tensor.expand_shape %vs_rows [[0], [1, 2]] output_shape [96, 2, 8] : tensor<96x16xf32> into tensor<96x2x8xf32>
  %gs_flat = tensor.collapse_shape %gate [[0], [1, 2]] : tensor<96x2x8xf32> into tensor<96x16xf32>
  %gs_rows = spatial.gather %gs_flat, %places : tensor<96x16xf32>, tensor<96xi32> -> tensor<96x16xf32>
  %gs = tensor.expand_shape %gs_rows [[0], [1, 2]] output_shape [96, 2, 8] : tensor<96x16xf32> into tensor<96x2x8xf32>
  %qm = spatial.block_mean %qs, %o : tensor<96x2x8xf32>, tensor<9xi32> -> tensor<8x2x8xf32>
  %km = spatial.block_mean %ks, %o : tensor<96x2x8xf32>, tensor<9xi32> -> tensor<8x2x8xf32>
  %vm = spatial.block_mean %vs, %o : tensor<96x2x8xf32>, tensor<9xi32> -> tensor<8x2x8xf32>
  %cm, %clse = spatial.block_attention %qm, %km, %vm scale(0.35355339) : tensor<8x2x8xf32>, tensor<8x2x8xf32>, tensor<8x2x8xf32> -> tensor<8x2x8xf32>, tensor<8x2xf32>
  %coarse = spatial.block_spread %cm, %o : tensor<8x2x8xf32>, tensor<9xi32> -> tensor<96x2x8xf32>
  %mask = spatial.block_select %qm, %km scale(0.35355339) top_k(2) : tensor<8x2x8xf32>, tensor<8x2x8xf32> -> tensor<2x8x8xi8>
  %fine, %lse = spatial.block_attention %qs, %ks, %vs mask(%mask, %o, %o : tensor<2x8x8xi8>, tensor<9xi32>, tensor<9xi32>) scale(0.35355339) : tensor<96x2x8xf32>, tensor<96x2x8xf32>, tensor<96x2x8xf32> -> tensor<96x2x8xf32>, tensor<96x2xf32>
  %gated = arith.mulf %gs, %coarse : tensor<96x2x8xf32>
  %ys = arith.addf %gated, %fine : tensor<96x2x8xf32>
  %y_flat = tensor.collapse_shape %ys [[0], [1, 2]] : tensor<96x2x8xf32> into tensor<96x16xf32>
  %y_rows = spatial.gather %y_flat, %ranks : tensor<96x16xf32>, tensor<96xi32> -> tensor<96x16xf32>
  %y = tensor.expand_shape %y_rows [[0], [1, 2]] output_shape [96, 2, 8] : tensor<96x16xf32> into tensor<96x2x8xf32>
  return %y : tensor<96x2x8xf32>
}
