"""The judge of "equal": polynomials over the rationals whose generators are atoms.

An atom is a symbol, or any node that is not arithmetic (``tanh(a)``, ``phi'(a)``), told apart by its head and the
normal forms of its arguments. Two expressions with one normal form are equal; two with different ones may still be.
Nothing here samples, rounds or simplifies.

>>> from sympy import symbols
>>> from symbptt.proofs.heads import Named
>>> x, y = symbols("x y", real=True)
>>> forms = NormalForms()
>>> def tanh(a):
...     return Named.of("tanh", a)
>>> forms.of([tanh(x + y) * (x + y) ** 2]) == forms.of([(x**2 + 2 * x * y + y**2) * tanh(y + x)])
True
>>> forms.of([x * y]) == forms.of([x + y])
False
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from fractions import Fraction
from typing import TypeAlias

from sympy import Add, Basic, Expr, Integer, Mul, Pow, Rational, Symbol

from symbptt.errors import BudgetExceeded, NotExact
from symbptt.proofs.graph import inputs, postorder

Monomial: TypeAlias = tuple[int, ...]
"""The atoms of a product, each as often as it is a factor, in ascending order."""
Form: TypeAlias = dict[Monomial, "int | Fraction"]

LIMIT = 500_000
"""How many monomials one normal form may have: about 100 MB."""


class NormalForms:
    """Normal forms over one growing set of atoms; what was reduced once is remembered."""

    def __init__(self, limit: int = LIMIT, *, divided: bool = False) -> None:
        """``divided``: what is divided by is taken not to be 0, and (a + b) · 1/(a + b) is 1; who asks must say so."""
        self._limit = limit
        self._divided = divided
        self._inverses: dict[int, Form] = {}
        self._atoms: dict[Hashable, int] = {}
        self._nodes: list[Expr] = []
        self._forms: dict[Basic, Form] = {}

    def of(self, roots: Sequence[Expr]) -> list[Form]:
        """The normal form of each root.

        Raises :class:`NotExact` where a float is met, :class:`BudgetExceeded` past the limit of monomials.
        """
        for node in postorder(roots, self._forms):
            self._forms[node] = self._reduce(node)
        return [self._forms[root] for root in roots]

    def name(self, node: Expr) -> None:
        """Take a node as an atom, whatever it is made of; a number stays what it is.

        What is then equal is equal for every value of the node, and so for its own.
        """
        if node not in self._forms and not node.is_Rational:
            self._forms[node] = self._atom(("named", node), node)

    def combined(self, constant: Expr, pairs: Sequence[tuple[Expr, Expr]]) -> Form:
        """The normal form of ``constant`` + Σ one·other over the pairs, of which no node is made."""
        self.of([constant, *(factor for pair in pairs for factor in pair)])
        products = [self._product([self._forms[one], self._forms[other]]) for one, other in pairs]
        return self._sum([self._forms[constant], *products])

    def equal(self, one: Sequence[Expr], other: Sequence[Expr]) -> list[bool]:
        """For each pair of entries, whether they have one normal form, or their difference times its divisors is 0."""
        return [a == b or self._vanishes(self._minus(a, b)) for a, b in zip(self.of(one), self.of(other), strict=True)]

    def atoms(self, form: Form) -> dict[int, Expr]:
        """The atoms of a normal form, each with a node that has its value."""
        return {atom: self._nodes[atom] for monomial in form for atom in monomial}

    def difference(self, one: Expr, other: Expr) -> Form:
        """The normal form of ``one - other``."""
        left, right = self.of([one, other])
        return self._minus(left, right)

    def _minus(self, left: Form, right: Form) -> Form:
        return self._sum([left, {monomial: -coefficient for monomial, coefficient in right.items()}])

    def _reduce(self, node: Basic) -> Form:
        if isinstance(node, Integer):
            return {(): int(node)} if node else {}
        if isinstance(node, Rational):
            return {(): Fraction(int(node.p), int(node.q))}
        if isinstance(node, Symbol):
            return self._atom(node, node)
        if isinstance(node, Add):
            return self._sum([self._forms[arg] for arg in node.args])
        if isinstance(node, Mul):
            return self._product([self._forms[arg] for arg in node.args])
        if isinstance(node, Pow) and isinstance(node.args[1], Integer):
            return self._power(node.args[0], int(node.args[1]))
        if node.is_Float or (node.is_number and not node.args and not node.is_NumberSymbol):
            raise NotExact(f"{node} is not an exact number: write it as a fraction")
        applied = inputs(node)
        name = node.args[: len(node.args) - len(applied)]
        return self._atom((node.func, name, tuple(frozenset(self._forms[arg].items()) for arg in applied)), node)

    def _atom(self, key: Hashable, node: Expr) -> Form:
        atom = self._atoms.setdefault(key, len(self._atoms))
        if atom == len(self._nodes):
            self._nodes.append(node)
        return {(atom,): 1}

    def _checked(self, form: Form) -> Form:
        if len(form) > self._limit:
            raise BudgetExceeded(f"a normal form has more than {self._limit:,} monomials")
        return form

    def _sum(self, forms: list[Form]) -> Form:
        total: Form = {}
        for form in forms:
            for monomial, coefficient in form.items():
                rest = total.get(monomial, 0) + coefficient
                if rest:
                    total[monomial] = rest
                else:
                    del total[monomial]
        return self._checked(total)

    def _product(self, forms: list[Form]) -> Form:
        total, *rest = forms or [{(): 1}]
        for form in rest:
            if len(total) * len(form) > 4 * self._limit:
                raise BudgetExceeded(f"a product would have more than {4 * self._limit:,} monomials")
            if len(form) == 1:
                ((right, q),) = form.items()
                total = {tuple(sorted(left + right)): p * q for left, p in total.items()}
                continue
            product: Form = {}
            for left, p in total.items():
                for right, q in form.items():
                    monomial = tuple(sorted(left + right))
                    product[monomial] = product.get(monomial, 0) + p * q
            total = {monomial: c for monomial, c in product.items() if c}
        return self._checked(total)

    def _power(self, node: Expr, exponent: int) -> Form:
        base = self._forms[node]
        if exponent >= 0:
            return self._product([base] * exponent)
        if not base:
            raise NotExact("a division by zero")
        if len(base) == 1 and () in base:
            return {(): Fraction(1) / (Fraction(base[()]) ** -exponent)}
        # The inverse is an atom of its own: a · 1/a is cancelled only where a ≠ 0 is stated.
        inverse = self._atom(("inverse", frozenset(base.items())), 1 / node)
        if self._divided:
            ((own,),) = inverse
            self._inverses[own] = base
        return self._product([inverse] * -exponent)

    def _vanishes(self, form: Form) -> bool:
        """Whether a form is 0 at every value of its symbols where nothing that is divided by is; False if too large."""
        try:
            # Times a as often as 1/a is a factor, the youngest first: what a is made of is older.
            while divided := {atom for monomial in form for atom in monomial if atom in self._inverses}:
                own = max(divided)
                most = max(monomial.count(own) for monomial in form)
                form = self._sum([self._times_divisor(own, most, *term) for term in form.items()])
        except BudgetExceeded:
            return False
        return not form

    def _times_divisor(self, own: int, most: int, monomial: Monomial, coefficient: int | Fraction) -> Form:
        left = {tuple(atom for atom in monomial if atom != own): coefficient}
        return self._product([left, *[self._inverses[own]] * (most - monomial.count(own))])
