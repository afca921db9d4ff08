"""Derived gradients as code: right by complex step for every cell, in batches, in the shapes of the weights."""

from __future__ import annotations

import ast
import functools
import pickle
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from symbptt import Derivation, Equation, derive
from symbptt.emit.emission import Emitted, emit_passes, to_numpy
from symbptt.errors import Undecided, UsageError
from symbptt.verdicts import Row, Scope
from tests.commands import run_here
from tests.pages import as_note
from tests.test_derive import CELLS, LOSS, derived
from tests.test_emission import BACKWARDS, LOGISTIC

STEPS, EXAMPLES = 4, 3
WITHOUT = {"any step": "is an arbitrary function: nothing says how it is computed", "rows": "is a matrix at each step"}
"""The cells that there is no code for, and why."""
MORE = {
    "a number for each example": (
        (r"s_t = \sigma(v^\top h_{t-1})", r"h_t = s_t (W h_{t-1} + U x_t)", LOSS),
        r"where $v$ is a weight and $\sigma$ is the logistic function.",
    ),
    "differences": (
        (
            r"h_t = \operatorname{relu}(W h_{t-1} + U x_t + V x_{t-1} + b)",
            r"L = \frac1T \sum_{t=1}^T t \| h_t - h_{t-1} \|^2 + \| h_T \|^2",
        ),
        "",
    ),
    "a loss for each step": (
        (r"h_t = \tanh(W h_{t-1} + U x_t)", r"\ell_t = \ell(h_t, y_t)", r"L = \sum_{t=1}^T \ell_t"),
        "",
    ),
    "long": (
        (
            r"h_t = \tanh(A h_{t-1} + B x_t)",
            r"m_t = C h_{t-1} + D m_{t-1} + E x_t + F x_{t-1} + h_t \odot m_{t-1} + h_{t-1} \odot m_{t-1} + b",
            r"L = \sum_{t=1}^T \ell(m_t, y_t)",
        ),
        "",
    ),
}
CODED = [name for name in CELLS if name not in WITHOUT] + [*MORE]


@functools.cache
def written(name: str) -> Emitted:
    """The code of a cell, written once in a process."""
    if name in MORE:
        displays, text = MORE[name]
        return derive(as_note(*displays, text=text)).to_numpy()
    return derived(name).to_numpy(activation="tanh")


def arguments(module: Emitted, seed: int = 0) -> tuple[dict[str, Any], list[Any]]:
    """Weights and what stands beside them, in the shapes that the module's docstring says."""
    draw = np.random.default_rng(seed)
    sizes: dict[str, int] = {"steps": STEPS, "examples": EXAMPLES, "1": 1}
    found: dict[str, dict[str, Any]] = {"weights": {}, "beside": {}}
    part = ""
    for line in (module.__doc__ or "").splitlines():
        part = next((name for name in found if line.startswith(name)), part)
        shown = re.match(r"    (\w+): \(([^)]*)\)", line)
        if shown:
            dims = [dim.strip() for dim in shown[2].split(",") if dim.strip()]
            sizes.setdefault("steps + 1", STEPS + 1)
            shape = [sizes.setdefault(dim, 2 + len(sizes) % 3) for dim in dims]
            found[part][shown[1]] = np.asarray(draw.normal(size=shape))
    return found["weights"], list(found["beside"].values())


def differentiated(module: Emitted, weights: Mapping[str, Any], beside: list[Any]) -> dict[str, Any]:
    """The gradients by complex step of the pass forward, which knows nothing of the pass backward."""
    found = {}
    for name, value in weights.items():
        found[name] = np.zeros_like(value)
        for entry in np.ndindex(*value.shape):
            moved = np.array(value, dtype=np.complex128)
            moved[entry] += 1e-30j
            loss, _ = module.forward({**weights, name: moved}, *beside)
            found[name][entry] = loss.imag / 1e-30  # type: ignore[attr-defined]
    return found


