//===- RowsDialect.td - dialect definition ---------------------*- tablegen -*-===//
#ifndef TERCET_DIALECTS_ROWS_IR_ROWSDIALECT
#define TERCET_DIALECTS_ROWS_IR_ROWSDIALECT

include "mlir/IR/OpBase.td"

def Rows_Dialect : Dialect {
  let name = "rows";
  let cppNamespace = "::tercet::rows";
  let summary = "row-wise kernels over encoded weights (internal)";
  let description = [{
    What the public dialects decompose to: the row-indexed matrix product over
    encoded weights and its neighbours. The ops are destination-style, tile over
    rows and outputs, and exist over tensors (before bufferization) and over
    memrefs (inside a kernel).

    Rows of an activation matrix that feeds a `rows.matmul` are padded with zeros
    to the words of the weight's code ("KP" below), so that a kernel needs no
    tail along K.
  }];
  let dependentDialects = ["::tercet::ternary::TernaryDialect",
                           "::mlir::affine::AffineDialect",
                           "::mlir::arith::ArithDialect"];
}

#endif
