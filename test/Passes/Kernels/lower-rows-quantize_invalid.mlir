// RUN: tercet-opt %s --verify-diagnostics --lower-rows-quantize

func.func @tensors(%x: tensor<2x16xi8>, %q: tensor<2x16xi8>, %s: tensor<2xi32>) {
  // expected-error @below {{cannot be lowered before it is bufferized}}
  %0:2 = rows.pack ins(%x : tensor<2x16xi8>) outs(%q, %s : tensor<2x16xi8>, tensor<2xi32>) -> tensor<2x16xi8>, tensor<2xi32>
  return
}
