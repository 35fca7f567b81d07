// An elementwise kernel, all the way to PTX text for one chip.
// RUN: rm -rf %t.d
// RUN: tercet-compile %s --target=cuda:sm_80 --ptxas=none --save-temps=%t.d -o %t.tercet
// RUN: FileCheck %s --input-file=%t.d/cuda_sm_80.ptx
// RUN: FileCheck %s --input-file=%t.d/cuda_sm_80.ptx --check-prefix=NOFMA

// CHECK: .version 7.0
// CHECK: .target sm_80
// CHECK: .visible .entry [[NAME:generic_mx64_[0-9a-f]+]](
// CHECK-NEXT: .param .u64 .ptr .global .align 1 [[NAME]]_param_0,
// CHECK-NEXT: .param .u64 .ptr .global .align 1 [[NAME]]_param_1,
// CHECK-NEXT: .param .u64 [[NAME]]_param_2
// CHECK: .reqntid 128, 1, 1
// CHECK: %ctaid.x
// CHECK: ld.global
// CHECK: mul.rn.f32
// CHECK: add.rn.f32
// CHECK: div.rn.f32
// CHECK: sqrt.rn.f32
// CHECK: st.global

// A product and a sum stay two roundings, as on a CPU.
// NOFMA-NOT: fma
// NOFMA-NOT: .ftz
// NOFMA-NOT: .approx

func.func @f(%x: tensor<?x64xf32> {tercet.name = "x", tercet.bound = [256, 0]})
    -> (tensor<?x64xf32> {tercet.name = "y", tercet.bound = [256, 0]}) {
  %c0 = arith.constant 0 : index
  %m = tensor.dim %x, %c0 : tensor<?x64xf32>
  %e = tensor.empty(%m) : tensor<?x64xf32>
  %y = linalg.generic {
      indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>],
      iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<?x64xf32>) outs(%e : tensor<?x64xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = arith.mulf %in, %in : f32
    %1 = arith.addf %0, %in : f32
    %2 = arith.divf %1, %in : f32
    %3 = math.sqrt %2 : f32
    linalg.yield %3 : f32
  } -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}