@pytest.mark.parametrize("name", CODED)
def test_every_gradient_agrees_with_complex_step_in_the_shape_of_its_weight(name: str) -> None:
    module = written(name)
    weights, beside = arguments(module)
    _, gradients = module.value_and_gradients(weights, *beside)
    expected = differentiated(module, weights, beside)
    assert set(gradients) == set(expected)
    assert len(gradients) >= 2
    for weight, right in expected.items():
        assert gradients[weight].shape == right.shape
        assert np.linalg.norm(gradients[weight] - right) <= 1e-12 * np.linalg.norm(right), weight
        assert np.linalg.norm(right) > 0


def scanned(step: Any, carry: Any, given: Any, *, reverse: bool = False) -> Any:
    """As ``jax.lax.scan`` does: whole arrays go in and come out, and what goes round keeps its shapes and types."""
    stacked = [np.asarray(one) for one in given]
    made = []
    for k in range(len(stacked[0]))[:: -1 if reverse else 1]:
        before = [(value.shape, value.dtype) for value in carry]
        carry, kept = step(carry, tuple(one[k] for one in stacked))
        assert [(value.shape, value.dtype) for value in carry] == before
        made.append(kept)
    return carry, tuple(np.stack(one) for one in zip(*made[:: -1 if reverse else 1], strict=True))


@pytest.mark.parametrize("name", CODED)
def test_a_scan_may_run_the_steps(name: str) -> None:
    module: Any = written(name)
    weights, beside = arguments(module)
    loss, expected = module.value_and_gradients(weights, *beside)
    again, found = module.value_and_gradients(weights, *beside, scan=scanned)
    assert loss == again
    assert {weight: value.tolist() for weight, value in found.items()} == {
        weight: value.tolist() for weight, value in expected.items()
    }


def test_a_product_is_not_computed_twice() -> None:
    assert written("gated").source.count("@ U\n") == 1
    assert written("peepholes").source.count("xp.tanh(c)") == 1


def test_what_is_the_same_for_every_example_stands_in_no_product_that_is_summed_over_them() -> None:
    # A number of each example goes into the column that stands beside a row, and not behind the sum.
    assert "(s * delta_h).T @ h_before" in written("a number for each example").source
    made = derive(as_note(r"h_t = \tanh(W h_{t-1} + U x_t)", r"L = \sum_{t=1}^T h_t^\top h_t \, (v^\top W v)"))
    with pytest.raises(Undecided, match="has a factor that is the same for every example"):
        made.to_numpy()


def test_a_batch_is_the_sum_of_its_examples() -> None:
    module = written("peepholes")
    weights, beside = arguments(module)
    loss, whole = module.value_and_gradients(weights, *beside)
    alone = [
        module.value_and_gradients(weights, *(given[..., k : k + 1, :] for given in beside)) for k in range(EXAMPLES)
    ]
    np.testing.assert_allclose(sum(one for one, _ in alone), loss, rtol=1e-12)
    for weight, value in whole.items():
        np.testing.assert_allclose(sum(one[weight] for _, one in alone), value, rtol=1e-10, atol=1e-14)


def test_single_precision_stays_single() -> None:
    module = written("gated")
    weights, beside = arguments(module)
    small = {name: value.astype(np.float32) for name, value in weights.items()}
    _, gradients = module.value_and_gradients(small, *(given.astype(np.float32) for given in beside))
    assert {value.dtype for value in gradients.values()} == {np.dtype(np.float32)}


def test_data_may_be_whole_numbers_and_a_weight_a_number_of_python() -> None:
    module = written("leaky")
    weights, (x, y, h_0) = arguments(module)
    whole = [np.ones_like(x, dtype=int), np.ones_like(y, dtype=int), h_0]
    _, expected = module.value_and_gradients(weights, *(given.astype(float) for given in whole))
    _, found = module.value_and_gradients({**weights, "alpha": float(weights["alpha"])}, *whole)
    for weight, value in expected.items():
        np.testing.assert_array_equal(found[weight], value)
    assert found["b"].dtype == np.float64


