// Reductions, a float product and every maths function: what stands around a
// ternary layer.
func.func @softmax(%a: tensor<40x48xf32> {tercet.name = "a"}) -> (tensor<40x48xf32> {tercet.name = "c"}) {
  %z = arith.constant 0.0 : f32
  %ninf = arith.constant 0xFF800000 : f32
  %e = tensor.empty() : tensor<40xf32>
  %e2 = tensor.empty() : tensor<40x48xf32>
  %f = linalg.fill ins(%ninf : f32) outs(%e : tensor<40xf32>) -> tensor<40xf32>
  %mx = linalg.reduce ins(%a : tensor<40x48xf32>) outs(%f : tensor<40xf32>) dimensions = [1]
    (%x: f32, %acc: f32) {
      %s = arith.maximumf %x, %acc : f32
      linalg.yield %s : f32
    }
  %bm = linalg.broadcast ins(%mx : tensor<40xf32>) outs(%e2 : tensor<40x48xf32>) dimensions = [1]
  %d = arith.subf %a, %bm : tensor<40x48xf32>
  %ex = math.exp %d : tensor<40x48xf32>
  %f0 = linalg.fill ins(%z : f32) outs(%e : tensor<40xf32>) -> tensor<40xf32>
  %sm = linalg.reduce ins(%ex : tensor<40x48xf32>) outs(%f0 : tensor<40xf32>) dimensions = [1]
    (%x: f32, %acc: f32) {
      %s = arith.addf %x, %acc : f32
      linalg.yield %s : f32
    }
  %bs = linalg.broadcast ins(%sm : tensor<40xf32>) outs(%e2 : tensor<40x48xf32>) dimensions = [1]
  %q = arith.divf %ex, %bs : tensor<40x48xf32>
  return %q : tensor<40x48xf32>
}

func.func @product(%a: tensor<?x48xf32> {tercet.name = "a", tercet.bound = [64, 0]},
                   %b: tensor<48x33xf32> {tercet.name = "b"})
    -> (tensor<?x33xf32> {tercet.name = "c", tercet.bound = [64, 0]}) {
  %c0 = arith.constant 0 : index
  %m = tensor.dim %a, %c0 : tensor<?x48xf32>
  %z = arith.constant 0.0 : f32
  %e = tensor.empty(%m) : tensor<?x33xf32>
  %f = linalg.fill ins(%z : f32) outs(%e : tensor<?x33xf32>) -> tensor<?x33xf32>
  %r = linalg.matmul ins(%a, %b : tensor<?x48xf32>, tensor<48x33xf32>) outs(%f : tensor<?x33xf32>) -> tensor<?x33xf32>
  return %r : tensor<?x33xf32>
}

func.func @total(%a: tensor<40x48xf32> {tercet.name = "a"}) -> (tensor<f32> {tercet.name = "c"}) {
  %z = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<f32>
  %f = linalg.fill ins(%z : f32) outs(%e : tensor<f32>) -> tensor<f32>
  %r = linalg.reduce ins(%a : tensor<40x48xf32>) outs(%f : tensor<f32>) dimensions = [0, 1]
    (%x: f32, %acc: f32) {
      %s = arith.addf %x, %acc : f32
      linalg.yield %s : f32
    }
  return %r : tensor<f32>
}

func.func @maths(%x: tensor<64xf32> {tercet.name = "x"}) -> (tensor<64xf32> {tercet.name = "y"}) {
  %0 = math.tanh %x : tensor<64xf32>
  %1 = math.erf %0 : tensor<64xf32>
  %2 = math.log %1 : tensor<64xf32>
  %3 = math.exp2 %2 : tensor<64xf32>
  %4 = math.rsqrt %3 : tensor<64xf32>
  %5 = math.sin %4 : tensor<64xf32>
  %6 = math.powf %5, %x : tensor<64xf32>
  %7 = math.log10 %6 : tensor<64xf32>
  %8 = math.roundeven %7 : tensor<64xf32>
  %9 = math.floor %8 : tensor<64xf32>
  return %9 : tensor<64xf32>
}
