//===- PlanOps.td - operations ---------------------------------*- tablegen -*-===//
#ifndef TERCET_DIALECTS_PLAN_IR_PLANOPS
#define TERCET_DIALECTS_PLAN_IR_PLANOPS

include "dialects/Plan/IR/PlanDialect.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Plan_Op<string mnemonic, list<Trait> traits = []>
    : Op<Plan_Dialect, mnemonic, traits>;

def Plan_ProgramOp : Plan_Op<"program", [Symbol, SingleBlock, NoTerminator,
                                         IsolatedFromAbove]> {
  let summary = "one entry point as a list of commands";
  let description = [{
    Verifier: PLAN-P1: every map is over exactly the program's dimensions.
    PLAN-P2: every dimension appears alone on an axis of some input, or is the value
    of one scalar input. Its bound is positive. PLAN-P3: input, output and dimension names are unique;
    elements are integers or floats. PLAN-P4: the body holds plan ops only.
    PLAN-P5: `plan.input` and `plan.output` name one that the program has. PLAN-P6: an input
    with `dim` is an i64 without axes and names a dimension that is nothing else; it
    has no memory.
    PLAN-P7: an input with `range` has elements of i32 or i64 that can hold it, and
    the range is not empty; one with `ascending` has a range and one axis. PLAN-P8: a constraint has one expression and a limit
    that is not negative.

    ```mlir
    plan.program @classify dims [#plan.dim<"M", 360>]
        inputs [#plan.tensor<"images", f32, (d0) -> (d0, 64)>]
        outputs [#plan.tensor<"logits", f32, (d0) -> (d0, 10)>]
        arena affine_map<(d0) -> (d0 * 64 + 128)> {
      %x = plan.input 0
      %w = plan.weight @fc1
      %q = plan.arena offset(affine_map<(d0) -> (0)>) bytes(affine_map<(d0) -> (d0 * 64)>)
      plan.dispatch @kernels::@quantize grid(affine_map<(d0) -> (d0)>)
        buffers(%x, %q) [#plan.access<read>, #plan.access<write>] constants [affine_map<(d0) -> (d0)>]
      plan.barrier
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name,
                       TypedArrayAttrBase<Plan_DimAttr, "dims">:$dims,
                       TypedArrayAttrBase<Plan_TensorAttr, "inputs">:$inputs,
                       TypedArrayAttrBase<Plan_TensorAttr, "outputs">:$outputs,
                       AffineMapAttr:$arena_bytes,
                       OptionalAttr<StrAttr>:$doc,
                       OptionalAttr<TypedArrayAttrBase<Plan_ConstraintAttr,
                                    "constraints">>:$constraints);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    $sym_name `dims` $dims `inputs` $inputs `outputs` $outputs
    `arena` $arena_bytes (`constraints` $constraints^)?
    attr-dict-with-keyword $body
  }];
  let hasRegionVerifier = 1;
}

class Plan_BufferOp<string mnemonic, list<Trait> traits = []>
    : Plan_Op<mnemonic, !listconcat(traits, [Pure, HasParent<"ProgramOp">])> {
  let results = (outs Plan_BufferType:$buffer);
}

def Plan_InputOp : Plan_BufferOp<"input"> {
  let summary = "the memory of an input tensor, dense and row-major";
  let arguments = (ins I64Attr:$index);
  let assemblyFormat = "$index attr-dict";
}
def Plan_OutputOp : Plan_BufferOp<"output"> {
  let summary = "the memory of an output tensor, dense and row-major";
  let arguments = (ins I64Attr:$index);
  let assemblyFormat = "$index attr-dict";
}
def Plan_WeightOp : Plan_BufferOp<"weight", [
    DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "the stored bytes of a rows.weight";
  let description = "Verifier: PLAN-B1: the module declares it.";
  let arguments = (ins FlatSymbolRefAttr:$weight);
  let assemblyFormat = "$weight attr-dict";
}
def Plan_StateOp : Plan_BufferOp<"state", [
    DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "the memory of a state: a mutable ml_program.global";
  let description = "Verifier: PLAN-B1: the module declares it.";
  let arguments = (ins FlatSymbolRefAttr:$state);
  let assemblyFormat = "$state attr-dict";
}
def Plan_ArenaOp : Plan_BufferOp<"arena"> {
  let summary = "a range of the program's arena";
  let arguments = (ins AffineMapAttr:$offset, AffineMapAttr:$bytes);
  let assemblyFormat = "`offset` `(` $offset `)` `bytes` `(` $bytes `)` attr-dict";
}

def Plan_DispatchOp : Plan_Op<"dispatch", [HasParent<"ProgramOp">,
    DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "run a kernel over a grid of workgroups";
  let description = [{
    `kernel` names a function inside the module @kernels. `buffers` are the
    kernel's memref arguments in order, `access` how each is used, `constants` its
    index arguments in order.

    Verifier: PLAN-D1: one access per buffer. PLAN-D2: the kernel exists and takes
    so many buffers and constants.
  }];
  let arguments = (ins SymbolRefAttr:$kernel, AffineMapAttr:$grid,
                       Variadic<Plan_BufferType>:$buffers,
                       TypedArrayAttrBase<Plan_AccessAttr, "accesses">:$access,
                       AffineMapArrayAttr:$constants);
  let assemblyFormat = [{
    $kernel `grid` `(` $grid `)` `buffers` `(` $buffers `)` $access
    `constants` $constants attr-dict
  }];
  let hasVerifier = 1;
}

def Plan_CopyOp : Plan_Op<"copy", [HasParent<"ProgramOp">]> {
  let summary = "copy bytes between two buffers that do not overlap";
  let arguments = (ins Plan_BufferType:$source, Plan_BufferType:$target,
                       AffineMapAttr:$bytes);
  let assemblyFormat = "$source `,` $target `bytes` `(` $bytes `)` attr-dict";
}

def Plan_FillOp : Plan_Op<"fill", [HasParent<"ProgramOp">]> {
  let summary = "fill a buffer with a repeated byte";
  let arguments = (ins Plan_BufferType:$target, I8Attr:$value, AffineMapAttr:$bytes);
  let assemblyFormat = "$target `,` $value `bytes` `(` $bytes `)` attr-dict";
}

def Plan_BarrierOp : Plan_Op<"barrier", [HasParent<"ProgramOp">]> {
  let summary = "later commands see what earlier ones wrote";
  let assemblyFormat = "attr-dict";
}

#endif
