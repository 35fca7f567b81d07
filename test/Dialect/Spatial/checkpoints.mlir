// A sampler's steps as entry points of their own, each in a process of its own: what
// is between them is in a file. The last one has the bits of the whole run; a step
// that is done again from the same file, as after a crash, has them as well.
// RUN: tercet-opt %s --spatial-split-sample | FileCheck %s
// RUN: tercet-compile %s --target=cpu:x86-64-v2 -o %t.tercet
// RUN: tercet-run %t.tercet --function=sample --input=noise=random:3 --input=c=random:4 --output=r=@%t.whole.npy
// RUN: tercet-run %t.tercet --function=sample_step0 --input=noise=random:3 --input=c=random:4 --state-save=%t.s0
// RUN: tercet-run %t.tercet --function=sample_step1 --input=noise=random:3 --input=c=random:4 --state-restore=%t.s0 --state-save=%t.lost
// RUN: tercet-run %t.tercet --function=sample_step1 --input=noise=random:3 --input=c=random:4 --state-restore=%t.s0 --state-save=%t.s1
// RUN: cmp %t.lost %t.s1
// RUN: tercet-run %t.tercet --function=sample_step2 --input=noise=random:3 --input=c=random:4 --state-restore=%t.s1 --state-save=%t.s2
// RUN: tercet-run %t.tercet --function=sample_step3 --input=noise=random:3 --input=c=random:4 --state-restore=%t.s2 --output=r=@%t.steps.npy
// RUN: cmp %t.whole.npy %t.steps.npy
// The file is what carries the run: another one gives other bits.
// RUN: tercet-run %t.tercet --function=sample_step3 --input=noise=random:3 --input=c=random:4 --state-restore=%t.s1 --output=r=@%t.other.npy
// RUN: not cmp %t.whole.npy %t.other.npy

// CHECK: ml_program.global private mutable @sample_latent(dense<0.000000e+00> : tensor<32x2xf32>) : tensor<32x2xf32>
// CHECK: ml_program.global private mutable @sample_active1(dense<0> : tensor<32xi32>) : tensor<32xi32>
// CHECK: func.func @sample_step0(
// CHECK-SAME: {
// CHECK-NOT: global_load
// CHECK: ml_program.global_store @sample_latent
// CHECK-NOT: global_store
// CHECK: func.func @sample_step1(
// CHECK: ml_program.global_load @sample_latent
// CHECK: spatial.densify
// CHECK: ml_program.global_store @sample_latent
// CHECK: ml_program.global_store @sample_active1
// CHECK: func.func @sample_step3({{.*}}) -> (tensor<32x2xf32> {tercet.name = "r"})
// CHECK: ml_program.global_load @sample_active1
// CHECK-NOT: global_store
// CHECK: func.func @sample(
func.func @sample(%noise: tensor<32x2xf32> {tercet.name = "noise"}, %c: tensor<32x2xf32> {tercet.name = "c"})
    -> (tensor<32x2xf32> {tercet.name = "r"}) {
  %doubled = arith.addf %c, %c : tensor<32x2xf32>
  %r = spatial.sample %noise grid<1, 4, 8> stages [[2, 24], [2, 32]]
      sigmas [1.0, 0.8, 0.5, 0.3, 0.0] blend [0.33333334] checkpoints : tensor<32x2xf32> {
  ^bb0(%rows: tensor<?x2xf32>, %index: tensor<?xi32>, %sigma: tensor<1xf32>):
    %cs = spatial.gather %doubled, %index : tensor<32x2xf32>, tensor<?xi32> -> tensor<?x2xf32>
    %v = arith.subf %cs, %rows : tensor<?x2xf32>
    spatial.yield %v : tensor<?x2xf32>
  }
  %s = arith.negf %r : tensor<32x2xf32>
  return %s : tensor<32x2xf32>
}
