// Loads 40 1 30 2 25 0 20 3. On two devices: 40, then 30 and 25 to the other, 20 to the first,
// 3 to the second, 2 to it as well (58 against 60); full; 1 and 0 to the first.
// RUN: tercet-opt %s --latent-place-experts="histogram=%S/Inputs/experts.json devices=2" 2>%t.err | FileCheck %s --check-prefixes=CHECK,TWO
// RUN: FileCheck %s --check-prefix=SAYS < %t.err
// RUN: tercet-opt %s --latent-place-experts="histogram=%S/Inputs/experts.json" 2>/dev/null | FileCheck %s --check-prefix=HOT
// RUN: tercet-opt %s --latent-place-experts="histogram=%S/Inputs/experts.json devices=5 replicas=2" 2>/dev/null | FileCheck %s --check-prefix=COPIES
// SAYS: remark: places 8 experts in 8 slots of 2 devices, the fullest with 1.008 of the mean load (1.207 in the order that they had)

// TWO: tercet.key = "u", tercet.select = array<i64: 0, 6, 1, 5, 2, 4, 7, 3>, tercet.select_of = 8 : i64
// The router and its choice stay; places are looked up behind it.
// CHECK: func.func @block
// CHECK: %[[IDS:.*]], %{{.*}} = latent.route #{{.*}} %arg0, %{{.*}} : tensor<?x16xf32>, tensor<8x16xf32>
// TWO: %[[TABLE:.*]] = arith.constant dense<{{\[\[0\], \[2\], \[4\], \[7\], \[5\], \[3\], \[1\], \[6\]\]}}> : tensor<8x1xi32>
// CHECK: %[[PLACES:.*]] = linalg.generic {{.*}} ins(%[[IDS]] : tensor<?x2xi32>)
// CHECK: latent.experts <relu2> %arg0, %[[PLACES]] up(
// TWO-SAME: latent.slots = array<i64: 0, 6, 1, 5, 2, 4, 7, 3>
// HOT: latent.slots = array<i64: 0, 2, 4, 6, 7, 3, 1, 5>

// 40 and 30 have copies (20, 15); by load 25 20 20 20 15 15 3 2 1 0: five devices get one each,
// the last has 15 and takes the other 15; 3, 2 and 1 go to those with 20, 0 to the first.
// COPIES: arith.constant dense<[2, 1, 2, 1, 1, 1, 1, 1]> : tensor<8xi32>
// COPIES: arith.remui
// COPIES: latent.slots = array<i64: 4, 5, 0, 7, 0, 3, 6, 1, 2, 2>
ml_program.global private @r(#ml_program.extern : tensor<8x16xf32>) : tensor<8x16xf32> {tercet.key = "layer0.router"}
ml_program.global private @u(#ml_program.extern : tensor<8x24x16xf32>) : tensor<8x24x16xf32>
ml_program.global private @d(#ml_program.extern : tensor<8x16x24xf32>) : tensor<8x16x24xf32>
func.func @block(%x: tensor<?x16xf32>) -> tensor<?x2x16xf32> {
  %r = ml_program.global_load_const @r : tensor<8x16xf32>
  %u = ml_program.global_load_const @u : tensor<8x24x16xf32>
  %d = ml_program.global_load_const @d : tensor<8x16x24xf32>
  %ids, %w = latent.route #latent.routing<top_k = 2> %x, %r : tensor<?x16xf32>, tensor<8x16xf32> -> tensor<?x2xi32>, tensor<?x2xf32>
  %y = latent.experts <relu2> %x, %ids up(%u : tensor<8x24x16xf32>) down(%d : tensor<8x16x24xf32>) : tensor<?x16xf32>, tensor<?x2xi32> -> tensor<?x2x16xf32>
  return %y : tensor<?x2x16xf32>
}