def test_nothing_is_written_into_an_array_and_nothing_is_imported() -> None:
    checked = 0
    for name in CODED:
        for node in ast.walk(ast.parse(written(name).source)):
            assert not isinstance(node, ast.Import)
            if isinstance(node, (ast.Assign, ast.AugAssign)):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                for target in targets:
                    checked += 1
                    # States and gradients of one step are kept under its number, in a dictionary.
                    assert isinstance(target, (ast.Name, ast.Tuple)) or ast.unparse(target).endswith("[t]"), name
    assert checked > 100


@pytest.mark.parametrize("name", CODED)
def test_no_line_is_long_and_no_name_is_given_that_nothing_asks_for(name: str) -> None:
    source = written(name).source
    assert max(map(len, source.splitlines())) <= 120
    for function in (one for one in ast.parse(source).body if isinstance(one, ast.FunctionDef)):
        names = [node for node in ast.walk(function) if isinstance(node, ast.Name)]
        given = {node.id for node in names if isinstance(node.ctx, ast.Store)}
        assert given - {"_", "made"} - {node.id for node in names if isinstance(node.ctx, ast.Load)} == set(), (
            function.name
        )


def test_a_long_sum_stands_on_several_lines() -> None:
    source = written("long").source
    assert re.search(r"\w+ = \(\n +.*\n( +[+-] .*\n)+ +\)\n", source)


@pytest.mark.parametrize("name", WITHOUT)
def test_what_has_no_code_says_why(name: str) -> None:
    with pytest.raises(Undecided, match=re.escape(WITHOUT[name])):
        derived(name).to_numpy()


def test_an_arbitrary_function_has_to_be_named() -> None:
    with pytest.raises(Undecided, match="phi may be any function: say which, with --activation"):
        derived("mean").to_numpy()


def test_sigma_is_the_logistic_function_by_custom_and_not_where_words_say_otherwise() -> None:
    displays = (r"h_t = \sigma(W h_{t-1} + U x_t)", LOSS)
    module = derive(as_note(*displays)).to_numpy()
    weights, beside = arguments(module)
    states: Any = module.forward(weights, *beside)[1]  # type: ignore[index]
    expected = 1 / (1 + np.exp(-(beside[0][0] @ weights["U"].T + beside[2] @ weights["W"].T)))
    np.testing.assert_allclose(states["h"][0], expected, rtol=1e-14)
    with pytest.raises(Undecided, match="sigma may be any function"):
        derive(as_note(*displays, text=r"where $\sigma$ is any differentiable function.")).to_numpy()


def test_gradients_as_rows_are_no_code() -> None:
    displays, text = CELLS["simple"]
    with pytest.raises(UsageError, match="in the shape of their weights"):
        derive(as_note(*displays, text=text), layout="numerator").to_numpy()


def test_a_loss_with_a_term_that_no_example_has_is_refused() -> None:
    made = derive(as_note(r"h_t = \tanh(W h_{t-1} + U x_t)", LOSS + r" + v^\top v"))
    with pytest.raises(Undecided, match="is the same for every example"):
        made.to_numpy()


def up_to_five(row: Row) -> Row:
    """A row that is proved for five steps and no more."""
    assert row.verdict is not None
    assert row.verdict.scope is not None
    return replace(row, verdict=replace(row.verdict, scope=replace(row.verdict.scope, steps="1..5")))


def test_steps_that_nothing_is_proved_for_are_refused() -> None:
    # As where a gradient is proved by unrolling alone.
    made = derived("last")
    module = replace(made, rows=tuple(map(up_to_five, made.rows))).to_numpy(activation="tanh")
    weights, beside = arguments(module)
    longer = [np.concatenate([given, given]) if len(given) == STEPS else given for given in beside]
    with pytest.raises(ValueError, match="it is proved for 1 to 5 steps, not for 8"):
        module.value_and_gradients(weights, *longer)


def test_data_of_another_length_or_without_examples_is_refused() -> None:
    module = written("simple")
    weights, (x, y, h_0) = arguments(module)
    with pytest.raises(ValueError, match="y has 3 steps, expected 4"):
        module.value_and_gradients(weights, x, y[1:], h_0)
    with pytest.raises(ValueError, match=r"x has shape \(4, \d\): expected \(steps, examples, entries\)"):
        module.value_and_gradients(weights, x[:, 0], y, h_0)


