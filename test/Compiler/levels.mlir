// A compilation that stops after a level and goes on from there ends in the same
// bytes as one that does not stop. What a level prints is read back unchanged.
// RUN: rm -rf %t && mkdir %t
// RUN: tercet-compile %s --target=hip:gfx942 --weights=random:1 -o %t/whole.tercet

// RUN: tercet-compile %s --target=hip:gfx942 --compile-to=rows -o %t/rows.mlir
// RUN: FileCheck %s --check-prefix=ROWS < %t/rows.mlir
// ROWS: tercet.target = "hip:gfx942"
// ROWS: rows.weight
// ROWS: rows.dispatch
// RUN: tercet-compile %t/rows.mlir --compile-from=rows --weights=random:1 -o %t/rows.tercet
// RUN: cmp %t/whole.tercet %t/rows.tercet

// RUN: tercet-compile %t/rows.mlir --compile-from=rows --compile-to=kernels -o %t/kernels.mlir
// RUN: FileCheck %s --check-prefix=KERNELS < %t/kernels.mlir
// KERNELS: module @kernels
// KERNELS: memref<
// RUN: tercet-compile %t/kernels.mlir --compile-from=kernels --weights=random:1 -o %t/kernels.tercet
// RUN: cmp %t/whole.tercet %t/kernels.tercet

// RUN: tercet-compile %s --target=hip:gfx942 --compile-to=plan -o %t/plan.mlir
// RUN: FileCheck %s --check-prefix=PLAN < %t/plan.mlir
// PLAN: plan.program @f dims [#plan.dim<"{{.*}}", 4>]
// PLAN: plan.dispatch
// RUN: tercet-compile %t/plan.mlir --compile-from=plan --weights=random:1 -o %t/plan.tercet
// RUN: cmp %t/whole.tercet %t/plan.tercet

// RUN: tercet-compile %s --target=hip:gfx942 --compile-to=code -o %t/code.mlir
// RUN: FileCheck %s --check-prefix=CODE < %t/code.mlir
// CODE: plan.program @f
// CODE: llvm.func
// RUN: tercet-compile %t/code.mlir --compile-from=code --weights=random:1 -o %t/code.tercet
// RUN: cmp %t/whole.tercet %t/code.tercet

// Each level survives text and bytecode.
// RUN: tercet-opt %t/rows.mlir --verify-output-roundtrip -o /dev/null
// RUN: tercet-opt %t/kernels.mlir --verify-output-roundtrip -o /dev/null
// RUN: tercet-opt %t/plan.mlir --verify-output-roundtrip -o /dev/null
// RUN: tercet-opt %t/code.mlir --verify-output-roundtrip -o /dev/null

// The levels are passes, too.
// RUN: tercet-opt %s --tercet-to-rows=targets=hip:gfx942 --tercet-to-kernels --tercet-to-plan | FileCheck %s --check-prefix=PLAN

// Intermediates are kept where they are asked for.
// RUN: tercet-compile %s --target=hip:gfx942 --weights=random:1 --save-temps=%t/temps -o %t/again.tercet
// RUN: cmp %t/whole.tercet %t/again.tercet
// RUN: ls %t/temps/model.rows.mlir %t/temps/model.kernels.mlir %t/temps/model.plan.mlir %t/temps/model.code.mlir

ml_program.global private @w(#ml_program.extern : tensor<16x32x!ternary.trit>) : tensor<16x32x!ternary.trit>
ml_program.global private @s(#ml_program.extern : tensor<f32>) : tensor<f32>
func.func @f(%x: tensor<?x32xf32> {tercet.name = "x", tercet.bound = 4}) -> (tensor<?x16xf32> {tercet.name = "y"}) {
  %w = ml_program.global_load_const @w : tensor<16x32x!ternary.trit>
  %s = ml_program.global_load_const @s : tensor<f32>
  %y = ternary.linear %x, %w scale(%s : tensor<f32>) : tensor<?x32xf32>, tensor<16x32x!ternary.trit> -> tensor<?x16xf32>
  return %y : tensor<?x16xf32>
}
