// Attention with few and with many rows, shared heads, odd widths.
func.func @many(%q: tensor<?x4x64xf32> {tercet.name = "q", tercet.bound = [64, 0, 0]}, %k: tensor<?x2x64xf32> {tercet.name = "k", tercet.bound = [256, 0, 0], tercet.dims = ["s", "", ""]}, %v: tensor<?x2x64xf32> {tercet.name = "v", tercet.bound = [256, 0, 0], tercet.dims = ["s", "", ""]}) -> (tensor<?x4x64xf32> {tercet.name = "y"}) {
  %c0 = arith.constant 0 : index
  %m = tensor.dim %q, %c0 : tensor<?x4x64xf32>
  %s = tensor.dim %k, %c0 : tensor<?x2x64xf32>
  %e = tensor.empty(%m) : tensor<?x4x64xf32>
  %y = rows.attention causal scale(0.125) ins(%q, %k, %v : tensor<?x4x64xf32>, tensor<?x2x64xf32>, tensor<?x2x64xf32>) length(%s) outs(%e : tensor<?x4x64xf32>) -> tensor<?x4x64xf32>
  return %y : tensor<?x4x64xf32>
}
func.func @one(%q: tensor<1x8x128xf32> {tercet.name = "q"}, %k: tensor<?x8x128xf32> {tercet.name = "k", tercet.bound = [256, 0, 0], tercet.dims = ["s", "", ""]}, %v: tensor<?x8x128xf32> {tercet.name = "v", tercet.bound = [256, 0, 0], tercet.dims = ["s", "", ""]}) -> (tensor<1x8x128xf32> {tercet.name = "y"}) {
  %c0 = arith.constant 0 : index
  %s = tensor.dim %k, %c0 : tensor<?x8x128xf32>
  %e = tensor.empty() : tensor<1x8x128xf32>
  %y = rows.attention causal scale(0.1) ins(%q, %k, %v : tensor<1x8x128xf32>, tensor<?x8x128xf32>, tensor<?x8x128xf32>) length(%s) outs(%e : tensor<1x8x128xf32>) -> tensor<1x8x128xf32>
  return %y : tensor<1x8x128xf32>
}
func.func @odd(%q: tensor<?x6x5xf32> {tercet.name = "q", tercet.bound = [64, 0, 0]}, %k: tensor<?x1x5xf32> {tercet.name = "k", tercet.bound = [256, 0, 0], tercet.dims = ["s", "", ""]}, %v: tensor<?x1x7xf32> {tercet.name = "v", tercet.bound = [256, 0, 0], tercet.dims = ["s", "", ""]}) -> (tensor<?x6x7xf32> {tercet.name = "y"}) {
  %c0 = arith.constant 0 : index
  %m = tensor.dim %q, %c0 : tensor<?x6x5xf32>
  %s = tensor.dim %k, %c0 : tensor<?x1x5xf32>
  %e = tensor.empty(%m) : tensor<?x6x7xf32>
  %y = rows.attention scale(0.4) ins(%q, %k, %v : tensor<?x6x5xf32>, tensor<?x1x5xf32>, tensor<?x1x7xf32>) length(%s) outs(%e : tensor<?x6x7xf32>) -> tensor<?x6x7xf32>
  return %y : tensor<?x6x7xf32>
}
