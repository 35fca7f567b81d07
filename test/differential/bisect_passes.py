"""The first optional pass that makes a result differ."""
import re


def bisect_passes(differs):
    """`differs(limit)` compiles with that --pass-bisect-limit and tells whether the result
    is wrong, and what the compiler printed. Returns a sentence."""
    wrong, log = differs(-1)
    if not wrong:
        return "with all passes on one thread the result is right: what differs is not the passes"
    if differs(0)[0]:
        return "it differs without any optional pass: a lowering that every kernel takes, or the executor, is wrong"
    names = re.findall(r"BISECT: running pass \((\d+)\) (.*)", log)
    low, high = 0, len(names)  # right at low, wrong at high
    while high - low > 1:
        middle = (low + high) // 2
        if differs(middle)[0]:
            high = middle
        else:
            low = middle
    return f"pass {high} of {len(names)} makes it differ: {names[high - 1][1]}"
