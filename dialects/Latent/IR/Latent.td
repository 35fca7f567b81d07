//===- Latent.td - the latent dialect --------------------------*- tablegen -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_DIALECTS_LATENT_IR_LATENT
#define TERCET_DIALECTS_LATENT_IR_LATENT

include "dialects/Latent/IR/LatentDialect.td"
include "dialects/Latent/IR/LatentAttrs.td"
include "dialects/Latent/IR/LatentOps.td"
include "dialects/Latent/IR/LatentMamba.td"

#endif
