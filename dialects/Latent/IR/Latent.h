//===- Latent.h - the latent dialect ----------------------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_DIALECTS_LATENT_IR_LATENT_H
#define TERCET_DIALECTS_LATENT_IR_LATENT_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "dialects/Latent/IR/LatentDialect.h.inc"
#include "dialects/Latent/IR/LatentEnums.h.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/Latent/IR/LatentAttrs.h.inc"
#define GET_OP_CLASSES
#include "dialects/Latent/IR/LatentOps.h.inc"

#endif
