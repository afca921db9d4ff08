"""The letters of a note, as the notation has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from symbptt.page.notation import Expr, Identity, Kind, Letter, Number, Shape
from symbptt.reader.customs import NAMED, PLAIN_FONTS
from symbptt.reader.letters import Key, Survey

BARE = Identity(Number.of(1))
"""The identity where nothing tells its size yet."""


@dataclass
class Alphabet:
    """The letters of a note, each with its kind and shape, made when it is first met."""

    survey: Survey
    kinds: Mapping[Key, Kind]
    shapes: Mapping[str, Shape]
    """By symbol. A function of its arguments as wholes has a shape, an entrywise one has none."""
    same: Mapping[Key, Key] = field(default_factory=dict)
    """Other spellings of a quantity, as o_t for ô_t."""
    meanings: dict[Key, Expr] = field(default_factory=dict)
    """What abbreviations stand for, at the index ``t`` where they have one: d h_t/d w for a_t."""
    named: Mapping[Key, str] = field(default_factory=dict)
    """The names of functions that the note says to be named ones: tanh, where it says so of φ."""
    star: str = ""
    """Where the note says that a star multiplies entry by entry; empty where it does not."""
    _known: int = -1
    _dressed: dict[Key, set[tuple[str, ...]]] = field(default_factory=dict)

    def symbol(self, key: Key) -> str:
        """Its name in the notation: without accents and fonts, where no other letter of the note has that name."""
        plain = Key(key.stem, (), key.label, key.whole)
        shared = bool(self._dresses().get(plain, set()) - {key.dressed})
        # tanh with an accent is another function than tanh.
        other_one = key.stem in NAMED and not set(key.dressed) <= set(PLAIN_FONTS)
        symbol = key.symbol if shared or other_one else plain.symbol
        # Beside a state h, h^{(2)} is not what h is at step 2.
        timed = key.label.isdecimal() and self.kinds.get(key._replace(label="")) in ("state", "data")
        return symbol.replace(f"_{key.label}", f"__{key.label}", 1) if timed else symbol

    def _dresses(self) -> Mapping[Key, set[tuple[str, ...]]]:
        """The accents and fonts that each plain name has in the note."""
        counted = len(self.kinds) + len(self.survey.functions)
        if self._known != counted:
            self._known = counted
            self._dressed = {}
            for other in (*self.kinds, *self.survey.functions):
                self._dressed.setdefault(other._replace(dressed=()), set()).add(other.dressed)
        return self._dressed

    def letter(self, key: Key, kind: Kind) -> Letter:
        """The letter of a name in one of its uses."""
        if kind == "function" and key in self.named:
            return Letter(self.named[key], "function", None, key.plain_latex, key.text)
        named = self.same.get(key, key) if kind != "function" else key
        symbol = self.symbol(named)
        if kind == "function" and self.kinds.get(key, "function") != "function":
            symbol = f"{symbol}_fn"  # the same name is a quantity too, as l is in l_t = l(y_t, o_t)
        latex, text = key.latex, key.text
        if symbol != self.symbol(key) and not latex:
            latex, text = key.plain_latex, key.text
        return Letter(symbol, kind, self.shapes.get(symbol), latex, text if text != symbol else "")

    def kind(self, key: Key) -> Kind | None:
        """What a name is where it is not applied."""
        return self.kinds.get(self.same.get(key, key))
