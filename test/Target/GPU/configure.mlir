// What a GPU kernel computes with is said in a remark: matrix instructions where
// the chip has them for bytes and there may be many rows, else dot products.
// RUN: tercet-compile %s -o %t.tercet --weights=random:1 --remarks --ptxas=none --target=cuda:sm_80 --target=hip:gfx942 --target=hip:gfx1100 2>&1 | FileCheck %s --check-prefix=MATRIX
// RUN: tercet-compile %s -o %t.tercet --weights=random:1 --remarks --ptxas=none --target=cuda:sm_75 --target=hip:gfx90a --target=hip:gfx1201 2>&1 | FileCheck %s --check-prefix=DOTS
// MATRIX-DAG: remark: dot products by dp4a, 256 threads a workgroup
// MATRIX-DAG: remark: matrix products by mma.m16n8k32, 256 threads a workgroup
// MATRIX-DAG: remark: dot products by sdot4, 256 threads a workgroup
// MATRIX-DAG: remark: matrix products by mfma.16x16x32, 512 threads a workgroup
// MATRIX-DAG: remark: dot products by sudot4, 256 threads a workgroup
// MATRIX-DAG: remark: matrix products by wmma.16x16x16, 256 threads a workgroup
// A code of at most two nonzeros in four takes sparse ones.
// RUN: tercet-compile %S/Inputs/grid.mlir -o %t.tercet --weights=random:1 --remarks --ptxas=none --target=cuda:sm_80 --target=hip:gfx942 2>&1 | FileCheck %s --check-prefix=SPARSE
// SPARSE-DAG: remark: matrix products by mma.sp.m16n8k64
// SPARSE-DAG: remark: matrix products by smfmac.16x16x64
// So do groups of experts.
// RUN: tercet-compile %S/Inputs/grouped.mlir -o %t.tercet --weights=random:1 --remarks --ptxas=none --target=cuda:sm_80 --target=hip:gfx942 --target=hip:gfx1100 2>&1 | FileCheck %s --check-prefix=GROUPED
// GROUPED-DAG: grouped.mlir:7:8: remark: matrix products by mma.m16n8k32
// GROUPED-DAG: grouped.mlir:7:8: remark: matrix products by mfma.16x16x32
// GROUPED-DAG: grouped.mlir:7:8: remark: matrix products by wmma.16x16x16
// Attention over many rows takes those of floats, where the chip has them.
// RUN: tercet-compile %S/Inputs/attention.mlir -o %t.tercet --remarks --ptxas=none --target=cuda:sm_80 --target=hip:gfx942 2>&1 | FileCheck %s --check-prefix=ATTENTION
// RUN: tercet-compile %S/Inputs/attention.mlir -o %t.tercet --remarks --ptxas=none --target=cuda:sm_75 --target=hip:gfx1100 2>&1 | FileCheck %s --check-prefix=SCALAR --allow-empty
// ATTENTION-COUNT-1: attention.mlir:7:8: remark: matrix products by mma.3xtf32.m16n8k8
// ATTENTION-COUNT-1: attention.mlir:7:8: remark: matrix products by mfma.f32.16x16x4
// ATTENTION-NOT: matrix products
// SCALAR-NOT: matrix products
// So do nearest centroids, where 16 divides the width; the code has them: 2 x 4 tiles of 4 terms,
// two to an instruction of NVIDIA's, which are three each.
// RUN: tercet-compile %S/Inputs/spatial.mlir -o %t.tercet --remarks --ptxas=none --target=cuda:sm_80 --target=hip:gfx942 --target=hip:gfx1100 2>&1 | FileCheck %s --check-prefix=NEAREST
// NEAREST-COUNT-1: spatial.mlir:54:12: remark: matrix products by mma.3xtf32.m16n8k8
// NEAREST-COUNT-1: spatial.mlir:54:12: remark: matrix products by mfma.f32.16x16x4
// RUN: tercet-inspect %t.tercet --kernels | FileCheck %s --check-prefix=CODE
// CODE: nearest_40_
// CODE: instructions (ptx): matrix 48,
// CODE: nearest_40_
// CODE: instructions (amdgcn): matrix {{[1-9]}}
// CODE: nearest_40_
// CODE-NOT: matrix
// CODE: program
// DOTS-NOT: matrix products
// DOTS: remark: dot products by
// DOTS-NOT: matrix products

ml_program.global private @w(#ml_program.extern : tensor<128x1024x!ternary.trit>) : tensor<128x1024x!ternary.trit>

func.func @one(%x: tensor<1x1024xi8> {tercet.name = "x"}) -> (tensor<1x128xi32> {tercet.name = "y"}) {
  %w = ml_program.global_load_const @w : tensor<128x1024x!ternary.trit>
  %y = ternary.matmul %x, %w : tensor<1x1024xi8>, tensor<128x1024x!ternary.trit> -> tensor<1x128xi32>
  return %y : tensor<1x128xi32>
}
func.func @many(%x: tensor<?x1024xi8> {tercet.name = "x", tercet.bound = [64, 0]}) -> (tensor<?x128xi32> {tercet.name = "y"}) {
  %w = ml_program.global_load_const @w : tensor<128x1024x!ternary.trit>
  %y = ternary.matmul %x, %w : tensor<?x1024xi8>, tensor<128x1024x!ternary.trit> -> tensor<?x128xi32>
  return %y : tensor<?x128xi32>
}
