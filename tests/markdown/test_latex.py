"""LaTeX becomes Unicode, or stays source."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.markdown.latex import to_unicode
from tests.markdown.corpus.formulas import FORMULAS, MATRICES


@pytest.mark.parametrize(("tex", "line"), FORMULAS.items())
def test_a_formula_becomes_a_line_or_stays_source(tex: str, line: str) -> None:
    assert to_unicode(tex) == ([line] if line else None)


@pytest.mark.parametrize(("tex", "lines"), MATRICES.items())
def test_a_matrix_becomes_a_box(tex: str, lines: list[str]) -> None:
    assert to_unicode(tex) == lines


@given(st.lists(st.sampled_from([*r"\{}[]^_&$%#'~|x1 +", r"\frac", r"\sqrt", r"\\", r"\begin{cases}", r"\left"])))
def test_no_formula_raises(parts: list[str]) -> None:
    lines = to_unicode("".join(parts))
    assert lines is None or all(isinstance(line, str) for line in lines)


@pytest.mark.parametrize("tex", ["{" * 900 + "}" * 900, "x" * 5_000, "", " ", r"\frac", "^", "a_", r"\begin{pmatrix}"])
def test_invalid_formulas_stay_source(tex: str) -> None:
    assert to_unicode(tex) is None
