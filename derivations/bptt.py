"""Backpropagation through time for RNN (Qazi Zarif Ul Islam, 25 March 2024).

The note, equation by equation, in its own order and letters: (1) to (10), the box, what its prose claims, and the ways
in which it can be misread. The note writes ∂h_t/∂w_h for two derivatives. Here they stand apart: ``d`` is the total
derivative, ``partial`` the immediate partial ∂⁺ (in a weight) or the Jacobian (in a state).

    symbptt check derivations/bptt.py
"""

from symbptt import (
    Derivation,
    Product,
    Sum,
    block,
    concat,
    copy_at,
    d,
    data,
    function,
    indices,
    partial,
    sizes,
    state,
    weight,
)

t, i, j, T = indices("t i j T")
n, D, q = sizes("n d q")

X, target = data("X", D), data("d", q)
h, l, L = state("h", n), state("l"), state("L", latex=r"\hat{L}")

# The note spells the output in three ways: ô_t in (3), o_t in (5), and y_t in (1), where the target is d_t.
o_hat = state("o", q, latex=r"\hat{o}").spelled("ô", r"\hat{o}")
o, y = o_hat.spelled("o", "o"), o_hat.spelled("y", "y")

W_xh, W_hh, b_h = weight("W_xh", n, D), weight("W_hh", n, n), weight("b_h", n)
W_hy, b_y = weight("W_hy", q, n), weight("b_y", q)
w_h = weight("w_h")

phi_h, phi_o, ell = function("phi_h"), function("phi_o"), function("ell", 1)
f, f_o = function("f", n), function("f_o", q)
f_1, f_2, f_3 = function("f_1", n), function("f_2", n), function("f_3", n)

bptt = Derivation(__doc__, source="Q. Z. Ul Islam, Backpropagation through time for RNN, 2024")

# ------------------------------------------------------------------------------- the loss and the system

bptt.define("1", L, 1 / T * Sum(ell(y[t], target[t]), (t, 1, T)))
bptt.define("l", l[t], ell(y[t], target[t]))
bptt.claim("1b", L, 1 / T * Sum(l[t], (t, 1, T), dots=True))

bptt.define("2", h[t], f(X[t], h[t - 1]), phi_h(W_xh @ X[t] + W_hh @ h[t - 1] + b_h))
bptt.define("3", o_hat[t], f_o(h[t]), phi_o(W_hy @ h[t] + b_y))
bptt.define("w_h", w_h, concat(W_xh, W_hh).T)

# ------------------------------------------------------------------------------- the gradient of the loss

every_weight = (W_xh, W_hh, b_h)

bptt.claim("4", d(L, w_h), 1 / T * Sum(d(l[t], w_h), (t, 1, T), dots=True), also_in=every_weight)
five = bptt.claim("5", d(l[t], w_h), partial(l[t], o[t]) @ partial(o[t], h[t]) @ d(h[t], w_h), also_in=every_weight)

# ------------------------------------------------------------------------------- one step, (6) to (8)

bptt.define("6f", h[t], f_1(h[t - 1], w_h))
six = bptt.claim("6", d(h[t], w_h), partial(f_1, w_h) + partial(f_1, h[t - 1]) @ d(h[t - 1], w_h), also_in=every_weight)

bptt.define("7f", h[t - 1], f_2(h[t - 2], w_h))
seven = bptt.claim(
    "7", d(h[t - 1], w_h), partial(f_2, w_h) + partial(f_2, h[t - 2]) @ d(h[t - 2], w_h), also_in=every_weight
)

bptt.define("8f", h[t - 2], f_3(h[t - 3], w_h))
eight = bptt.claim(
    "8", d(h[t - 2], w_h), partial(f_3, w_h) + partial(f_3, h[t - 3]) @ d(h[t - 3], w_h), also_in=every_weight
)

# ------------------------------------------------------------------------------- unfolding, (9) and (10)

bptt.claim(
    "9",
    d(h[t], w_h),
    partial(f_1, w_h) + partial(f_1, h[t - 1]) @ (partial(f_2, w_h) + partial(f_2, h[t - 2]) @ d(h[t - 2], w_h)),
    since=[six, seven],
    also_in=every_weight,
)
bptt.claim(
    "10a",
    d(h[t], w_h),
    partial(f_1, w_h)
    + partial(f_1, h[t - 1]) @ partial(f_2, w_h)
    + partial(f_1, h[t - 1]) @ partial(f_2, h[t - 2]) @ d(h[t - 2], w_h),
    since=[six, seven],
    also_in=every_weight,
)
ten = bptt.claim(
    "10b",
    d(h[t], w_h),
    partial(h[t], w_h)
    + partial(h[t], h[t - 1]) @ partial(h[t - 1], w_h)
    + partial(h[t], h[t - 1]) @ partial(h[t - 1], h[t - 2]) @ d(h[t - 2], w_h),
    since=[six, seven],
    also_in=every_weight,
)

