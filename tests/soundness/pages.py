"""Pages of many kinds, each with claims that are true on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from symbptt import (
    Derivation,
    Product,
    Sum,
    block,
    concat,
    copy_at,
    d,
    data,
    diag,
    function,
    hadamard,
    indices,
    kronecker,
    ones,
    partial,
    sizes,
    slope,
    state,
    weight,
)
from symbptt.page.notation import Expr, Identity, Index, IndexValue, Letter, Written

t, i, j, k, T = indices("t i j k T")
n, D, q, m = sizes("n d q m")
h, c, z, r, g, x = state("h", n), state("c", n), state("z", n), state("r", n), state("g", n), data("x", D)
W, R, S, U, V, Q = (
    weight("W", n, n),
    weight("R", n, n),
    weight("S", n, n),
    weight("U", n, D),
    weight("V", n, D),
    weight("Q", q, n),
)
phi, sigma, tanh = function("phi"), function("sigmoid"), function("tanh")


@dataclass(frozen=True)
class Claim:
    """Two sides that are equal, and what more ``Derivation.claim`` is told."""

    left: Expr
    right: Written
    for_each: tuple[tuple[Index, int | Index, int | Index], ...] = ()


@dataclass(frozen=True)
class Family:
    """A page and its true claims."""

    name: str
    page: Derivation
    claims: dict[str, Claim]


Make: TypeAlias = Callable[[], tuple[Derivation, dict[str, Claim]]]
FAMILIES: dict[str, Make] = {}
"""The pages by their names."""


def _family(make: Make) -> Make:
    FAMILIES[make.__name__] = make
    return make


def made(name: str) -> Family:
    """The page of this name, made afresh."""
    return Family(name, *FAMILIES[name]())


def _page(*definitions: tuple[Expr, Written]) -> Derivation:
    made = Derivation("A page")
    for place, (left, right) in enumerate(definitions):
        made.define(f"D{place}", left, right)
    return made


def _step(letter: Letter, at: Index) -> Expr:
    """One step of a state after the one before it."""
    return partial(letter[at], letter[at - 1])


def _down(letter: Letter, low: Index | int, high: Index | int) -> Expr:
    return Product(_step(letter, j), (j, low, high))


def _recurrence(letter: Letter, *weights: Letter) -> dict[str, Claim]:
    """What is true of a state that alone recurs, and starts constant."""
    made: dict[str, Claim] = {}
    for w in weights:
        own = partial(letter[i], w)
        made |= {
            f"box in {w}": Claim(
                d(letter[t], w), partial(letter[t], w) + Sum(_down(letter, i + 1, t) @ own, (i, 1, t - 1))
            ),
            f"one sum in {w}": Claim(d(letter[t], w), Sum(_down(letter, i + 1, t) @ own, (i, 1, t))),
            f"jacobians in {w}": Claim(
                d(letter[t], w), Sum(partial(letter[t], letter[i]) @ partial(letter[i], w), (i, 1, t))
            ),
            f"one step in {w}": Claim(d(letter[t], w), partial(letter[t], w) + _step(letter, t) @ d(letter[t - 1], w)),
            f"two steps in {w}": Claim(
                d(letter[t], w),
                partial(letter[t], w)
                + _step(letter, t) @ partial(letter[t - 1], w)
                + _step(letter, t) @ _step(letter, t - 1) @ d(letter[t - 2], w),
            ),
            f"copies of {w}": Claim(
                d(letter[t], copy_at(w, i)), _down(letter, i + 1, t) @ partial(letter[i], w), ((i, 1, t),)
            ),
        }
    made["several steps"] = Claim(partial(letter[t], letter[0]), _down(letter, 1, t))
    made["from any step"] = Claim(partial(letter[t], letter[i]), _down(letter, i + 1, t), ((i, 0, t),))
    made["in two parts"] = Claim(
        partial(letter[t], letter[k]),
        partial(letter[t], letter[i]) @ partial(letter[i], letter[k]),
        ((i, 0, t), (k, 0, i)),
    )
    return made


ACTED: Expr = W @ h[t - 1] + U @ x[t]


@_family
def vanilla() -> tuple[Derivation, dict[str, Claim]]:
    """A recurrence with an arbitrary activation."""
    slopes = diag(slope(phi, ACTED))
    return _page((h[t], phi(ACTED))), {
        **_recurrence(h, W, U),
        "jacobian": Claim(_step(h, t), slopes @ W),
        "immediate": Claim(partial(h[t], W), kronecker(h[t - 1].T, slopes)),
        "in an input": Claim(d(h[t], x[i]), _down(h, i + 1, t) @ partial(h[i], x[i]), ((i, 1, t),)),
        "in this input": Claim(partial(h[t], x[t]), slopes @ U),
    }


@_family
def tanhs() -> tuple[Derivation, dict[str, Claim]]:
    """A recurrence with tanh, whose slope is written in its value."""
    slopes = diag(ones(h[t]) - hadamard(h[t], h[t]))
    at_j = diag(ones(h[j]) - hadamard(h[j], h[j])) @ W
    return _page((h[t], tanh(ACTED))), {
        **_recurrence(h, W),
        "jacobian": Claim(_step(h, t), slopes @ W),
        "immediate": Claim(partial(h[t], U), kronecker(x[t].T, slopes)),
        "all steps": Claim(partial(h[t], h[0]), Product(at_j, (j, 1, t))),
    }


@_family
def sigmoids() -> tuple[Derivation, dict[str, Claim]]:
    """A recurrence with the logistic function."""
    slopes = diag(hadamard(h[t], ones(h[t]) - h[t]))
    return _page((h[t], sigma(ACTED))), {
        "box": _recurrence(h, U)["box in U"],
        "jacobian": Claim(_step(h, t), slopes @ W),
        "immediate": Claim(partial(h[t], W), kronecker(h[t - 1].T, slopes)),
    }


@_family
def outside() -> tuple[Derivation, dict[str, Claim]]:
    """The activation inside: h_t = W φ(h_{t-1}) + U x_t."""
    return _page((h[t], W @ phi(h[t - 1]) + U @ x[t])), {
        **_recurrence(h, W, U),
        "jacobian": Claim(_step(h, t), W @ diag(slope(phi, h[t - 1]))),
        "immediate": Claim(partial(h[t], W), kronecker(phi(h[t - 1]).T, Identity(W))),
        "all steps": Claim(partial(h[t], h[i]), Product(W @ diag(slope(phi, h[j - 1])), (j, i + 1, t)), ((i, 1, t),)),
    }


@_family
def powers() -> tuple[Derivation, dict[str, Claim]]:
    """s_t = w s_{t-1}, all scalars."""
    s, w = state("s"), weight("w", 1)
    return _page((s[t], w * s[t - 1])), {
        "value": Claim(s[t], w**t * s[0]),
        "closed": Claim(d(s[t], w), IndexValue(t) * w ** (t - 1) * s[0]),
        "sum": Claim(d(s[t], w), Sum(w ** (t - i) * s[i - 1], (i, 1, t))),
        "step": Claim(d(s[t], w), s[t - 1] + w * d(s[t - 1], w)),
        "jacobian": Claim(partial(s[t], s[i]), w ** (t - i), ((i, 0, t),)),
    }


@_family
def affine() -> tuple[Derivation, dict[str, Claim]]:
    """a_t = b_t + e_t a_{t-1} with scalar data, as in the appendices of textbooks."""
    a, b, e = state("a"), data("b"), data("e")
    return _page((a[t], b[t] + e[t] * a[t - 1])), {
        "unrolled": Claim(a[t], Product(e[j], (j, 1, t)) * a[0] + Sum(Product(e[j], (j, i + 1, t)) * b[i], (i, 1, t))),
        "led": Claim(
            a[t], b[t] + Sum(Product(e[j], (j, i + 1, t)) * b[i], (i, 1, t - 1)) + Product(e[j], (j, 1, t)) * a[0]
        ),
        "two": Claim(a[t], b[t] + e[t] * b[t - 1] + e[t] * e[t - 1] * a[t - 2]),
        "jacobian": Claim(partial(a[t], a[i]), Product(e[j], (j, i + 1, t)), ((i, 0, t),)),
        "in data": Claim(d(a[t], b[i]), Product(e[j], (j, i + 1, t)), ((i, 1, t),)),
    }


@_family
def started() -> tuple[Derivation, dict[str, Claim]]:
    """A first state that depends on the weight."""
    first = data("x", D)
    moved = _down(h, 1, t) @ d(h[0], W)
    inner = Sum(_down(h, i + 1, t) @ partial(h[i], W), (i, 1, t - 1))
    return _page((h[t], phi(ACTED)), (h[0], phi(W @ U @ first[0]))), {
        "box": Claim(d(h[t], W), partial(h[t], W) + inner + moved),
        "from zero": Claim(d(h[t], W), Sum(_down(h, i + 1, t) @ partial(h[i], W), (i, 0, t))),
        "one step": Claim(d(h[t], W), partial(h[t], W) + _step(h, t) @ d(h[t - 1], W)),
    }


@_family
def coupled() -> tuple[Derivation, dict[str, Claim]]:
    """Two states, each of which uses both of the step before."""
    page = _page((h[t], phi(W @ h[t - 1] + R @ c[t - 1])), (c[t], tanh(S @ c[t - 1] + U @ x[t] + h[t - 1])))
    claims: dict[str, Claim] = {}
    for of in (h, c):
        for w in (W, S):
            claims[f"{of} in {w}"] = Claim(
                d(of[t], w),
                partial(of[t], w)
                + partial(of[t], h[t - 1]) @ d(h[t - 1], w)
                + partial(of[t], c[t - 1]) @ d(c[t - 1], w),
            )
    claims["two steps"] = Claim(
        partial(h[t], c[t - 2]), _step(h, t) @ partial(h[t - 1], c[t - 2]) + partial(h[t], c[t - 1]) @ _step(c, t - 1)
    )
    claims["crossed"] = Claim(partial(h[t], c[t - 1]), diag(slope(phi, W @ h[t - 1] + R @ c[t - 1])) @ R)
    return page, claims


@_family
def lagged() -> tuple[Derivation, dict[str, Claim]]:
    """A state that uses the two before it."""
    inner = W @ h[t - 1] + R @ h[t - 2]
    own = partial(h[t], h[t - 1], own=True), partial(h[t], h[t - 2], own=True)
    return _page((h[t], phi(inner))), {
        "one step": Claim(d(h[t], W), partial(h[t], W) + own[0] @ d(h[t - 1], W) + own[1] @ d(h[t - 2], W)),
        "two ways": Claim(partial(h[t], h[t - 2]), own[1] + partial(h[t], h[t - 1]) @ partial(h[t - 1], h[t - 2])),
        "all ways": Claim(d(h[t], R), Sum(partial(h[t], h[i]) @ partial(h[i], R), (i, 1, t))),
        "slope": Claim(own[1], diag(slope(phi, inner)) @ R),
    }


@_family
def named() -> tuple[Derivation, dict[str, Claim]]:
    """h_t = f(x_t, h_{t-1}, W), f an arbitrary function of all of them."""
    f = function("f", n)
    return _page((h[t], f(x[t], h[t - 1], W))), _recurrence(h, W)


@_family
def joined() -> tuple[Derivation, dict[str, Claim]]:
    """Two weights side by side in one."""
    w = weight("w")
    page = _page((w, concat(W, U)), (h[t], phi(w @ concat(h[t - 1].T, x[t].T).T)))
    box = _recurrence(h, w)
    return page, {
        "box": box["box in w"],
        "one step": box["one step in w"],
        "blocks": Claim(d(h[t], w), concat(d(h[t], W), d(h[t], U))),
        "block": Claim(block(d(h[t], w), U), d(h[t], U)),
        "immediate block": Claim(block(partial(h[t], w), W), partial(h[t], W)),
    }


@_family
def matrices() -> tuple[Derivation, dict[str, Claim]]:
    """A state that is a matrix, of more rows than columns or fewer: H_t = φ(A H_{t-1} B + X_t)."""
    H, X = Letter("H", "state", (m, n)), Letter("X", "data", (m, n))
    A, B = weight("A", m, m), weight("B", n, n)
    linear = A @ H[t - 1] @ B + X[t]
    return _page((H[t], linear)), {
        "box": _recurrence(H, A)["box in A"],
        "one step": _recurrence(H, B)["one step in B"],
        "jacobian": Claim(_step(H, t), kronecker(B.T, A)),
        "right": Claim(partial(H[t], B), kronecker(Identity(B), A @ H[t - 1])),
        "left": Claim(partial(H[t], A), kronecker((H[t - 1] @ B).T, Identity(A))),
        "in two parts": Claim(partial(H[t], H[i]), kronecker(B.T, A) @ partial(H[t - 1], H[i]), ((i, 0, t - 1),)),
    }


@_family
def activated_matrices() -> tuple[Derivation, dict[str, Claim]]:
    """A batch: H_t = φ(H_{t-1} B + X_t G), one example a row."""
    H, X = Letter("H", "state", (m, n)), Letter("X", "data", (m, D))
    B, G = weight("B", n, n), weight("G", D, n)
    return _page((H[t], phi(H[t - 1] @ B + X[t] @ G))), {
        "box in B": _recurrence(H, B)["box in B"],
        "one step": _recurrence(H, G)["one step in G"],
        "several": _recurrence(H, G)["from any step"],
    }


# --------------------------------------------------------------------------------------------------- one step


@_family
def losses() -> tuple[Derivation, dict[str, Claim]]:
    """Outputs, a loss of each step, and their mean."""
    page = _page((h[t], phi(ACTED)))
    # Nothing says that a target is as large as what it is held against.
    y, o, l, L = data("y", m), state("o", q), state("l"), state("L")
    ell = function("ell", 1)
    page.define("o", o[t], Q @ h[t])
    page.define("l", l[t], ell(o[t], y[t]))
    page.define("L", L, (1 / T) * Sum(l[t], (t, 1, T)))
    back = partial(l[t], o[t]) @ partial(o[t], h[t])
    return page, {
        "total": Claim(d(L, W), (1 / T) * Sum(back @ d(h[t], W), (t, 1, T))),
        "two sums": Claim(
            d(L, W), (1 / T) * Sum(Sum(back @ _down(h, i + 1, t) @ partial(h[i], W), (i, 1, t)), (t, 1, T))
        ),
        "outputs": Claim(d(L, Q), (1 / T) * Sum(partial(l[t], o[t]) @ partial(o[t], Q), (t, 1, T))),
        "step": Claim(d(l[t], W), partial(l[t], h[t]) @ d(h[t], W)),
        "linear": Claim(partial(o[t], h[t]), Q),
        "output": Claim(partial(o[t], Q), kronecker(h[t].T, Identity(Q @ Q.T))),
        "immediate": Claim(partial(l[t], W), partial(l[t], o[t]) @ Q @ partial(h[t], W)),
        "backwards": Claim(
            partial(L, h[t]), (1 / T) * partial(l[t], h[t]) + partial(L, h[t + 1]) @ _step(h, t + 1), ((t, 1, T - 1),)
        ),
        "all later": Claim(
            partial(L, h[t]), (1 / T) * Sum(partial(l[k], h[k]) @ partial(h[k], h[t]), (k, t, T)), ((t, 1, T),)
        ),
    }


@_family
def gradients() -> tuple[Derivation, dict[str, Claim]]:
    """A loss of the states, and its gradients as explicit formulas."""
    page = _page((z[t], ACTED), (h[t], phi(z[t])))
    y, L, ell = data("y", m), state("L"), function("ell", 1)
    page.define("L", L, Sum(ell(h[t], y[t]), (t, 1, T)))

    def steep(at: Index) -> Expr:
        return diag(slope(phi, z[at]))

    def later(at: Index) -> Expr:
        return partial(ell(h[at], y[at]), h[at]) + d(L, z[at + 1]) @ W

    before_last, every = ((t, 1, T - 1),), ((t, 1, T),)
    return page, {
        "delta": Claim(d(L, z[t]), later(t) @ steep(t), before_last),
        "column": Claim(d(L, z[t]).T, hadamard(slope(phi, z[t]), later(t).T), before_last),
        "last": Claim(d(L, z[T]), partial(ell(h[T], y[T]), h[T]) @ steep(T)),
        "weight": Claim(d(L, W), Sum(kronecker(h[t - 1].T, d(L, z[t])), (t, 1, T))),
        "moved": Claim(d(L, W), Sum(kronecker(h[t].T, d(L, z[t + 1])), (t, 0, T - 1))),
        "in two parts": Claim(
            d(L, U),
            Sum(kronecker(x[t].T, later(t) @ steep(t)), (t, 1, T - 1)) + kronecker(x[T].T, d(L, h[T]) @ steep(T)),
        ),
        "forwards": Claim(d(L, W), Sum(partial(ell(h[t], y[t]), h[t]) @ d(h[t], W), (t, 1, T))),
        "step forwards": Claim(d(h[t], U), steep(t) @ (W @ d(h[t - 1], U) + partial(z[t], U))),
        "product": Claim(
            d(L, h[t]),
            Sum(d(L, h[T]) @ Product(steep(j) @ W, (j, t + 1, T)), (i, T, T))
            + Sum(partial(ell(h[k], y[k]), h[k]) @ Product(steep(j) @ W, (j, t + 1, k)), (k, t, T - 1)),
            every,
        ),
    }


@_family
def cell() -> tuple[Derivation, dict[str, Claim]]:
    """z_t = W h_{t-1} + U x_t, h_t = φ(z_t)."""
    return _page((z[t], ACTED), (h[t], phi(z[t]))), {
        **_recurrence(h, W, U),
        "slope": Claim(partial(h[t], z[t]), diag(slope(phi, z[t]))),
        "through z": Claim(d(h[t], W), diag(slope(phi, z[t])) @ d(z[t], W)),
        "own": Claim(partial(h[t], W), diag(slope(phi, z[t])) @ partial(z[t], W)),
        "jacobian": Claim(_step(h, t), partial(h[t], z[t]) @ partial(z[t], h[t - 1])),
        "linear": Claim(partial(z[t], h[t - 1]), W),
    }


@_family
def gru() -> tuple[Derivation, dict[str, Claim]]:
    """The gated recurrent unit with its gates in equations of their own."""
    page = _page(
        (z[t], sigma(W @ h[t - 1] + U @ x[t])),
        (r[t], sigma(R @ h[t - 1] + V @ x[t])),
        (g[t], tanh(S @ hadamard(r[t], h[t - 1]) + U @ x[t])),
        (h[t], hadamard(ones(z[t]) - z[t], h[t - 1]) + hadamard(z[t], g[t])),
    )
    made = {name: claim for name, claim in _recurrence(h, W, S).items() if name[:3] in ("box", "one", "sev", "jac")}
    return page, {
        **made,
        "gates": Claim(
            _step(h, t),
            diag(ones(z[t]) - z[t])
            + diag(g[t] - h[t - 1]) @ partial(z[t], h[t - 1])
            + diag(z[t]) @ partial(g[t], h[t - 1]),
        ),
        "gate": Claim(partial(z[t], h[t - 1]), diag(hadamard(z[t], ones(z[t]) - z[t])) @ W),
    }


@_family
def memory() -> tuple[Derivation, dict[str, Claim]]:
    """A cell beside its state, as in an LSTM: c_t = z_t ⊙ c_{t-1} + g_t, h_t = φ(c_t)."""
    page = _page(
        (z[t], sigma(W @ h[t - 1] + U @ x[t])),
        (g[t], tanh(R @ h[t - 1] + V @ x[t])),
        (c[t], hadamard(z[t], c[t - 1]) + g[t]),
        (h[t], phi(c[t])),
    )
    held = partial(c[t], c[t - 1], held=True), partial(c[t], h[t - 1], held=True)
    return page, {
        "held": Claim(d(c[t], W), partial(c[t], W) + held[0] @ d(c[t - 1], W) + held[1] @ d(h[t - 1], W)),
        "forget": Claim(held[0], diag(z[t])),
        "through": Claim(_step(c, t), held[0] + held[1] @ partial(h[t - 1], c[t - 1])),
        "one step": Claim(d(c[t], W), partial(c[t], W) + _step(c, t) @ d(c[t - 1], W)),
        "state": Claim(d(h[t], R), diag(slope(phi, c[t])) @ d(c[t], R)),
    }


SIZES: dict[str, Any] = {"n": 2, "d": 2, "q": 2, "m": 2}
"""The sizes that a claim is asked for, where nothing else is said."""
OTHERS: dict[str, Any] = {"n": 2, "d": 3, "q": 4, "m": 3}
"""Other sizes, all different where that counts: what holds for any size holds for them."""
