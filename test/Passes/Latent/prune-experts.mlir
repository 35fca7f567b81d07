// Experts 5, 1, 3 and 7 (loads 0, 1, 2, 3; mean 15.1) go: their weights, the router's rows and
// the bias are picked from.
// RUN: tercet-opt %s --latent-prune-experts="histogram=%S/Inputs/experts.json alpha=0.5 beta=0.1" 2>%t.err | FileCheck %s
// RUN: FileCheck %s --check-prefix=SAYS < %t.err
// Rounded up, the most loaded victim stays; so many as are asked for; nothing goes.
// RUN: tercet-opt %s --latent-prune-experts="histogram=%S/Inputs/experts.json alpha=0.5 beta=0.1 round-to=5" 2>/dev/null | FileCheck %s --check-prefix=FIVE
// RUN: tercet-opt %s --latent-prune-experts="histogram=%S/Inputs/experts.json alpha=0.5 beta=0.1 min-keep=6" 2>/dev/null | FileCheck %s --check-prefix=SIX
// RUN: tercet-opt %s --latent-prune-experts="histogram=%S/Inputs/experts.json min-keep=8" 2>&1 | FileCheck %s --check-prefix=ALL
// Twice: the numbers stay those of the file.
// RUN: tercet-opt %s --latent-prune-experts="histogram=%S/Inputs/experts.json alpha=0.5 beta=0.1 min-keep=6" 2>/dev/null -o %t.six
// RUN: sed 's/\[40, 1, 30, 2, 25, 0, 20, 3\]/[0, 40, 9, 30, 20, 3]/' %S/Inputs/experts.json > %t.json
// RUN: tercet-opt %t.six --latent-prune-experts="histogram=%t.json alpha=0.5 beta=0.1" 2>/dev/null | FileCheck %s --check-prefix=TWICE

// SAYS: remark: keeps 4 of 8 experts; 4.96 % of the choices were of others
// SAYS: warning: experts were pruned, the results change: 4 of 8 are kept in 1 layer; 4.96 % of the choices were of others

// CHECK-DAG: @u_{{[0-9]+}}({{.*}}) : tensor<4x24x16x!ternary.trit> {tercet.key = "u", tercet.select = array<i64: 0, 2, 4, 6>, tercet.select_of = 8 : i64}
// CHECK-DAG: @r_{{[0-9]+}}({{.*}}) : tensor<4x16xf32> {tercet.key = "layer0.router", tercet.select = array<i64: 0, 2, 4, 6>
// CHECK-DAG: @m_{{[0-9]+}}({{.*}}) : tensor<4x16x24xf32> {tercet.key = "m", tercet.select = array<i64: 0, 2, 4, 6>
// CHECK: func.func @block
// CHECK: ternary.ternarize %{{.*}} : tensor<4x16x24xf32> -> tensor<4x16x24x!ternary.trit>, tensor<4xf32>
// CHECK: latent.moe <relu2>
// CHECK-SAME: router(%{{.*}}, %{{.*}} : tensor<4x16xf32>, tensor<4xf32>)
// CHECK-SAME: up(%{{.*}}, %{{.*}} : tensor<4x24x16x!ternary.trit>, tensor<4xf32>)
// CHECK-SAME: down(%{{.*}}, %{{.*}} : tensor<4x16x24x!ternary.trit>, tensor<4xf32>)
// CHECK-SAME: latent.kept = array<i64: 0, 2, 4, 6>
// FIVE: latent.kept = array<i64: 0, 2, 4, 6, 7>
// SIX: latent.kept = array<i64: 0, 2, 3, 4, 6, 7>
// ALL-NOT: warning
// ALL: latent.kept = array<i64: 0, 1, 2, 3, 4, 5, 6, 7>
// TWICE-DAG: tercet.key = "u", tercet.select = array<i64: 2, 3, 4, 6>, tercet.select_of = 8 : i64
// TWICE: latent.kept = array<i64: 2, 3, 4, 6>
ml_program.global private @r(#ml_program.extern : tensor<8x16xf32>) : tensor<8x16xf32> {tercet.key = "layer0.router"}
ml_program.global private @b(#ml_program.extern : tensor<8xf32>) : tensor<8xf32>
ml_program.global private @u(#ml_program.extern : tensor<8x24x16x!ternary.trit>) : tensor<8x24x16x!ternary.trit>
ml_program.global private @us(#ml_program.extern : tensor<8xf32>) : tensor<8xf32>
ml_program.global private @m(#ml_program.extern : tensor<8x16x24xf32>) : tensor<8x16x24xf32>
func.func @block(%x: tensor<?x16xf32>) -> tensor<?x16xf32> {
  %r = ml_program.global_load_const @r : tensor<8x16xf32>
  %b = ml_program.global_load_const @b : tensor<8xf32>
  %u = ml_program.global_load_const @u : tensor<8x24x16x!ternary.trit>
  %us = ml_program.global_load_const @us : tensor<8xf32>
  %m = ml_program.global_load_const @m : tensor<8x16x24xf32>
  %d, %ds = ternary.ternarize %m : tensor<8x16x24xf32> -> tensor<8x16x24x!ternary.trit>, tensor<8xf32>
  %y = latent.moe <relu2> #latent.routing<top_k = 2, scale = 2.5 : f32> %x
      router(%r, %b : tensor<8x16xf32>, tensor<8xf32>)
      up(%u, %us : tensor<8x24x16x!ternary.trit>, tensor<8xf32>)
      down(%d, %ds : tensor<8x16x24x!ternary.trit>, tensor<8xf32>)
      residual : tensor<?x16xf32>
  return %y : tensor<?x16xf32>
}
