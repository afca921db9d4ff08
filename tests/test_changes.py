"""Sentences that change what the displays compute leave open what they change; those about what others do do not."""

from __future__ import annotations

import pytest

from symbptt.reader.changes import changed
from symbptt.reader.sayings import sentences
from tests.pages import as_note, words_of

MODEL = (r"h_t = \tanh(W h_{t-1} + U x_t)", r"o_t = V h_t", r"L = \sum_{t=1}^{T} \frac{1}{2} \|o_t - y_t\|^2")
LOSS = r"\frac{\partial L}{\partial o_t} = o_t - y_t"
STATE = r"\frac{\partial h_t}{\partial h_{t-1}} = \operatorname{diag}(1 - h_t^2) W"
READ_OUT = r"\frac{\partial o_t}{\partial h_t} = V"


def words(*displays: str, text: str) -> list[str]:
    """The verdicts on the claims among these displays."""
    return [word for word in words_of(as_note(*displays, text=text)) if word != "definition"]


@pytest.mark.parametrize(
    "said",
    [
        "The squared errors are divided by the number of steps.",
        "Costs of later steps are discounted.",
        "Every error is weighted by how sure the label is.",
        "Predictions are rounded to integers before they are scored.",
        "Half of the steps are left unscored.",
        "Steps without a label do not count.",
        "The objective has an entropy bonus besides.",
        "We penalise large states.",
        "The first steps are a warm-up and do not count.",
        "The outputs are centred before the loss is taken.",
        "Der Verlust wird über die Schritte gemittelt.",
        "La perte est moyennée sur les pas.",
        "La pérdida se promedia sobre los pasos.",
        "Потери усредняются по шагам.",
        "损失在时间上取平均。",
        "損失は時間で平均される。",
        "The errors are not propagated beyond the step they arise in.",
        "Backpropagation stops after two steps.",
        "We truncate the unrolling.",
    ],
)
def test_what_is_done_to_a_loss_leaves_open_what_is_derived_from_it(said: str) -> None:
    assert words(*MODEL, LOSS, STATE, text=said) == ["undecided", "proved"]


@pytest.mark.parametrize(
    "said",
    [
        "There is a shortcut from the input to the read-out.",
        "A quarter of the neurons are silenced at random.",
        "The entries of $W$ are clamped to the unit interval.",
        "Gaussian noise is added to each state.",
        "The weights are redrawn at each step.",
        "The matrices change at every step.",
        "$W$ is binarised whenever it is used.",
        "The cell has peephole connections.",
        "The recurrent matrix is kept orthogonal.",
        "The inputs are predicted by the network itself.",
        "Die Gewichte werden bei jeder Verwendung gerundet.",
        "Les poids sont arrondis.",
        "Los pesos se redondean.",
        "Веса округляются.",
        "权重被量化。",
        "重みは丸められる。",
    ],
)
def test_what_is_done_to_a_network_leaves_open_what_it_computes(said: str) -> None:
    assert words(*MODEL, LOSS, STATE, text=said)[1] == "undecided"


@pytest.mark.parametrize(
    "said",
    [
        "The weights are shared across time.",
        "We update the weights by gradient descent.",
        "Gradients may vanish or explode, and are often clipped.",
        "The loss is averaged over a minibatch in practice.",
        "The hidden state is updated at each time step.",
        "Dropout can be applied between the layers.",
        "The error is propagated backwards through the matrix.",
        "The error of each step is summed over all steps.",
        "The outputs are compared with the targets.",
        "Other authors add weight decay.",
        "The loss is not averaged.",
        "We do not round the weights.",
        "We clip the gradient.",
        "To avoid exploding gradients, they are clipped during training.",
        "Unlike residual networks, this one has no skip connections.",
        "No weight decay is used.",
        "The weights are not updated between the steps of a sequence.",
        "Truncated backpropagation is a popular approximation.",
        "The inputs are normalised beforehand.",
        "The bias terms are omitted for simplicity.",
        "At each step the network reads one input and writes one output.",
        "# Weight decay and skip connections",
        "Die Gewichte werden oft gerundet.",
        "On peut arrondir les poids.",
        "实践中损失常取平均。",
    ],
)
def test_what_others_do_or_what_may_be_done_changes_nothing(said: str) -> None:
    assert words(*MODEL, LOSS, STATE, text=said) == ["proved", "proved"]


def test_a_weight_that_is_named_is_the_one_that_is_changed() -> None:
    said = "$W$ is quantised before each product."
    claim = r"\frac{\partial L}{\partial V} = \sum_{t=1}^T (o_t - y_t) h_t^\top"
    assert words(*MODEL, claim, text=said) == ["undecided"]
    other = (r"s_t = A s_{t-1} + B u_t", r"\frac{\partial s_t}{\partial s_{t-1}} = A")
    assert words(*MODEL, *other, STATE, text=said) == ["proved", "undecided"]


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("The loss is averaged over the steps.", r"L = \frac{1}{T} \sum_{t=1}^T \|o_t - y_t\|^2"),
        ("We penalise large weights.", r"L = \sum_t e_t + \lambda \|V\|^2"),
        ("A leaky unit is used.", r"h_t = (1 - \alpha) h_{t-1} + \alpha \tanh(z_t)"),
        ("The padding is masked.", r"L = \sum_t m_t e_t"),
        ("The outputs are passed through a softmax.", r"p_t = \operatorname{softmax}(o_t)"),
    ],
)
def test_what_a_display_shows_is_taken_up(said: str, shown: str) -> None:
    (sentence,) = sentences(said)
    assert changed(sentence, shown) == ""
    assert changed(sentence, "h_t = W h_{t-1}") != ""


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ("Earlier papers set $h_0 = 0$; here it may be any vector.", "refuted"),
        ("In the literature, $h_0 = 0$.", "refuted"),
        ("We set $h_0 = 0$.", "proved"),
    ],
)
def test_what_others_set_is_not_set_here(said: str, word: str) -> None:
    assert words(*MODEL, r"h_1 = \tanh(U x_1)", text=said) == [word]


@pytest.mark.parametrize(
    "said", ["All sequences have length one.", "Every series is of length 1.", "Alle Folgen haben Länge eins."]
)
def test_one_step_may_be_said_in_words(said: str) -> None:
    claim = r"\frac{\partial L}{\partial V} = (o_1 - y_1) h_1^\top"
    assert words(*MODEL, claim, text=said) == ["proved"]
    assert words(*MODEL, claim, text="No sequence has length one.") == ["refuted"]
    assert words(*MODEL, claim.replace("o_1 -", "o_1 +"), text=said) == ["refuted"]
