//===- Activation.cpp - activations of experts on scalars -----------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/Latent/Transforms/Activation.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include <cmath>

using namespace mlir;
using namespace tercet::latent;

Value tercet::latent::emitActivation(OpBuilder &b, Location loc,
                                     ActivationAttr activation, Value up,
                                     Value gate) {
  auto constant = [&](double value) -> Value {
    return arith::ConstantOp::create(
        b, loc, b.getF32FloatAttr(static_cast<float>(value)));
  };
  auto mul = [&](Value x, Value y) -> Value {
    return arith::MulFOp::create(b, loc, x, y);
  };
  auto add = [&](Value x, Value y) -> Value {
    return arith::AddFOp::create(b, loc, x, y);
  };
  auto div = [&](Value x, Value y) -> Value {
    return arith::DivFOp::create(b, loc, x, y);
  };
  auto tanh = [&](Value x) -> Value { return math::TanhOp::create(b, loc, x); };
  auto onePlusExpOfMinus = [&](Value x) {
    Value e = math::ExpOp::create(b, loc, arith::NegFOp::create(b, loc, x));
    return add(constant(1.0), e);
  };
  switch (activation.getKind()) {
  case ActivationKind::Relu2: {
    Value positive = arith::MaximumFOp::create(b, loc, up, constant(0.0));
    return mul(positive, positive);
  }
  case ActivationKind::SiluGlu:
    return mul(div(gate, onePlusExpOfMinus(gate)), up);
  case ActivationKind::GeluGlu: {
    Value cube = mul(mul(gate, gate), gate);
    Value inner = mul(constant(std::sqrt(2.0 / M_PI)),
                      add(gate, mul(constant(0.044715), cube)));
    return mul(mul(mul(constant(0.5), gate), add(constant(1.0), tanh(inner))),
               up);
  }
  case ActivationKind::SituGlu: {
    auto limit = [](FloatAttr attr, double otherwise) {
      return attr ? attr.getValueAsDouble() : otherwise;
    };
    Value a = constant(limit(activation.getGateLimit(), 4.0)),
          c = constant(limit(activation.getUpLimit(), 25.0));
    Value left = div(mul(a, tanh(div(gate, a))), onePlusExpOfMinus(gate));
    return mul(left, mul(c, tanh(div(up, c))));
  }
  }
  llvm_unreachable("unknown activation");
}
