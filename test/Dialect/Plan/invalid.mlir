// One negative case for each rule of the plan dialect's verifiers.
// RUN: tercet-opt %s --split-input-file --verify-diagnostics

// PLAN-P1: the arena over another number of dimensions.
// expected-error@+1 {{PLAN-P1: arena has to be a map over 1 dimension(s) and no symbols, got affine_map<() -> (64)>}}
plan.program @p1_arena dims [#plan.dim<"M", 8>]
    inputs [#plan.tensor<"x", f32, (d0) -> (d0)>] outputs []
    arena affine_map<() -> (64)> {
}

// -----

// PLAN-P1: the shape of a tensor.
// expected-error@+1 {{PLAN-P1: shape of output 'y' has to be a map over 1 dimension(s)}}
plan.program @p1_shape dims [#plan.dim<"M", 8>]
    inputs [#plan.tensor<"x", f32, (d0) -> (d0)>]
    outputs [#plan.tensor<"y", f32, (d0, d1) -> (d1)>]
    arena affine_map<(d0) -> (64)> {
}

// -----

// PLAN-P1: a symbol.
plan.program @p1_symbol dims [] inputs [] outputs [] arena affine_map<() -> (64)> {
  // expected-error@+1 {{PLAN-P1: bytes has to be a map over 0 dimension(s) and no symbols}}
  %t = plan.arena offset(affine_map<() -> (0)>) bytes(affine_map<()[s0] -> (s0)>)
}

// -----

// PLAN-P1: no result.
plan.program @p1_empty dims [] inputs [] outputs [] arena affine_map<() -> (64)> {
  // expected-error@+1 {{PLAN-P1: offset has to have a result}}
  %t = plan.arena offset(affine_map<() -> ()>) bytes(affine_map<() -> (4)>)
}

// -----

// PLAN-P1: a constant of a dispatch.
plan.program @p1_constant dims [] inputs [] outputs [] arena affine_map<() -> (64)> {
  // expected-error@+1 {{PLAN-P1: a constant has to be a map over 0 dimension(s)}}
  plan.dispatch @kernels::@k grid(affine_map<() -> (1)>) buffers() [] constants [affine_map<(d0) -> (d0)>]
}
module @kernels {
  func.func @k(%m: index) { return }
}

// -----

// PLAN-P2: no input says how large M is.
// expected-error@+1 {{PLAN-P2: no input has the dimension "M" alone on an axis}}
plan.program @p2 dims [#plan.dim<"M", 8>]
    inputs [#plan.tensor<"x", f32, (d0) -> (d0 * 2)>] outputs []
    arena affine_map<(d0) -> (64)> {
}

// -----

// PLAN-P2: a bound of nothing.
// expected-error@+1 {{PLAN-P2: the bound of dimension "M" has to be positive, got 0}}
plan.program @p2_bound dims [#plan.dim<"M", 0>]
    inputs [#plan.tensor<"x", f32, (d0) -> (d0)>] outputs []
    arena affine_map<(d0) -> (64)> {
}

// -----

// PLAN-P3: two inputs of one name.
// expected-error@+1 {{PLAN-P3: two inputs are called "x"}}
plan.program @p3 dims []
    inputs [#plan.tensor<"x", f32, () -> (1)>, #plan.tensor<"x", f32, () -> (1)>] outputs []
    arena affine_map<() -> (64)> {
}

// -----

// PLAN-P3: two dimensions of one name.
// expected-error@+1 {{PLAN-P3: two dimensions are called "M"}}
plan.program @p3_dim dims [#plan.dim<"M", 8>, #plan.dim<"M", 8>]
    inputs [#plan.tensor<"x", f32, (d0, d1) -> (d0, d1)>] outputs []
    arena affine_map<(d0, d1) -> (64)> {
}

// -----

// PLAN-P3: elements without a layout.
// expected-error@+1 {{PLAN-P3: input "x" has elements of type 'index'}}
plan.program @p3_type dims []
    inputs [#plan.tensor<"x", index, () -> (1)>] outputs []
    arena affine_map<() -> (64)> {
}

// -----

// PLAN-P4: something else inside.
plan.program @p4 dims [] inputs [] outputs [] arena affine_map<() -> (64)> {
  // expected-error@+1 {{PLAN-P4: a program holds plan ops only}}
  %c = arith.constant 1 : index
}

// -----

// PLAN-P5: an input that is not there.
plan.program @p5 dims [] inputs [] outputs [] arena affine_map<() -> (64)> {
  // expected-error@+1 {{PLAN-P5: the program has 0 input(s), no number 0}}
  %x = plan.input 0
}

// -----

// PLAN-P5: an output that is not there.
plan.program @p5_output dims [] inputs [] outputs [] arena affine_map<() -> (64)> {
  // expected-error@+1 {{PLAN-P5: the program has 0 output(s), no number -1}}
  %x = plan.output -1
}

// -----

// PLAN-B1: a weight that nobody declares.
plan.program @b1 dims [] inputs [] outputs [] arena affine_map<() -> (64)> {
  // expected-error@+1 {{PLAN-B1: @w is not a rows.weight of this module}}
  %w = plan.weight @w
}

// -----

// PLAN-B1: a state that is something else.
rows.weight @w key("w") identity : tensor<4xf32> -> tensor<4xf32>
plan.program @b1_state dims [] inputs [] outputs [] arena affine_map<() -> (64)> {
  // expected-error@+1 {{PLAN-B1: @w is not a ml_program.global of this module}}
  %w = plan.state @w
}

// -----

// PLAN-D1: one access too few.
plan.program @d1 dims [] inputs [#plan.tensor<"x", f32, () -> (1)>] outputs []
    arena affine_map<() -> (64)> {
  %x = plan.input 0
  // expected-error@+1 {{PLAN-D1: has 1 buffer(s) but 0 access(es)}}
  plan.dispatch @kernels::@k grid(affine_map<() -> (1)>) buffers(%x) [] constants []
}
module @kernels {
  func.func @k(%x: memref<f32>) { return }
}

// -----

// PLAN-D2: no such kernel.
plan.program @d2 dims [] inputs [] outputs [] arena affine_map<() -> (64)> {
  // expected-error@+1 {{PLAN-D2: there is no kernel @kernels::@k}}
  plan.dispatch @kernels::@k grid(affine_map<() -> (1)>) buffers() [] constants []
}

// -----

// PLAN-D2: a kernel that takes something else.
plan.program @d2_count dims [] inputs [] outputs [] arena affine_map<() -> (64)> {
  // expected-error@+1 {{PLAN-D2: gives 0 buffer(s) and 0 constant(s), but @kernels::@k takes 1 and 1}}
  plan.dispatch @kernels::@k grid(affine_map<() -> (1)>) buffers() [] constants []
}
module @kernels {
  func.func @k(%x: memref<f32>, %m: index) { return }
}

// -----

// PLAN-P6: the value of a float.
// expected-error@+1 {{PLAN-P6: input "position" gives dimension 1, so it has to be an i64 without axes}}
plan.program @p6_type dims [#plan.dim<"M", 8>, #plan.dim<"position", 7>]
    inputs [#plan.tensor<"x", f32, (d0, d1) -> (d0)>, #plan.tensor<"position", f32, (d0, d1) -> () dim = 1>]
    outputs [] arena affine_map<(d0, d1) -> (64)> {
}

// -----

// PLAN-P6: an axis gives the dimension already.
// expected-error@+1 {{PLAN-P6: input "position" gives dimension 0}}
plan.program @p6_twice dims [#plan.dim<"M", 8>, #plan.dim<"position", 7>]
    inputs [#plan.tensor<"x", f32, (d0, d1) -> (d0)>, #plan.tensor<"position", i64, (d0, d1) -> () dim = 0>]
    outputs [] arena affine_map<(d0, d1) -> (64)> {
}

// -----

// PLAN-P6: no such dimension.
// expected-error@+1 {{PLAN-P6: input "position" gives dimension 2}}
plan.program @p6_none dims [#plan.dim<"M", 8>, #plan.dim<"position", 7>]
    inputs [#plan.tensor<"x", f32, (d0, d1) -> (d0)>, #plan.tensor<"position", i64, (d0, d1) -> () dim = 2>]
    outputs [] arena affine_map<(d0, d1) -> (64)> {
}

// -----

// PLAN-P6: an output.
// expected-error@+1 {{PLAN-P6: output "y" cannot give a dimension or have a range}}
plan.program @p6_output dims [#plan.dim<"M", 8>]
    inputs [#plan.tensor<"x", f32, (d0) -> (d0)>]
    outputs [#plan.tensor<"y", i64, (d0) -> () dim = 0>] arena affine_map<(d0) -> (64)> {
}

// -----

// PLAN-P6: a value has no memory.
plan.program @p6_memory dims [#plan.dim<"position", 7>]
    inputs [#plan.tensor<"position", i64, (d0) -> () dim = 0>]
    outputs [] arena affine_map<(d0) -> (64)> {
  // expected-error@+1 {{PLAN-P6: input "position" is a value and has no memory}}
  %0 = plan.input 0
}

// -----

// PLAN-P7: floats have no range.
// expected-error@+1 {{PLAN-P7: input "x" has elements of type 'f32' and a range}}
plan.program @p7_type dims [#plan.dim<"M", 8>]
    inputs [#plan.tensor<"x", f32, (d0) -> (d0) range = [0, 4]>]
    outputs [] arena affine_map<(d0) -> (64)> {
}

// -----

// PLAN-P7: an empty range.
// expected-error@+1 {{PLAN-P7: input "x"}}
plan.program @p7_empty dims [#plan.dim<"M", 8>]
    inputs [#plan.tensor<"x", i32, (d0) -> (d0) range = [4, 4]>]
    outputs [] arena affine_map<(d0) -> (64)> {
}

// -----

// PLAN-P7: more than the elements hold.
// expected-error@+1 {{PLAN-P7: input "x"}}
plan.program @p7_large dims [#plan.dim<"M", 8>]
    inputs [#plan.tensor<"x", i32, (d0) -> (d0) range = [0, 2147483649]>]
    outputs [] arena affine_map<(d0) -> (64)> {
}

// -----

// PLAN-P7: an ascending set has a range.
// expected-error@+1 {{PLAN-P7: input "x" is ascending, which takes a range and one axis}}
plan.program @p7_ascending dims [#plan.dim<"M", 8>]
    inputs [#plan.tensor<"x", i32, (d0) -> (d0) ascending = true>]
    outputs [] arena affine_map<(d0) -> (64)> {
}

// -----

// PLAN-P8: a negative limit.
// expected-error@+1 {{PLAN-P8: a constraint has one expression and a limit that is not negative}}
plan.program @p8 dims [#plan.dim<"M", 8>]
    inputs [#plan.tensor<"x", f32, (d0) -> (d0)>]
    outputs [] arena affine_map<(d0) -> (64)> constraints [#plan.constraint<(d0) -> (d0), -1, "rows">] {
}

// -----

// PLAN-P1: a constraint over other dimensions.
// expected-error@+1 {{PLAN-P1: a constraint has to be a map over 1 dimension(s)}}
plan.program @p1_constraint dims [#plan.dim<"M", 8>]
    inputs [#plan.tensor<"x", f32, (d0) -> (d0)>]
    outputs [] arena affine_map<(d0) -> (64)> constraints [#plan.constraint<(d0, d1) -> (d1), 4, "rows">] {
}