# ------------------------------------------------------------------------------- the box

box = bptt.claim(
    "box",
    d(h[t], w_h),
    partial(h[t], w_h) + Sum(Product(partial(h[j], h[j - 1]), (j, i + 1, t)) @ partial(h[i], w_h), (i, 1, t - 1)),
    since=[six],
    also_in=every_weight,
)

# ------------------------------------------------------------------------------- what the prose claims

# "This concatenation does not make any difference": the gradient's blocks are the gradients in W_xh and in W_hh.
bptt.claim("concat-xh", block(d(h[t], w_h), W_xh), d(h[t], W_xh))
bptt.claim("concat-hh", block(d(h[t], w_h), W_hh), d(h[t], W_hh))

# "A cascade of multiplications": term i has t - i Jacobians and then the immediate partial of h_i, and it is the
# derivative of h_t in the copy of the weight that step i uses.
bptt.claim(
    "terms",
    d(h[t], copy_at(w_h, i)),
    Product(partial(h[j], h[j - 1]), (j, i + 1, t)) @ partial(h[i], w_h),
    for_each=[(i, 1, t)],
    also_in=every_weight,
)

# "Which is the same as equation 9.7.7 in [1]", where f has the weight among its arguments.
bptt.define("9.7.1", h[t], f(X[t], h[t - 1], w_h))
bptt.claim(
    "9.7.7",
    d(h[t], w_h),
    partial(f(X[t], h[t - 1], w_h), w_h)
    + Sum(
        Product(partial(f(X[j], h[j - 1], w_h), h[j - 1]), (j, i + 1, t)) @ partial(f(X[i], h[i - 1], w_h), w_h),
        (i, 1, t - 1),
    ),
    since=[six],
)

# ------------------------------------------------------------------------------- misreadings

bptt.misread(
    "box-total",
    d(h[t], w_h),
    d(h[t], w_h) + Sum(Product(partial(h[j], h[j - 1]), (j, i + 1, t)) @ d(h[i], w_h), (i, 1, t - 1)),
    of=box,
    why="one symbol for both derivatives, as printed: every ∂h/∂w_h total",
)
bptt.misread(
    "box-immediate",
    partial(h[t], w_h),
    partial(h[t], w_h) + Sum(Product(partial(h[j], h[j - 1]), (j, i + 1, t)) @ partial(h[i], w_h), (i, 1, t - 1)),
    of=box,
    why="one symbol for both derivatives, as printed: every ∂h/∂w_h immediate",
)
bptt.misread(
    "box-bound",
    d(h[t], w_h),
    partial(h[t], w_h) + Sum(Product(partial(h[j], h[j - 1]), (j, i + 1, t + 1)) @ partial(h[i], w_h), (i, 1, t - 1)),
    of=box,
    why="the bound j-1 = i taken at its word, so that j - 1 runs up to t and j up to t+1",
)
bptt.misread(
    "box-index",
    d(h[t], w_h),
    partial(h[t], w_h) + Sum(Product(partial(h[i], h[i - 1]), (j, i + 1, t)) @ partial(h[i], w_h), (i, 1, t - 1)),
    of=box,
    why="i, the index of the sum, used as the index of the product too",
)
bptt.misread(
    "box-order",
    d(h[t], w_h),
    partial(h[t], w_h)
    + Sum(Product(partial(h[j], h[j - 1]), (j, i + 1, t), ascending=True) @ partial(h[i], w_h), (i, 1, t - 1)),
    of=box,
    why="the Jacobians in ascending order, the smallest index on the left",
)
bptt.misread(
    "5-immediate",
    d(l[t], w_h),
    partial(l[t], o[t]) @ partial(o[t], h[t]) @ partial(h[t], w_h),
    of=five,
    why="only immediate partials: the last ∂ of (5) taken as immediate",
)
bptt.misread(
    "10-immediate",
    d(h[t], w_h),
    partial(h[t], w_h)
    + partial(h[t], h[t - 1]) @ partial(h[t - 1], w_h)
    + partial(h[t], h[t - 1]) @ partial(h[t - 1], h[t - 2]) @ partial(h[t - 2], w_h),
    of=ten,
    why="the last ∂ of (10) taken as immediate",
)

if __name__ == "__main__":
    from symbptt.__main__ import main

    raise SystemExit(main(["check", __file__]))
