//===- LatentAttrs.td - routing and activation attributes ------*- tablegen -*-===//
#ifndef TERCET_DIALECTS_LATENT_IR_LATENTATTRS
#define TERCET_DIALECTS_LATENT_IR_LATENTATTRS

include "dialects/Latent/IR/LatentDialect.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"

class Latent_Enum<string name, string summary, list<I32EnumAttrCase> cases>
    : I32EnumAttr<name, summary, cases> {
  let cppNamespace = "::tercet::latent";
  let genSpecializedAttr = 0;
}

def Latent_Score : Latent_Enum<"Score", "score of an expert from its logit", [
    I32EnumAttrCase<"Sigmoid", 0, "sigmoid">,
    I32EnumAttrCase<"SoftmaxPre", 1, "softmax_pre">,
    I32EnumAttrCase<"SoftmaxPost", 2, "softmax_post">,
    I32EnumAttrCase<"SqrtSoftplus", 3, "sqrt_softplus">]>;

def Latent_Router : Latent_Enum<"Router", "logits from the token", [
    I32EnumAttrCase<"Linear", 0, "linear">,
    I32EnumAttrCase<"Attention", 1, "attention">]>;

def Latent_GroupScore : Latent_Enum<"GroupScore", "score of a group of experts", [
    I32EnumAttrCase<"Top2", 0, "top2">,
    I32EnumAttrCase<"Share", 1, "share">]>;

def Latent_RoutingAttr : AttrDef<Latent_Dialect, "Routing"> {
  let mnemonic = "routing";
  let summary = "how a token chooses its experts";
  let description = [{
    For the logits g [E] of a token, all in f32:

        p      = sigmoid(g) | softmax(g) (softmax_pre) | g (softmax_post)
                 | sqrt(log(1 + exp(g))) (sqrt_softplus), the logarithm computed as
                   max(g, 0) + log1p(exp(-|g|)), which does not overflow
        c      = p + bias                    only to choose, never to weight
        groups : with groups > 1, experts are `groups` equal groups in order; a
                 group scores the sum of the 2 largest c in it (top2), or of the
                 top_k / top_groups largest (share); experts outside of the
                 top_groups best groups are never chosen; sums go from the
                 largest down, groups rank as experts do
        ids    = the top_k largest c, in descending order; equal values (0 and -0
                 among them) keep the lower index first; NaN ranks below all others
        w_i    = p_i, divided by (sum of the chosen p, in the order of ids, + 1e-20)
                 if `normalize`, times `scale`;
                 softmax_post: softmax over the chosen logits, times `scale`

    `router = attention` (Yuan) takes a weight [3E, D]: q, k, v [E] are its thirds
    times x, and g_i = sum over j of softmax_j(q_i * k_j) * v_j. Each softmax takes
    the maximum off, sums in order and divides every element by the sum.

    Verifier: LATENT-A1: top_k, groups and top_groups are positive.
    LATENT-A2: top_groups <= groups. LATENT-A3: with `share` top_k is a multiple
    of top_groups. LATENT-A5: scale is f32.

    ```mlir
    #latent.routing<top_k = 22, scale = 5.0 : f32>
    #latent.routing<top_k = 8, groups = 8, top_groups = 4, scale = 2.5 : f32>
    ```
  }];
  let parameters = (ins "int64_t":$top_k,
    DefaultValuedParameter<"::tercet::latent::Score", "::tercet::latent::Score::Sigmoid">:$score,
    DefaultValuedParameter<"::tercet::latent::Router", "::tercet::latent::Router::Linear">:$router,
    DefaultValuedParameter<"int64_t", "1">:$groups,
    DefaultValuedParameter<"int64_t", "1">:$top_groups,
    DefaultValuedParameter<"::tercet::latent::GroupScore", "::tercet::latent::GroupScore::Top2">:$group_score,
    DefaultValuedParameter<"bool", "true">:$normalize,
    OptionalParameter<"::mlir::FloatAttr", "1 where absent">:$scale);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

def Latent_ActivationKind : Latent_Enum<"ActivationKind", "activation of an expert", [
    I32EnumAttrCase<"Relu2", 0, "relu2">,
    I32EnumAttrCase<"SiluGlu", 1, "silu_glu">,
    I32EnumAttrCase<"GeluGlu", 2, "gelu_glu">,
    I32EnumAttrCase<"SituGlu", 3, "situ_glu">]>;

def Latent_ActivationAttr : AttrDef<Latent_Dialect, "Activation"> {
  let mnemonic = "activation";
  let summary = "what stands between the two products of an expert";
  let description = [{
    With u = up(x) and, for the gated kinds, g = gate(x), in f32:

        relu2    : max(u, 0)^2, NaN stays NaN                       not gated
        silu_glu : g / (1 + exp(-g)) * u
        gelu_glu : 0.5 * g * (1 + tanh(sqrt(2 / pi) * (g + 0.044715 * g^3))) * u
        situ_glu : a * tanh(g / a) / (1 + exp(-g)) * (b * tanh(u / b))   (Kimi K3),
                   a = `gate_limit` (4 where absent), b = `up_limit` (25)

    Verifier: LATENT-A4: limits are positive f32 and belong to situ_glu only.

    ```mlir
    #latent.activation<relu2>
    #latent.activation<situ_glu, gate_limit = 4.0 : f32, up_limit = 25.0 : f32>
    ```
  }];
  let parameters = (ins "::tercet::latent::ActivationKind":$kind,
    OptionalParameter<"::mlir::FloatAttr">:$gate_limit,
    OptionalParameter<"::mlir::FloatAttr">:$up_limit);
  let assemblyFormat = "`<` $kind (`,` struct($gate_limit, $up_limit)^)? `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    bool isGated() const { return getKind() != ActivationKind::Relu2; }
  }];
}

def Latent_Strategy : Latent_Enum<"Strategy", "how expert products run", [
    I32EnumAttrCase<"Pairs", 0, "pairs">,
    I32EnumAttrCase<"Grouped", 1, "grouped">]>;
def Latent_StrategyAttr : EnumAttr<Latent_Dialect, Latent_Strategy, "strategy"> {
  let summary = "how expert products run";
  let description = [{
    `pairs`: each (token, expert) pair is a matrix-vector product of its own, for
    few pairs. `grouped`: pairs sorted by expert, so that each chosen expert's
    weights are read once. Results are equal to the bit.
  }];
  let assemblyFormat = "`<` $value `>`";
}

#endif
