//===- LatentOps.cpp - assembly of the latent ops -------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/Latent/IR/Latent.h"

using namespace mlir;
using namespace tercet::latent;

//===----------------------------------------------------------------------===//
// Assembly of weights, behind their keyword: (%w[, %scale] : type[, type])
//===----------------------------------------------------------------------===//

using Operand = OpAsmParser::UnresolvedOperand;
using OptionalOperand = std::optional<Operand>;

static ParseResult parseWeight(OpAsmParser &parser, Operand &weight,
                               Type &weightType, OptionalOperand &scale,
                               Type &scaleType) {
  if (parser.parseLParen() || parser.parseOperand(weight))
    return failure();
  if (succeeded(parser.parseOptionalComma()))
    if (parser.parseOperand(scale.emplace()))
      return failure();
  if (parser.parseColonType(weightType))
    return failure();
  if (scale && (parser.parseComma() || parser.parseType(scaleType)))
    return failure();
  return parser.parseRParen();
}

static ParseResult parseWeight(OpAsmParser &parser, OptionalOperand &weight,
                               Type &weightType, OptionalOperand &scale,
                               Type &scaleType) {
  return parseWeight(parser, weight.emplace(), weightType, scale, scaleType);
}

static void printWeight(OpAsmPrinter &printer, Operation *, Value weight,
                        Type weightType, Value scale, Type scaleType) {
  printer << "(" << weight;
  if (scale)
    printer << ", " << scale;
  printer << " : " << weightType;
  if (scale)
    printer << ", " << scaleType;
  printer << ")";
}

#define GET_OP_CLASSES
#include "dialects/Latent/IR/LatentOps.cpp.inc"
