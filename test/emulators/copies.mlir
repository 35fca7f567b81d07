// A program without kernels has no code, and runs on every device.
// RUN: tercet-compile %s --target=cpu:host --target=cuda:sm_80 --target=hip:gfx942 -o %t.tercet
// RUN: tercet-run %t.tercet --input=x=random:1 --output=y=@%t.npy
// RUN: tercet-run %t.tercet %emu_cuda --input=x=random:1 --compare=y=@%t.npy | FileCheck %s
// RUN: tercet-run %t.tercet %emu_hip --input=x=random:1 --compare=y=@%t.npy | FileCheck %s
// CHECK: compare y: ok, 24 elements
func.func @copy(%x: tensor<3x8xf32> {tercet.name = "x"}) -> (tensor<3x8xf32> {tercet.name = "y"}) {
  return %x : tensor<3x8xf32>
}
