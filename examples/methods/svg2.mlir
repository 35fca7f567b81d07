// Sparse VideoGen 2 (arXiv 2505.18875), one head: queries and keys are clustered, from the
// centroids of the step before, and sorted by cluster; a cluster of queries sees the fewest
// clusters of keys that have 90 % of the weight, each counted with its size, and at least
// one of ten. Sizes are data: attention knows them by offsets.
func.func @svg2(%q: tensor<96x1x8xf32> {tercet.name = "q"}, %k: tensor<96x1x8xf32> {tercet.name = "k"}, %v: tensor<96x1x8xf32> {tercet.name = "v"}, %q0: tensor<6x8xf32> {tercet.name = "q0"}, %k0: tensor<10x8xf32> {tercet.name = "k0"}) -> (tensor<96x1x8xf32> {tercet.name = "y"}, tensor<1x6x10xi8> {tercet.name = "mask"}, tensor<96xi32> {tercet.name = "qids"}, tensor<96xi32> {tercet.name = "kids"}) {
  %q_rows = tensor.collapse_shape %q [[0], [1, 2]] : tensor<96x1x8xf32> into tensor<96x8xf32>
  %k_rows = tensor.collapse_shape %k [[0], [1, 2]] : tensor<96x1x8xf32> into tensor<96x8xf32>
  %qids, %q_centroids, %qn = spatial.kmeans %q_rows, %q0 max_iters(4) tol(0.0) : tensor<96x8xf32>, tensor<6x8xf32> -> tensor<96xi32>, tensor<i32>
  %kids, %k_centroids, %kn = spatial.kmeans %k_rows, %k0 max_iters(4) tol(0.0) : tensor<96x8xf32>, tensor<10x8xf32> -> tensor<96xi32>, tensor<i32>
  %qc = tensor.expand_shape %q_centroids [[0], [1, 2]] output_shape [6, 1, 8] : tensor<6x8xf32> into tensor<6x1x8xf32>
  %kc = tensor.expand_shape %k_centroids [[0], [1, 2]] output_shape [10, 1, 8] : tensor<10x8xf32> into tensor<10x1x8xf32>
  %q_places, %q_ranks, %q_offsets = spatial.block_order %qids : tensor<96xi32> -> tensor<96xi32>, tensor<96xi32>, tensor<7xi32>
  %k_places, %k_ranks, %k_offsets = spatial.block_order %kids : tensor<96xi32> -> tensor<96xi32>, tensor<96xi32>, tensor<11xi32>
  %qs_rows = spatial.gather %q_rows, %q_places : tensor<96x8xf32>, tensor<96xi32> -> tensor<96x8xf32>
  %qs = tensor.expand_shape %qs_rows [[0], [1, 2]] output_shape [96, 1, 8] : tensor<96x8xf32> into tensor<96x1x8xf32>
  %ks_rows = spatial.gather %k_rows, %k_places : tensor<96x8xf32>, tensor<96xi32> -> tensor<96x8xf32>
  %ks = tensor.expand_shape %ks_rows [[0], [1, 2]] output_shape [96, 1, 8] : tensor<96x8xf32> into tensor<96x1x8xf32>
  %vs_flat = tensor.collapse_shape %v [[0], [1, 2]] : tensor<96x1x8xf32> into tensor<96x8xf32>
  %vs_rows = spatial.gather %vs_flat, %k_places : tensor<96x8xf32>, tensor<96xi32> -> tensor<96x8xf32>
  %vs = tensor.expand_shape %vs_rows [[0], [1, 2]] output_shape [96, 1, 8] : tensor<96x8xf32> into tensor<96x1x8xf32>
  %mask = spatial.block_select %qc, %kc sizes(%k_offsets : tensor<11xi32>) scale(0.35355339) top_p(0.9) minimum(1) : tensor<6x1x8xf32>, tensor<10x1x8xf32> -> tensor<1x6x10xi8>
  %ys, %lse = spatial.block_attention %qs, %ks, %vs mask(%mask, %q_offsets, %k_offsets : tensor<1x6x10xi8>, tensor<7xi32>, tensor<11xi32>) scale(0.35355339) : tensor<96x1x8xf32>, tensor<96x1x8xf32>, tensor<96x1x8xf32> -> tensor<96x1x8xf32>, tensor<96x1xf32>
  %y_flat = tensor.collapse_shape %ys [[0], [1, 2]] : tensor<96x1x8xf32> into tensor<96x8xf32>
  %y_rows = spatial.gather %y_flat, %q_ranks : tensor<96x8xf32>, tensor<96xi32> -> tensor<96x8xf32>
  %y = tensor.expand_shape %y_rows [[0], [1, 2]] output_shape [96, 1, 8] : tensor<96x8xf32> into tensor<96x1x8xf32>
  return %y, %mask, %qids, %kids : tensor<96x1x8xf32>, tensor<1x6x10xi8>, tensor<96xi32>, tensor<96xi32>
}
