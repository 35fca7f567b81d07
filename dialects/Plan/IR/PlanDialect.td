//===- PlanDialect.td - dialect, attributes and types ----------*- tablegen -*-===//
#ifndef TERCET_DIALECTS_PLAN_IR_PLANDIALECT
#define TERCET_DIALECTS_PLAN_IR_PLANDIALECT

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpBase.td"

def Plan_Dialect : Dialect {
  let name = "plan";
  let cppNamespace = "::tercet::plan";
  let summary = "the program as data (internal)";
  let description = [{
    One `plan.program` per entry point: dimension variables, buffers, and a list of
    commands. It is data, not host code: the runtime reads it from the artifact,
    verifies it and walks it. Every size, grid and constant is an affine map
    (d0, d1, ...) -> (...) over the program's dimension variables; a map with
    several results means their minimum. Commands between two barriers may run at
    the same time.
  }];
  let useDefaultTypePrinterParser = 1;
  let useDefaultAttributePrinterParser = 1;
}

def Plan_BufferType : TypeDef<Plan_Dialect, "Buffer"> {
  let mnemonic = "buffer";
  let summary = "a range of memory the plan knows";
}

def Plan_DimAttr : AttrDef<Plan_Dialect, "Dim"> {
  let mnemonic = "dim";
  let summary = "a dimension variable: a name and its upper bound";
  let description = [{
    `#plan.dim<"M", 360>`: the value comes from the shape of the inputs whose
    `#plan.tensor` names the variable alone on an axis; all must agree. Or it is
    the value of the one scalar input that says `dim = `.
  }];
  let parameters = (ins "::mlir::StringAttr":$name, "int64_t":$bound);
  let assemblyFormat = "`<` $name `,` $bound `>`";
}

def Plan_TensorAttr : AttrDef<Plan_Dialect, "Tensor"> {
  let mnemonic = "tensor";
  let summary = "an input or output: name, element type, shape map";
  let description = [{
    `#plan.tensor<"images", f32, (d0) -> (d0, 64)>`: one map result per axis.
    `#plan.tensor<"position", i64, (d0, d1) -> () dim = 1>`: a scalar input whose
    value is dimension variable 1. `#plan.tensor<"ids", i32, (d0) -> (d0) range =
    [0, 63]>`: the elements are 0 to 62; the runtime refuses others. With `ascending`
    behind it each element is above the one before.
  }];
  let parameters = (ins "::mlir::StringAttr":$name, "::mlir::Type":$element_type,
                        "::mlir::AffineMap":$shape,
                        DefaultValuedParameter<"int64_t", "-1">:$dim,
                        OptionalParameter<"::mlir::DenseI64ArrayAttr">:$range,
                        DefaultValuedParameter<"bool", "false">:$ascending);
  let assemblyFormat = [{
    `<` $name `,` $element_type `,` $shape (`dim` `=` $dim^)?
    (`range` `=` $range^)? (`ascending` `=` $ascending^)? `>`
  }];
}

def Plan_ConstraintAttr : AttrDef<Plan_Dialect, "Constraint"> {
  let mnemonic = "constraint";
  let summary = "what dimensions must obey: an expression and its largest value";
  let description = [{
    `#plan.constraint<(d0, d1) -> (d0 + d1), 512, "rows of state 'cache.k'">`: no
    call runs with dimensions at which the expression is more than the limit. The
    text says what the limit is.
  }];
  let parameters = (ins "::mlir::AffineMap":$expr, "int64_t":$limit,
                        "::mlir::StringAttr":$meaning);
  let assemblyFormat = "`<` $expr `,` $limit `,` $meaning `>`";
}

def Plan_Access : I32EnumAttr<"Access", "how a dispatch uses a buffer", [
    I32EnumAttrCase<"Read", 1, "read">, I32EnumAttrCase<"Write", 2, "write">,
    I32EnumAttrCase<"ReadWrite", 3, "read_write">]> {
  let cppNamespace = "::tercet::plan";
  let genSpecializedAttr = 0;
}
def Plan_AccessAttr : EnumAttr<Plan_Dialect, Plan_Access, "access"> {
  let assemblyFormat = "`<` $value `>`";
}

#endif
