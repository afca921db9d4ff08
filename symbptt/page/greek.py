"""The letters that have a name, as LaTeX and a script spell them, each with its character."""

from __future__ import annotations

GREEK = dict(
    zip(
        "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi "
        "omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega ell "
        "varepsilon vartheta varrho varphi".split(),
        "αβγδϵζηθικλμνξπρστυϕχψωΓΔΘΛΞΠΣΥΦΨΩℓεϑϱφ",
        strict=True,
    )
)
