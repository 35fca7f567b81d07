//===- Ternary.h - the ternary dialect --------------------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_DIALECTS_TERNARY_IR_TERNARY_H
#define TERCET_DIALECTS_TERNARY_IR_TERNARY_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "dialects/Ternary/IR/TernaryDialect.h.inc"
#include "dialects/Ternary/IR/TernaryEnums.h.inc"
#define GET_TYPEDEF_CLASSES
#include "dialects/Ternary/IR/TernaryTypes.h.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/Ternary/IR/TernaryAttrs.h.inc"
#define GET_OP_CLASSES
#include "dialects/Ternary/IR/TernaryOps.h.inc"

namespace tercet::ternary {
/// The storage code of a trit tensor type, or null.
CodeAttr getCode(mlir::RankedTensorType type);
} // namespace tercet::ternary

#endif
