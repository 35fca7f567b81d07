// Narrow floats, computed in f32.
func.func @half(%x: tensor<64xf16> {tercet.name = "x"}, %b: tensor<64xbf16> {tercet.name = "b"})
    -> (tensor<64xf16> {tercet.name = "y"}, tensor<64xbf16> {tercet.name = "z"}) {
  %0 = math.exp %x : tensor<64xf16>
  %1 = math.tanh %b : tensor<64xbf16>
  return %0, %1 : tensor<64xf16>, tensor<64xbf16>
}
