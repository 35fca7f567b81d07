"""The model of make_model.py in plain Python floats, token by token, from its definition:

    python reference.py TOKEN...

prints the logits of every token, one line each. It shares no code with the compiler and
holds no caches but Python lists.
"""
import math
import sys

import make_model as m


def silu(v):
    return v / (1 + math.exp(-v))


def sigmoid(v):
    return 1 / (1 + math.exp(-v))


def dot(x, y):
    return sum(a * b for a, b in zip(x, y))


class Model:
    def __init__(self, pattern):
        self.pattern, self.weights = pattern, m.make_weights(pattern)
        self.matrices, self.states = {}, {}

    def vector(self, name):
        return self.weights[name][1]

    def matrix(self, name):
        """Rows of the last axis."""
        if name not in self.matrices:
            shape, values = self.weights[name]
            self.matrices[name] = [values[i:i + shape[-1]] for i in range(0, len(values), shape[-1])]
        return self.matrices[name]

    def times(self, name, x, first=0, count=None):
        rows = self.matrix(name)
        return [dot(row, x) for row in rows[first:first + count if count else None]]

    @staticmethod
    def norm(x, gain):
        inverse = 1 / math.sqrt(dot(x, x) / len(x) + m.EPS)
        return [v * inverse * g for v, g in zip(x, gain)]

    def mamba(self, x, i):
        name = f"model.layers.{i}.mixer."
        state = self.states.setdefault(i, {
            "inputs": [[0.0] * m.CHANNELS] * (m.CONV - 1),
            "s": [[[0.0] * m.STATES for _ in range(m.MAMBA_HEAD)] for _ in range(m.MAMBA_HEADS)]})
        projected = self.times(name + "in_proj.weight", x)
        z, mixed, dt = projected[:m.INNER], projected[m.INNER:m.INNER + m.CHANNELS], projected[m.INNER + m.CHANNELS:]
        inputs = state["inputs"] + [mixed]
        state["inputs"] = inputs[1:]
        taps, bias = self.matrix(name + "conv1d.weight"), self.vector(name + "conv1d.bias")
        mixed = [silu(bias[c] + sum(taps[c][j] * inputs[j][c] for j in range(m.CONV))) for c in range(m.CHANNELS)]
        shared = m.MAMBA_HEADS // m.GROUPS
        y = []
        for h in range(m.MAMBA_HEADS):
            step = math.log1p(math.exp(dt[h] + self.vector(name + "dt_bias")[h]))
            kept = math.exp(-step * math.exp(self.vector(name + "A_log")[h]))
            from_b = m.INNER + h // shared * m.STATES
            b, c = mixed[from_b:from_b + m.STATES], mixed[from_b + m.GROUPS * m.STATES:][:m.STATES]
            for p in range(m.MAMBA_HEAD):
                value = mixed[h * m.MAMBA_HEAD + p]
                s = [kept * old + step * value * new for old, new in zip(state["s"][h][p], b)]
                state["s"][h][p] = s
                y.append(dot(c, s) + self.vector(name + "D")[h] * value)
        gated = [v * silu(g) for v, g in zip(y, z)]
        width, gain, normed = m.INNER // m.GROUPS, self.vector(name + "norm.weight"), []
        for g in range(0, m.INNER, width):
            normed += self.norm(gated[g:g + width], gain[g:g + width])
        return self.times(name + "out_proj.weight", normed)

    def experts(self, x, i):
        name = f"model.layers.{i}.mixer."
        scores = [sigmoid(v) for v in self.times(name + "gate.weight", x)]
        bias = self.vector(name + "gate.e_score_correction_bias")
        chosen = sorted(range(m.EXPERTS), key=lambda e: (-(scores[e] + bias[e]), e))[:m.TOP_K]
        total = sum(scores[e] for e in chosen) + 1e-20
        latent = self.times(name + "fc1_latent_proj.weight", x)
        mixed = [0.0] * m.LATENT
        for e in chosen:
            hidden = self.times(name + "experts.up_proj", latent, e * m.EXPERT_WIDTH, m.EXPERT_WIDTH)
            hidden = [max(v, 0) ** 2 for v in hidden]
            result = self.times(name + "experts.down_proj", hidden, e * m.LATENT, m.LATENT)
            weight = m.ROUTED_SCALE * scores[e] / total
            mixed = [a + weight * v for a, v in zip(mixed, result)]
        hidden = [max(v, 0) ** 2 for v in self.times(name + "shared_experts.up_proj.weight", x)]
        shared = self.times(name + "shared_experts.down_proj.weight", hidden)
        return [a + b for a, b in zip(self.times(name + "fc2_latent_proj.weight", mixed), shared)]

    def attention(self, x, i):
        name = f"model.layers.{i}.mixer."

        def heads(which):
            row = self.times(f"{name}{which}_proj.weight", x)
            return [row[h:h + m.HEAD] for h in range(0, len(row), m.HEAD)]

        cache = self.states.setdefault(i, {"k": [], "v": []})
        cache["k"].append(heads("k"))
        cache["v"].append(heads("v"))
        result = []
        for h, q in enumerate(heads("q")):
            g = h // (m.HEADS // m.KEY_HEADS)
            scores = [dot(q, k[g]) * m.HEAD ** -0.5 for k in cache["k"]]
            powers = [math.exp(s - max(scores)) for s in scores]
            result += [dot(powers, [v[g][d] for v in cache["v"]]) / sum(powers) for d in range(m.HEAD)]
        return self.times(name + "o_proj.weight", result)

    def step(self, token):
        """The logits behind one more token."""
        h = self.matrix("model.embeddings.weight")[token]
        for i, kind in enumerate(self.pattern):
            x = self.norm(h, self.vector(f"model.layers.{i}.norm.weight"))
            mixer = {"M": self.mamba, "E": self.experts, "*": self.attention}[kind]
            h = [a + b for a, b in zip(h, mixer(x, i))]
        return self.times("lm_head.weight", self.norm(h, self.vector("model.norm_f.weight")))


def main():
    model = Model(m.PATTERN)
    for token in sys.argv[1:]:
        print(" ".join(f"{v:.7g}" for v in model.step(int(token))))


if __name__ == "__main__":
    main()
