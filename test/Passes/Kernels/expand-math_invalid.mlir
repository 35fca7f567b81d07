// RUN: tercet-opt %s --verify-diagnostics --expand-math

func.func @double(%x: f64) -> f64 {
  // expected-error @below {{on 'f64' has no expansion into arithmetic; compute it in f32}}
  %0 = math.exp %x : f64
  return %0 : f64
}
