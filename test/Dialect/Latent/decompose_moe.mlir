// A block as its parts, in the order of the op's description.
// RUN: tercet-opt %s --latent-decompose-moe --split-input-file | FileCheck %s
// RUN: tercet-opt %s --latent-decompose-moe --split-input-file | FileCheck %s --check-prefix=NONE
// NONE-NOT: latent.moe

// Nothing but a router and experts.
// CHECK-LABEL: func.func @least
// CHECK-SAME: (%[[X:.*]]: tensor<?x32xf32>, %[[R:.*]]: tensor<8x32xf32>, %[[U:.*]]: tensor<8x24x32xf32>, %[[D:.*]]: tensor<8x32x24xf32>)
// CHECK-NEXT: %[[IDS:.*]], %[[W:.*]] = latent.route #latent.routing<top_k = 2> %[[X]], %[[R]] : tensor<?x32xf32>, tensor<8x32xf32> -> tensor<?x2xi32>, tensor<?x2xf32>
// CHECK-NEXT: %[[E:.*]] = latent.experts <relu2> %[[X]], %[[IDS]] up(%[[U]] : tensor<8x24x32xf32>) down(%[[D]] : tensor<8x32x24xf32>) : tensor<?x32xf32>, tensor<?x2xi32> -> tensor<?x2x32xf32>
// CHECK-NEXT: %[[Y:.*]] = latent.combine %[[E]], %[[W]] : tensor<?x2x32xf32>, tensor<?x2xf32> -> tensor<?x32xf32>
// CHECK-NEXT: return %[[Y]]
func.func @least(%x: tensor<?x32xf32>, %r: tensor<8x32xf32>, %u: tensor<8x24x32xf32>,
                 %d: tensor<8x32x24xf32>) -> tensor<?x32xf32> {
  %y = latent.moe <relu2> #latent.routing<top_k = 2> %x router(%r : tensor<8x32xf32>)
    up(%u : tensor<8x24x32xf32>) down(%d : tensor<8x32x24xf32>) : tensor<?x32xf32>
  return %y : tensor<?x32xf32>
}

// -----

