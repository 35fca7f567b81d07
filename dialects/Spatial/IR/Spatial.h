//===- Spatial.h - the spatial dialect --------------------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_DIALECTS_SPATIAL_IR_SPATIAL_H
#define TERCET_DIALECTS_SPATIAL_IR_SPATIAL_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include <array>

#include "dialects/Spatial/IR/SpatialDialect.h.inc"
#include "dialects/Spatial/IR/SpatialEnums.h.inc"
namespace tercet::spatial {
/// `[0.5, 0.25]`, every bit of it.
mlir::ParseResult parseFloats(mlir::OpAsmParser &parser,
                              mlir::DenseF32ArrayAttr &values);
void printFloats(mlir::OpAsmPrinter &printer, mlir::Operation *op,
                 mlir::DenseF32ArrayAttr values);
} // namespace tercet::spatial

#define GET_ATTRDEF_CLASSES
#include "dialects/Spatial/IR/SpatialAttrs.h.inc"
#define GET_OP_CLASSES
#include "dialects/Spatial/IR/SpatialOps.h.inc"

#endif