def test_what_is_written_is_pickled_with_its_functions() -> None:
    module = pickle.loads(pickle.dumps(written("simple")))
    assert module.source == written("simple").source
    assert callable(module.backward)


def test_the_command_writes_the_module(tmp_path: Path) -> None:
    displays, text = CELLS["mean"]
    (tmp_path / "cell.md").write_text("\n\n".join([*(f"$$\n{one}\n$$" for one in displays), text]))
    done = run_here("derive", "cell.md", "-o", "cell_pass.py", "--activation", "tanh", "--jobs", "1", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    made, expected = (tmp_path / "cell_pass.py").read_text(), written("mean").source
    # The first line has the title, which is the name of the file here.
    assert made.splitlines()[1:] == expected.splitlines()[1:]


class TestPassesByHand:
    """A pass backward that somebody wrote down and that is proved is written as a derived one is."""

    @staticmethod
    def stated(*displays: str) -> tuple[Derivation, list[Equation]]:
        """The page of a note, and the gradients in weights that it claims."""
        read = as_note(*displays, text=LOGISTIC)
        assert read.vectors is not None
        links = [row.links[0].vectors for row in read.rows if row.links]
        return read.vectors, [one for one in links if one is not None and one.kind == "claim"]

    TWICE = (
        r"z_t = W h_{t-1} + V z_{t-1} + U x_t",
        r"h_t = \tanh(z_t)",
        r"L = \sum_{t=1}^T \ell(h_t, y_t)",
        r"\delta_T = (1 - h_T^2) \odot \nabla_{h_T} \ell(h_T, y_T)",
        r"\delta_t = (1 - h_t^2) \odot (\nabla_{h_t} \ell(h_t, y_t) + W^\top \delta_{t+1})"
        r" + V^\top \delta_{t+1} \quad (t < T)",
        r"\nabla_V L = \sum_{t=1}^T \delta_t z_{t-1}^\top",
    )

    @pytest.mark.parametrize("displays", [*BACKWARDS, TWICE])
    def test_its_gradients_agree_with_complex_step(self, displays: tuple[str, ...]) -> None:
        page, claims = self.stated(*displays)
        module = to_numpy(page, claims)
        weights, beside = arguments(module)
        _, found = module.value_and_gradients(weights, *beside)
        expected = differentiated(module, weights, beside)
        assert len(found) == len(claims) == 1
        for weight, value in found.items():
            assert np.linalg.norm(value - expected[weight]) <= 1e-12 * np.linalg.norm(expected[weight])

    def test_what_is_not_proved_or_no_gradient_in_the_shape_of_a_weight_is_not_written(self) -> None:
        page, claims = self.stated(*BACKWARDS[0][:-1], BACKWARDS[0][-1].replace(r"\sum_{t=1}", r"\sum_{t=2}"))
        with pytest.raises(UsageError, match="is refuted: only what is proved is emitted"):
            to_numpy(page, claims)
        rows = derive(as_note(*CELLS["simple"][0]), layout="numerator")
        gradients = [one for one in rows if one.kind == "claim" and one.weights]
        with pytest.raises(UsageError, match="is no gradient in the shape of a weight"):
            emit_passes(rows.page, [(gradients[0], None)], "tanh")
        made = derived("simple")
        (gradient, *_) = [one for one in made if one.kind == "claim" and one.weights]
        with pytest.raises(UsageError, match="is proved for n = 2 alone"):
            emit_passes(made.page, [(gradient, Scope("any", {"n": 2}, "all"))], "tanh")

    def test_a_last_step_that_is_none_of_the_recursion_has_no_code(self) -> None:
        # Nothing is judged here: the code of what is false is refused by what it would have to compute.
        for right in (r"2 (1 - h_T^2) \odot \nabla_{h_T} \ell(h_T)", r"\nabla_{h_T} \ell(h_T)"):
            page, claims = self.stated(*BACKWARDS[0][:2], rf"\delta_T = {right}", *BACKWARDS[0][3:])
            with pytest.raises(Undecided, match="is something else at the last step"):
                emit_passes(page, [(claims[-1], None)], "tanh")

    def test_the_command_writes_several_gradients_as_one_module(self, tmp_path: Path) -> None:
        shown = [*BACKWARDS[0], r"\nabla_U L = \sum_{t=1}^T \delta_t x_t^\top"]
        note = "\n\n".join(f"$$ {one} \\tag{{{place}}} $$" for place, one in enumerate(shown, 1))
        (tmp_path / "hand.md").write_text(note)
        tags = ("--tag", "5", "--tag", "6")
        done = run_here("numeric", "hand.md", *tags, "--emit", "hand.py", "--jobs", "1", cwd=tmp_path)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        module = Emitted((tmp_path / "hand.py").read_text())
        weights, beside = arguments(module)
        _, found = module.value_and_gradients(weights, *beside)
        for weight, value in differentiated(module, weights, beside).items():
            np.testing.assert_allclose(found[weight], value, rtol=1e-11, atol=1e-14)
        done = run_here("numeric", "hand.md", "--emit", "all.py", "--jobs", "1", cwd=tmp_path)
        assert "--emit writes one claim, but these are chosen: 5, 6" in done.stderr


class TestOtherLibraries:
    """Arrays of each library go in and come out, and its own reverse mode finds the same gradients."""

    CELLS = ("gated", "peepholes", "softmax", "differences")

    @staticmethod
    def compared(given: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
        assert set(given) == set(expected)
        for weight, right in expected.items():
            left = np.asarray(given[weight])
            assert left.shape == np.shape(right)
            assert np.linalg.norm(left - np.asarray(right)) <= 1e-12 * np.linalg.norm(np.asarray(right)), weight

    @pytest.mark.parametrize("name", CELLS)
    def test_the_standard_alone_is_used(self, name: str) -> None:
        strict = pytest.importorskip("array_api_strict", reason="array_api_strict is not installed")
        module: Any = written(name)
        weights, beside = arguments(module)
        _, expected = module.value_and_gradients(weights, *beside)
        loss, found = module.value_and_gradients(
            {weight: strict.asarray(value) for weight, value in weights.items()}, *map(strict.asarray, beside)
        )
        assert type(loss).__module__.startswith("array_api_strict")
        self.compared({weight: np.from_dlpack(value) for weight, value in found.items()}, expected)

    @pytest.mark.parametrize("name", CELLS)
    def test_jax_compiles_it_and_its_gradients_are_the_same(self, name: str) -> None:
        jax = pytest.importorskip("jax", reason="JAX is not installed")
        module: Any = written(name)
        weights, beside = arguments(module)
        with jax.enable_x64(True):
            _, found = jax.jit(functools.partial(module.value_and_gradients, scan=jax.lax.scan))(weights, *beside)
            _, unrolled = jax.jit(module.value_and_gradients)(weights, *beside)
            expected = jax.jit(jax.grad(lambda weights: module.forward(weights, *beside)[0]))(weights)
            assert all(isinstance(value, jax.Array) for value in found.values())
            self.compared(found, expected)
            self.compared(unrolled, expected)

    @pytest.mark.parametrize("name", CELLS)
    def test_pytorch_differentiates_the_pass_forward_to_the_same(self, name: str) -> None:
        torch = pytest.importorskip("torch", reason="PyTorch is not installed")
        pytest.importorskip("array_api_compat", reason="array_api_compat is not installed")
        module: Any = written(name)
        plain, data = arguments(module)
        weights = {weight: torch.tensor(value, requires_grad=True) for weight, value in plain.items()}
        beside = [torch.tensor(value) for value in data]
        loss, _ = module.forward(weights, *beside)
        expected = dict(zip(weights, torch.autograd.grad(loss, list(weights.values())), strict=True))
        with torch.no_grad():
            _, found = module.value_and_gradients(weights, *beside)
        assert all(isinstance(value, torch.Tensor) for value in found.values())
        self.compared(found, expected)
