//===- LatentDialect.td - dialect definition -------------------*- tablegen -*-===//
#ifndef TERCET_DIALECTS_LATENT_IR_LATENTDIALECT
#define TERCET_DIALECTS_LATENT_IR_LATENTDIALECT

include "mlir/IR/OpBase.td"

def Latent_Dialect : Dialect {
  let name = "latent";
  let cppNamespace = "::tercet::latent";
  let summary = "mixture-of-experts in a latent space, and what stands around it";
  let description = [{
    Transformer blocks whose feed-forward part is a mixture of experts, in a latent
    space (LatentMoE, arXiv 2601.18089, as Nemotron 3 Super and Ultra ship it) or
    without one, with the attention, norms and embeddings around them.

    Symbols: M tokens, D hidden width, L latent width, E routed experts, k experts
    a token, F width of a routed expert, S width of the shared expert.

    A weight is f32, or i8 or `!ternary.trit` with a scale beside it that multiplies.
    A product with an i8 or ternary weight quantises its activations per row by
    the rule absmax_i8 of `ternary.quantize` and is exact in integers; a product
    with an f32 weight sums in 16 strided partial sums combined as a tree
    (8, 4, 2, 1), each in order by multiply and add, on every target. So the
    choice of experts does not depend on the machine.
  }];
  let useDefaultAttributePrinterParser = 1;
}

#endif
