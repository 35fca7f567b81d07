//===- LatentOps.cpp - assembly of the latent ops
//--------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/Latent/IR/Latent.h"

using namespace mlir;
using namespace tercet::latent;

//===----------------------------------------------------------------------===//
// Assembly of weights: KEYWORD(%w[, %scale] : type[, type])
//===----------------------------------------------------------------------===//

using OptionalOperand = std::optional<OpAsmParser::UnresolvedOperand>;

/// What is in the parentheses; one or two operands and as many types.
static ParseResult parsePair(OpAsmParser &parser,
                             OpAsmParser::UnresolvedOperand &weight,
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

static void printPair(OpAsmPrinter &printer, StringRef keyword, Value weight,
                      Value scale) {
  printer << keyword << "(" << weight;
  if (scale)
    printer << ", " << scale;
  printer << " : " << weight.getType();
  if (scale)
    printer << ", " << scale.getType();
  printer << ")";
}

static ParseResult parseWeight(OpAsmParser &parser, StringRef keyword,
                               OpAsmParser::UnresolvedOperand &weight,
                               Type &weightType, OptionalOperand &scale,
                               Type &scaleType) {
  return failure(parser.parseKeyword(keyword) ||
                 parsePair(parser, weight, weightType, scale, scaleType));
}

static void printWeight(OpAsmPrinter &printer, Operation *, StringRef keyword,
                        Value weight, Type, Value scale, Type) {
  printPair(printer, keyword, weight, scale);
}

static ParseResult parseOptionalWeight(OpAsmParser &parser, StringRef keyword,
                                       OptionalOperand &weight,
                                       Type &weightType, OptionalOperand &scale,
                                       Type &scaleType) {
  if (failed(parser.parseOptionalKeyword(keyword)))
    return success();
  return parsePair(parser, weight.emplace(), weightType, scale, scaleType);
}

static void printOptionalWeight(OpAsmPrinter &printer, Operation *,
                                StringRef keyword, Value weight, Type,
                                Value scale, Type) {
  if (weight)
    printPair(printer, keyword, weight, scale);
}

static ParseResult parseOptionalGain(OpAsmParser &parser, StringRef keyword,
                                     OptionalOperand &gain, Type &type) {
  if (failed(parser.parseOptionalKeyword(keyword)))
    return success();
  return failure(parser.parseLParen() || parser.parseOperand(gain.emplace()) ||
                 parser.parseColonType(type) || parser.parseRParen());
}

static void printOptionalGain(OpAsmPrinter &printer, Operation *,
                              StringRef keyword, Value gain, Type) {
  if (gain)
    printPair(printer, keyword, gain, {});
}

static ParseResult parseRouter(OpAsmParser &parser,
                               OpAsmParser::UnresolvedOperand &router,
                               Type &routerType, OptionalOperand &bias,
                               Type &biasType) {
  return parseWeight(parser, "router", router, routerType, bias, biasType);
}

static void printRouter(OpAsmPrinter &printer, Operation *, Value router, Type,
                        Value bias, Type) {
  printPair(printer, "router", router, bias);
}

#define GET_OP_CLASSES
#include "dialects/Latent/IR/LatentOps.cpp.inc"
