"""``symbptt new``: a commented page to start from, which checks as it stands."""

from __future__ import annotations

import argparse
from pathlib import Path

from symbptt.commands.sources import kind_of
from symbptt.errors import OK, UsageError
from symbptt.files import write_whole

_STATE = r"h_t = \tanh(W h_{t-1} + U x_t)"
_JACOBIAN = r"\frac{\partial h_t}{\partial h_{t-1}} = \operatorname{diag}(1 - h_t^2) \, W"
_STEP = (
    r"\frac{d h_t}{d W} = \frac{\partial^+ h_t}{\partial W}"
    r" + \frac{\partial h_t}{\partial h_{t-1}} \frac{d h_{t-1}}{d W}"
)
_SLIP = r"\frac{\partial h_t}{\partial h_{t-1}} = W \operatorname{diag}(1 - h_t^2)"

_MARKDOWN = rf"""# A derivation

A definition says what a letter is. Letters that nothing defines get a role, which the report lists: $W$ and $U$ are
weights, $x_t$ is data.

$$
{_STATE}
$$

A claim is about what is defined. It is proved, refuted with the smallest example, or undecided with the reason. A
number behind it, or a tag, names its row.

$$
{_JACOBIAN} \tag{{1}}
$$

A plain $d$ is the total derivative, $\partial^+$ the immediate one, which holds earlier states fixed:

$$
{_STEP} \tag{{2}}
$$

A comment on the line before a display says what is expected of it, here that it is wrong:

<!-- symbptt: refuted, the factors stand in the wrong order -->
$$
{_SLIP} \tag{{3}}
$$
"""

_TEX = rf"""\documentclass{{article}}
\usepackage{{amsmath}}
\begin{{document}}

% A definition says what a letter is. Letters that nothing defines get a role, which the report lists.
The state is
\begin{{equation}}
  {_STATE}
\end{{equation}}
with weights $W$ and $U$ and data $x_t$.

% A claim is about what is defined. It is proved, refuted with the smallest example, or undecided with the reason.
One step back, its Jacobian is
\begin{{equation}}
  {_JACOBIAN} \tag{{1}}
\end{{equation}}

% A plain d is the total derivative, \partial^+ the immediate one, which holds earlier states fixed.
and one step of the gradient is
\begin{{equation}}
  {_STEP}. \tag{{2}}
\end{{equation}}

A slip that is often made:
% symbptt: refuted, the factors stand in the wrong order
\begin{{equation}}
  {_SLIP} \tag{{3}}
\end{{equation}}

\end{{document}}
"""

_SCRIPT = '''"""A derivation: `symbptt check` judges each claim below."""

from symbptt import Derivation, d, data, diag, function, hadamard, indices, ones, partial, sizes, state, weight

(t,) = indices("t")
n, D = sizes("n d")
h, x = state("h", n), data("x", D)
W, U, tanh = weight("W", n, n), weight("U", n, D), function("tanh")

page = Derivation("A derivation")

# A definition says what a state is at each step.
page.define("h", h[t], tanh(W @ h[t - 1] + U @ x[t]))

# A claim is judged: partial of one state in the one before is the Jacobian.
slope = diag(ones(h[t]) - hadamard(h[t], h[t]))
jacobian = page.claim("1", partial(h[t], h[t - 1]), slope @ W)

# d is the total derivative, partial in a weight the immediate one, which holds earlier states fixed.
page.claim("2", d(h[t], W), partial(h[t], W) + partial(h[t], h[t - 1]) @ d(h[t - 1], W))

# What is declared wrong has to be refuted.
page.misread("3", partial(h[t], h[t - 1]), W @ slope, of=jacobian, why="the factors stand in the wrong order")
'''

PAGES = {".md": _MARKDOWN, ".tex": _TEX, ".py": _SCRIPT}


def run_new(options: argparse.Namespace) -> int:
    """Write the page; returns the exit status. Raises :class:`UsageError` where a file is there already."""
    path: Path = options.path
    kind = kind_of(path, tuple(PAGES))
    if path.exists():
        raise UsageError(f"{path} is there already, and is left as it is: choose another name")
    write_whole(path, PAGES[kind])
    print(f"{path} is written; symbptt check {path} judges it")
    return OK
