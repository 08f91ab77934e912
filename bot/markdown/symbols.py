"""Unicode for LaTeX macros: the table of pylatexenc, and further macros that models use."""

from functools import cache
from typing import Any
from unicodedata import lookup

from pylatexenc.latex2text import get_default_latex_context_db


def words(text: str) -> list[str]:
    """Split a list of words that is written as one string."""
    return text.split()


FUNCTIONS = frozenset(
    words(
        "arccos arcsin arctan arg cos cosh cot coth csc deg det dim exp gcd hom inf ker lg lim liminf limsup ln log "
        "max min mod Pr sec sin sinh sup tan tanh"
    )
)

ACCENTS = {
    "hat": "\u0302",
    "widehat": "\u0302",
    "check": "\u030c",
    "tilde": "\u0303",
    "widetilde": "\u0303",
    "acute": "\u0301",
    "grave": "\u0300",
    "dot": "\u0307",
    "ddot": "\u0308",
    "breve": "\u0306",
    "bar": "\u0304",
    "overline": "\u0305",
    "underline": "\u0332",
    "vec": "\u20d7",
    "overrightarrow": "\u20d7",
}

ALPHABETS = {"mathbb": "DOUBLE-STRUCK", "mathcal": "SCRIPT", "mathscr": "SCRIPT", "mathfrak": "FRAKTUR"}

LAYOUT_MACROS = frozenset(
    words(
        "left right big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr Biggl Biggr middle displaystyle textstyle ! "
        "scriptstyle limits nolimits nonumber notag hline mathopen mathclose mathrel mathbin mathop mathord rm bf it"
    )
)
"""Macros that only affect the layout."""

_SYMBOL_PAIRS = words(
    r"implies ⟹ iff ⟺ ne ≠ degree ° Re ℜ Im ℑ triangle △ land ∧ lor ∨ neg ¬ lnot ¬ bot ⊥ models ⊨ coloneqq ≔ colon : "
    r"bmod mod prime ′ checkmark ✓ gets ← owns ∋ Box □ qed ∎ dotsc … dotsb ⋯ dotsm ⋯ dotsi ⋯ lbrace { rbrace } circ ∘ "
    r"lbrack [ rbrack ] % % | ‖ rightleftharpoons ⇌ longleftrightarrow ⟷ epsilon ε ast * sim ~ backslash \ And & R ℝ "
    r"complement ∁ wp ℘ blacksquare ■ bigstar ★ euro € pounds £ infin ∞ N ℕ Z ℤ dag † lparen ( rparen ) varnothing ∅"
)
SYMBOLS = dict(zip(_SYMBOL_PAIRS[::2], _SYMBOL_PAIRS[1::2], strict=True))
"""Symbols that the table of pylatexenc lacks, or has in a less readable form."""

_SPACES = {
    **dict.fromkeys([" ", ",", ";", ":", ">", "~", "\n", *words("thinspace enspace space")], " "),
    **dict.fromkeys(words("quad qquad"), "    "),
}
_DIGITS = words("ZERO ONE TWO THREE FOUR FIVE SIX SEVEN EIGHT NINE")


def symbol_of(macro: str) -> str | None:
    """Return the symbol or the function name that a macro stands for, None if it has none."""
    if macro in SYMBOLS or macro in _SPACES:
        return SYMBOLS.get(macro) or _SPACES[macro]
    if macro in FUNCTIONS:
        return macro
    spec = _pylatexenc_table().get_macro_spec(macro) if macro else None
    replacement = getattr(spec, "simplify_repl", None)
    return replacement if isinstance(replacement, str) and replacement and "%" not in replacement else None


@cache
def _pylatexenc_table() -> Any:
    return get_default_latex_context_db()


def in_alphabet(alphabet: str, text: str) -> str:
    """Return the text in a mathematical alphabet, as ℝ, 𝓛 or 𝔤; characters that it lacks are unchanged."""
    return "".join(_styled(ALPHABETS[alphabet], letter) for letter in text)


def _styled(style: str, letter: str) -> str:
    if not (letter.isascii() and letter.isalnum()):
        return letter
    category = "DIGIT" if letter.isdigit() else "CAPITAL" if letter.isupper() else "SMALL"
    name = _DIGITS[int(letter)] if letter.isdigit() else letter.upper()
    for prefix in (style, f"MATHEMATICAL {style}", "BLACK-LETTER" if style == "FRAKTUR" else style):
        try:
            return lookup(f"{prefix} {category} {name}")
        except KeyError:
            continue
    return letter
