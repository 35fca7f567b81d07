// Jenga (arXiv 2505.16864): blocks along a Hilbert curve; of each block of queries those
// blocks of keys whose means match best: at least two, as many as have 30 % of the
// probability, and the neighbours on the curve.
func.func @jenga(%q: tensor<96x2x8xf32> {tercet.name = "q"}, %k: tensor<96x2x8xf32> {tercet.name = "k"}, %v: tensor<96x2x8xf32> {tercet.name = "v"}) -> (tensor<96x2x8xf32> {tercet.name = "y"}, tensor<2x12x12xi8> {tercet.name = "mask"}) {
  %places, %ranks, %o = spatial.tile_order hilbert grid(#spatial.grid<4, 4, 6>) block(8) : tensor<96xi32>, tensor<96xi32>, tensor<13xi32>
  %qs_flat = tensor.collapse_shape %q [[0], [1, 2]] : tensor<96x2x8xf32> into tensor<96x16xf32>
  %qs_rows = spatial.gather %qs_flat, %places : tensor<96x16xf32>, tensor<96xi32> -> tensor<96x16xf32>
  %qs = tensor.expand_shape %qs_rows [[0], [1, 2]] output_shape [96, 2, 8] : tensor<96x16xf32> into tensor<96x2x8xf32>
  %ks_flat = tensor.collapse_shape %k [[0], [1, 2]] : tensor<96x2x8xf32> into tensor<96x16xf32>
  %ks_rows = spatial.gather %ks_flat, %places : tensor<96x16xf32>, tensor<96xi32> -> tensor<96x16xf32>
  %ks = tensor.expand_shape %ks_rows [[0], [1, 2]] output_shape [96, 2, 8] : tensor<96x16xf32> into tensor<96x2x8xf32>
  %vs_flat = tensor.collapse_shape %v [[0], [1, 2]] : tensor<96x2x8xf32> into tensor<96x16xf32>
  %vs_rows = spatial.gather %vs_flat, %places : tensor<96x16xf32>, tensor<96xi32> -> tensor<96x16xf32>
  %vs = tensor.expand_shape %vs_rows [[0], [1, 2]] output_shape [96, 2, 8] : tensor<96x16xf32> into tensor<96x2x8xf32>
  %qm = spatial.block_mean %qs, %o : tensor<96x2x8xf32>, tensor<13xi32> -> tensor<12x2x8xf32>
  %km = spatial.block_mean %ks, %o : tensor<96x2x8xf32>, tensor<13xi32> -> tensor<12x2x8xf32>
  %mask = spatial.block_select %qm, %km scale(0.35355339) top_k(2) top_p(0.3) neighbours(1) : tensor<12x2x8xf32>, tensor<12x2x8xf32> -> tensor<2x12x12xi8>
  %ys, %lse = spatial.block_attention %qs, %ks, %vs mask(%mask, %o, %o : tensor<2x12x12xi8>, tensor<13xi32>, tensor<13xi32>) scale(0.35355339) : tensor<96x2x8xf32>, tensor<96x2x8xf32>, tensor<96x2x8xf32> -> tensor<96x2x8xf32>, tensor<96x2xf32>
  %y_flat = tensor.collapse_shape %ys [[0], [1, 2]] : tensor<96x2x8xf32> into tensor<96x16xf32>
  %y_rows = spatial.gather %y_flat, %ranks : tensor<96x16xf32>, tensor<96xi32> -> tensor<96x16xf32>
  %y = tensor.expand_shape %y_rows [[0], [1, 2]] output_shape [96, 2, 8] : tensor<96x16xf32> into tensor<96x2x8xf32>
  return %y, %mask : tensor<96x2x8xf32>, tensor<2x12x12xi8>
}

// The order itself: numbers of tokens, as the curve visits them.
func.func @order(%numbers: tensor<96x1xf32> {tercet.name = "numbers"}) -> (tensor<96x1xf32> {tercet.name = "places"}) {
  %places, %ranks, %o = spatial.tile_order hilbert grid(#spatial.grid<4, 4, 6>) block(8) : tensor<96xi32>, tensor<96xi32>, tensor<13xi32>
  %y = spatial.gather %numbers, %places : tensor<96x1xf32>, tensor<96xi32> -> tensor<96x1xf32>
  return %y : tensor<96x1xf32>
}
