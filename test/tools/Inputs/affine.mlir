#id = affine_map<(i) -> (i)>
func.func @affine(%x: tensor<4xf32> {tercet.name = "x"}) -> (tensor<4xf32> {tercet.name = "y"}) {
  %two = arith.constant 2.0 : f32
  %one = arith.constant 1.0 : f32
  %init = tensor.empty() : tensor<4xf32>
  %y = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%x : tensor<4xf32>) outs(%init : tensor<4xf32>) {
  ^bb0(%a: f32, %b: f32):
    %p = arith.mulf %a, %two : f32
    %q = arith.addf %p, %one : f32
    linalg.yield %q : f32
  } -> tensor<4xf32>
  return %y : tensor<4xf32>
}