// The norm goes into the products that quantise, as an op to the router only; the
// norm behind the sum goes into the projection behind it.
// CHECK-LABEL: func.func @latent
// CHECK-SAME: (%[[X:[a-z0-9]+]]: tensor<7x32xf32>, %[[G:[a-z0-9]+]]: tensor<32xf32>, %[[GL:[a-z0-9]+]]: tensor<16xf32>,
// CHECK-SAME: %[[R:[a-z0-9]+]]: tensor<8x32xf32>, %[[B:[a-z0-9]+]]: tensor<8xf32>, %[[S:[a-z0-9]+]]: tensor<f32>,
// CHECK-SAME: %[[WD:[a-z0-9]+]]: tensor<16x32x!ternary.trit>, %[[WU:[a-z0-9]+]]: tensor<32x16xi8>,
// CHECK-SAME: %[[U:[a-z0-9]+]]: tensor<8x24x16x!ternary.trit>, %[[D:[a-z0-9]+]]: tensor<8x16x24x!ternary.trit>,
// CHECK-SAME: %[[SU:[a-z0-9]+]]: tensor<48x32x!ternary.trit>, %[[SD:[a-z0-9]+]]: tensor<32x48x!ternary.trit>)
// CHECK-NEXT: %[[N:.*]] = latent.rms_norm %[[X]], %[[G]] {eps = 9.99999997E-7 : f32}
// CHECK-NEXT: %[[IDS:.*]], %[[W:.*]] = latent.route #latent.routing<top_k = 2, scale = 5.000000e+00 : f32> %[[N]], %[[R]] bias(%[[B]] : tensor<8xf32>)
// CHECK-NEXT: %[[Z:.*]] = latent.project %[[X]], %[[WD]] scale(%[[S]] : tensor<f32>) norm(%[[G]] : tensor<32xf32>) {eps = 9.99999997E-7 : f32} {{.*}} -> tensor<7x16xf32>
// CHECK-NEXT: %[[ZN:.*]] = latent.rms_norm %[[Z]], %[[GL]] {eps = 9.99999997E-7 : f32}
// CHECK-NEXT: %[[E:.*]] = latent.experts <relu2> %[[ZN]], %[[IDS]] up(%[[U]], %[[B]] : {{.*}}) down(%[[D]], %[[B]] : {{.*}}) {strategy = #latent.strategy<grouped>} {{.*}} -> tensor<7x2x16xf32>
// CHECK-NEXT: %[[C:.*]] = latent.combine %[[E]], %[[W]] {{.*}} -> tensor<7x16xf32>
// CHECK-NEXT: %[[Y:.*]] = latent.project %[[C]], %[[WU]] scale(%[[S]] : tensor<f32>) norm(%[[GL]] : tensor<16xf32>) {eps = 9.99999997E-7 : f32} {{.*}} -> tensor<7x32xf32>
// CHECK-NEXT: %[[SH:.*]] = latent.project %[[X]], %[[SU]] scale(%[[S]] : tensor<f32>) norm(%[[G]] : tensor<32xf32>) {{.*}} -> tensor<7x48xf32>
// CHECK: %[[A:.*]] = linalg.generic {{.*}} ins(%[[SH]] : tensor<7x48xf32>)
// CHECK: %[[P:.*]] = arith.maximumf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT: arith.mulf %[[P]], %[[P]] : f32
// CHECK: %[[H:.*]] = latent.project %[[A]], %[[SD]] scale(%[[S]] : tensor<f32>) {{.*}} -> tensor<7x32xf32>
// CHECK: %[[SUM:.*]] = linalg.generic {{.*}} ins(%[[Y]], %[[H]] : tensor<7x32xf32>, tensor<7x32xf32>)
// CHECK: arith.addf
// CHECK: %[[OUT:.*]] = linalg.generic {{.*}} ins(%[[X]], %[[SUM]] : tensor<7x32xf32>, tensor<7x32xf32>)
// CHECK: arith.addf
// CHECK: return %[[OUT]]
func.func @latent(%x: tensor<7x32xf32>, %g: tensor<32xf32>, %gl: tensor<16xf32>, %r: tensor<8x32xf32>,
                  %b: tensor<8xf32>, %s: tensor<f32>, %wd: tensor<16x32x!ternary.trit>, %wu: tensor<32x16xi8>,
                  %u: tensor<8x24x16x!ternary.trit>, %d: tensor<8x16x24x!ternary.trit>,
                  %su: tensor<48x32x!ternary.trit>, %sd: tensor<32x48x!ternary.trit>) -> tensor<7x32xf32> {
  %y = latent.moe <relu2> #latent.routing<top_k = 2, scale = 5.0 : f32> %x norm(%g : tensor<32xf32>)
    router(%r, %b : tensor<8x32xf32>, tensor<8xf32>)
    down_project(%wd, %s : tensor<16x32x!ternary.trit>, tensor<f32>) latent_norm(%gl : tensor<16xf32>)
    up(%u, %b : tensor<8x24x16x!ternary.trit>, tensor<8xf32>)
    down(%d, %b : tensor<8x16x24x!ternary.trit>, tensor<8xf32>)
    combine_norm(%gl : tensor<16xf32>)
    up_project(%wu, %s : tensor<32x16xi8>, tensor<f32>)
    shared_up(%su, %s : tensor<48x32x!ternary.trit>, tensor<f32>)
    shared_down(%sd, %s : tensor<32x48x!ternary.trit>, tensor<f32>)
    residual {eps = 1.0e-6 : f32, strategy = #latent.strategy<grouped>} : tensor<7x32xf32>
  return %y : tensor<7x32xf32>
}

// -----

// Experts without projections and f32 weights read the one normed input; with
// weights_before the sum has no weights; a norm without a projection behind it is an op.
// CHECK-LABEL: func.func @wide
// CHECK-SAME: (%[[X:[a-z0-9]+]]: tensor<?x32xf32>, %[[G:[a-z0-9]+]]: tensor<32xf32>, %[[GC:[a-z0-9]+]]: tensor<32xf32>,
// CHECK-SAME: %[[R:[a-z0-9]+]]: tensor<8x32xf32>, %[[B:[a-z0-9]+]]: tensor<8xf32>, %[[U:[a-z0-9]+]]: tensor<8x24x32xi8>,
// CHECK-SAME: %[[V:[a-z0-9]+]]: tensor<8x24x32xi8>, %[[D:[a-z0-9]+]]: tensor<8x32x24xi8>,
// CHECK-SAME: %[[SU:[a-z0-9]+]]: tensor<48x32xf32>, %[[SG:[a-z0-9]+]]: tensor<48x32xf32>, %[[SD:[a-z0-9]+]]: tensor<32x48xf32>)
// CHECK-NEXT: %[[N:.*]] = latent.rms_norm %[[X]], %[[G]] :
// CHECK-NEXT: %[[IDS:.*]], %[[W:.*]] = latent.route {{.*}} %[[N]], %[[R]]
// CHECK-NEXT: %[[E:.*]] = latent.experts <silu_glu> %[[N]], %[[IDS]] up(%[[U]], %[[B]] : {{.*}}) gate(%[[V]], %[[B]] : {{.*}}) down(%[[D]], %[[B]] : {{.*}}) weights(%[[W]] : tensor<?x2xf32>)
// CHECK-NEXT: %[[C:.*]] = latent.combine %[[E]] : tensor<?x2x32xf32> -> tensor<?x32xf32>
// CHECK-NEXT: %[[CN:.*]] = latent.rms_norm %[[C]], %[[GC]] :
// CHECK-NEXT: %[[A:.*]] = latent.project %[[N]], %[[SU]] : tensor<?x32xf32>, tensor<48x32xf32> -> tensor<?x48xf32>
// CHECK-NEXT: %[[T:.*]] = latent.project %[[N]], %[[SG]] : tensor<?x32xf32>, tensor<48x32xf32> -> tensor<?x48xf32>
// CHECK: %[[H:.*]] = linalg.generic {{.*}} ins(%[[A]], %[[T]] : tensor<?x48xf32>, tensor<?x48xf32>)
// CHECK: %[[S:.*]] = latent.project %[[H]], %[[SD]] :
// CHECK-NOT: latent.rms_norm
// CHECK: %[[Y:.*]] = linalg.generic {{.*}} ins(%[[CN]], %[[S]] :
// CHECK-NOT: linalg.generic
// CHECK: return %[[Y]]
func.func @wide(%x: tensor<?x32xf32>, %g: tensor<32xf32>, %gc: tensor<32xf32>, %r: tensor<8x32xf32>,
                %s: tensor<8xf32>, %u: tensor<8x24x32xi8>, %v: tensor<8x24x32xi8>, %d: tensor<8x32x24xi8>,
                %su: tensor<48x32xf32>, %sg: tensor<48x32xf32>, %sd: tensor<32x48xf32>) -> tensor<?x32xf32> {
  %y = latent.moe <silu_glu> #latent.routing<top_k = 2> %x norm(%g : tensor<32xf32>)
    router(%r : tensor<8x32xf32>)
    up(%u, %s : tensor<8x24x32xi8>, tensor<8xf32>) gate(%v, %s : tensor<8x24x32xi8>, tensor<8xf32>)
    down(%d, %s : tensor<8x32x24xi8>, tensor<8xf32>)
    weights_before combine_norm(%gc : tensor<32xf32>)
    shared_up(%su : tensor<48x32xf32>) shared_gate(%sg : tensor<48x32xf32>)
    shared_down(%sd : tensor<32x48xf32>) : tensor<?x32xf32>
  return %y : tensor<?x32xf32>
}
