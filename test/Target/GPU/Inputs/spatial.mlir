// Blocks along a Hilbert curve that are chosen by their means (@chosen), boxes of
// several sizes with a mask that is data (@boxes), clusters, whose sizes are data, too
// (@clusters), a static mask (@radial), k-means (@means), its nearest centroids by matrix
// instructions (@assigned), k-means of several heads from drawn points (@heads), the next level of a chunk as rotated tokens (@chunk).
func.func @chosen(%x: tensor<60x4x16xf32> {tercet.name = "x"}) -> (tensor<60x4x16xf32> {tercet.name = "y"}, tensor<60x4xf32> {tercet.name = "l"}, tensor<4x8x8xi8> {tercet.name = "m"}) {
  %places, %ranks, %o = spatial.tile_order hilbert grid(#spatial.grid<3, 4, 5>) block(8) : tensor<60xi32>, tensor<60xi32>, tensor<9xi32>
  %rows = tensor.collapse_shape %x [[0], [1, 2]] : tensor<60x4x16xf32> into tensor<60x64xf32>
  %sorted = spatial.gather %rows, %places : tensor<60x64xf32>, tensor<60xi32> -> tensor<60x64xf32>
  %q = tensor.expand_shape %sorted [[0], [1, 2]] output_shape [60, 4, 16] : tensor<60x64xf32> into tensor<60x4x16xf32>
  %means = spatial.block_mean %q, %o : tensor<60x4x16xf32>, tensor<9xi32> -> tensor<8x4x16xf32>
  %m = spatial.block_select %means, %means scale(0.25) top_k(2) top_p(0.3) sinks(1) neighbours(1) : tensor<8x4x16xf32>, tensor<8x4x16xf32> -> tensor<4x8x8xi8>
  %y, %l = spatial.block_attention %q, %q, %q mask(%m, %o, %o : tensor<4x8x8xi8>, tensor<9xi32>, tensor<9xi32>) scale(0.25) : tensor<60x4x16xf32>, tensor<60x4x16xf32>, tensor<60x4x16xf32> -> tensor<60x4x16xf32>, tensor<60x4xf32>
  %flat = tensor.collapse_shape %y [[0], [1, 2]] : tensor<60x4x16xf32> into tensor<60x64xf32>
  %back = spatial.gather %flat, %ranks : tensor<60x64xf32>, tensor<60xi32> -> tensor<60x64xf32>
  %result = tensor.expand_shape %back [[0], [1, 2]] output_shape [60, 4, 16] : tensor<60x64xf32> into tensor<60x4x16xf32>
  return %result, %l, %m : tensor<60x4x16xf32>, tensor<60x4xf32>, tensor<4x8x8xi8>
}
func.func @boxes(%x: tensor<60x4x16xf32> {tercet.name = "x"}, %k: tensor<60x2x16xf32> {tercet.name = "k"}, %m: tensor<2x8x8xi8> {tercet.name = "m"}) -> (tensor<60x4x16xf32> {tercet.name = "y"}, tensor<60x4xf32> {tercet.name = "l"}, tensor<60x2x16xf32> {tercet.name = "s"}) {
  %places, %ranks, %o = spatial.tile_order box grid(#spatial.grid<3, 4, 5, tile = [2, 2, 3]>) : tensor<60xi32>, tensor<60xi32>, tensor<9xi32>
  %means = spatial.block_mean %k, %o : tensor<60x2x16xf32>, tensor<9xi32> -> tensor<8x2x16xf32>
  %s = spatial.block_spread %means, %o : tensor<8x2x16xf32>, tensor<9xi32> -> tensor<60x2x16xf32>
  %y, %l = spatial.block_attention %x, %k, %s mask(%m, %o, %o : tensor<2x8x8xi8>, tensor<9xi32>, tensor<9xi32>) scale(0.25) : tensor<60x4x16xf32>, tensor<60x2x16xf32>, tensor<60x2x16xf32> -> tensor<60x4x16xf32>, tensor<60x4xf32>
  return %y, %l, %s : tensor<60x4x16xf32>, tensor<60x4xf32>, tensor<60x2x16xf32>
}
func.func @clusters(%x: tensor<60x4x16xf32> {tercet.name = "x"}, %ids: tensor<60xi32> {tercet.name = "ids", tercet.range = [0, 5]}, %m: tensor<1x5x5xi8> {tercet.name = "m"}) -> (tensor<60x4x16xf32> {tercet.name = "y"}, tensor<60xi32> {tercet.name = "p"}, tensor<60xi32> {tercet.name = "r"}, tensor<6xi32> {tercet.name = "o"}) {
  %places, %ranks, %o = spatial.block_order %ids : tensor<60xi32> -> tensor<60xi32>, tensor<60xi32>, tensor<6xi32>
  %y, %l = spatial.block_attention %x, %x, %x mask(%m, %o, %o : tensor<1x5x5xi8>, tensor<6xi32>, tensor<6xi32>) scale(0.25) : tensor<60x4x16xf32>, tensor<60x4x16xf32>, tensor<60x4x16xf32> -> tensor<60x4x16xf32>, tensor<60x4xf32>
  return %y, %places, %ranks, %o : tensor<60x4x16xf32>, tensor<60xi32>, tensor<60xi32>, tensor<6xi32>
}
func.func @radial(%x: tensor<60x4x16xf32> {tercet.name = "x"}) -> (tensor<60x4x16xf32> {tercet.name = "y"}) {
  %places, %ranks, %o = spatial.tile_order raster grid(#spatial.grid<15, 2, 2>) block(4) : tensor<60xi32>, tensor<60xi32>, tensor<16xi32>
  %m = spatial.block_mask radial grid(#spatial.grid<15, 2, 2>) block(4) decay(1.0) : tensor<1x15x15xi8>
  %y, %l = spatial.block_attention causal %x, %x, %x mask(%m, %o, %o : tensor<1x15x15xi8>, tensor<16xi32>, tensor<16xi32>) scale(0.25) : tensor<60x4x16xf32>, tensor<60x4x16xf32>, tensor<60x4x16xf32> -> tensor<60x4x16xf32>, tensor<60x4xf32>
  return %y : tensor<60x4x16xf32>
}
func.func @sampled(%x: tensor<60x4x16xf32> {tercet.name = "x"}) -> (tensor<60x64xf32> {tercet.name = "y"}) {
  %rows = tensor.collapse_shape %x [[0], [1, 2]] : tensor<60x4x16xf32> into tensor<60x64xf32>
  %seed = arith.constant dense<[5, 6]> : tensor<2xi32>
  %noise = spatial.random_normal %seed : tensor<2xi32> -> tensor<60x64xf32>
  %y = spatial.sample %noise grid<3, 4, 5> stages [[1, 24], [1, 40], [1, 60]] sigmas [1.0, 0.7, 0.4, 0.0]
      blend [0.33333334] : tensor<60x64xf32> {
  ^bb0(%active: tensor<?x64xf32>, %index: tensor<?xi32>, %sigma: tensor<1xf32>):
    %clean = spatial.gather %rows, %index : tensor<60x64xf32>, tensor<?xi32> -> tensor<?x64xf32>
    %v = arith.subf %active, %clean : tensor<?x64xf32>
    spatial.yield %v : tensor<?x64xf32>
  }
  return %y : tensor<60x64xf32>
}
func.func @means(%x: tensor<50x20xf32> {tercet.name = "x"}, %c: tensor<11x20xf32> {tercet.name = "c"}) -> (tensor<50xi32> {tercet.name = "i"}, tensor<11x20xf32> {tercet.name = "y"}) {
  %i, %y, %n = spatial.kmeans %x, %c max_iters(3) tol(1.0e-3) : tensor<50x20xf32>, tensor<11x20xf32> -> tensor<50xi32>, tensor<i32>
  return %i, %y : tensor<50xi32>, tensor<11x20xf32>
}
func.func @assigned(%x: tensor<40x64xf32> {tercet.name = "x"}, %c: tensor<37x64xf32> {tercet.name = "c"}) -> (tensor<40xi32> {tercet.name = "i"}, tensor<40xf32> {tercet.name = "s"}) {
  %i, %s = spatial.kmeans_assign clamp0 %x, %c : tensor<40x64xf32>, tensor<37x64xf32> -> tensor<40xi32>, tensor<40xf32>
  return %i, %s : tensor<40xi32>, tensor<40xf32>
}
func.func @heads(%x: tensor<3x40x16xf32> {tercet.name = "x"}) -> (tensor<3x40xi32> {tercet.name = "i"}, tensor<3x9x16xf32> {tercet.name = "y"}, tensor<3xi32> {tercet.name = "n"}) {
  %seed = arith.constant dense<[7, 8]> : tensor<2xi32>
  %c = spatial.kmeans_init %x seed(%seed) : tensor<3x40x16xf32>, tensor<2xi32> -> tensor<3x9x16xf32>
  %i, %y, %n = spatial.kmeans %x, %c max_iters(3) tol(1.0e-3) : tensor<3x40x16xf32>, tensor<3x9x16xf32> -> tensor<3x40xi32>, tensor<3xi32>
  return %i, %y, %n : tensor<3x40xi32>, tensor<3x9x16xf32>, tensor<3xi32>
}
func.func @chunk(%x: tensor<4x3x5x2xf32> {tercet.name = "x"}, %z: tensor<4x6x10x2xf32> {tercet.name = "z"}) -> (tensor<12x48xf32> {tercet.name = "y"}) {
  %up = spatial.pyramid_jump %x, %z sigma(0.5) gamma(0.25) : tensor<4x3x5x2xf32>, tensor<4x6x10x2xf32>
  %t = spatial.patchify %up patch([2, 3, 4]) : tensor<4x6x10x2xf32> -> tensor<12x48xf32>
  %h = tensor.expand_shape %t [[0], [1, 2]] output_shape [12, 4, 12] : tensor<12x48xf32> into tensor<12x4x12xf32>
  %cos, %sin = spatial.rope_table grid(#spatial.grid<2, 2, 3>) widths([4, 4, 4]) theta(100.0) : tensor<12x6xf32>
  %r = spatial.rope %h, %cos, %sin : tensor<12x4x12xf32>, tensor<12x6xf32>
  %y = tensor.collapse_shape %r [[0], [1, 2]] : tensor<12x4x12xf32> into tensor<12x48xf32>
  return %y : tensor<12x48xf32>
}
