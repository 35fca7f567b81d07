// Radial attention (arXiv 2506.19852): what a token sees thins out with the distance of
// frames. The mask of blocks is a constant; 12 frames of 4 x 4 tokens, blocks of 8.
func.func @radial(%q: tensor<192x2x8xf32> {tercet.name = "q"}, %k: tensor<192x2x8xf32> {tercet.name = "k"}, %v: tensor<192x2x8xf32> {tercet.name = "v"}) -> (tensor<192x2x8xf32> {tercet.name = "y"}) {
  %places, %ranks, %o = spatial.tile_order raster grid(#spatial.grid<12, 4, 4>) block(8) : tensor<192xi32>, tensor<192xi32>, tensor<25xi32>
  %mask = spatial.block_mask radial grid(#spatial.grid<12, 4, 4>) block(8) decay(1.0) : tensor<1x24x24xi8>
  %y, %lse = spatial.block_attention %q, %k, %v mask(%mask, %o, %o : tensor<1x24x24xi8>, tensor<25xi32>, tensor<25xi32>) scale(0.35355339) : tensor<192x2x8xf32>, tensor<192x2x8xf32>, tensor<192x2x8xf32> -> tensor<192x2x8xf32>, tensor<192x2xf32>
  return %y : tensor<192x2x8xf32>
}
