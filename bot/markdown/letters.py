"""Raised and lowered letters of Unicode, and escaping for Discord."""

import regex

_RAISED = dict(
    zip(
        "0123456789+-=()abcdefghijklmnoprstuvwxyzABDEGHIJKLMNOPRTUVWαβγδεθιφχ′*∗",
        "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂᵅᵝᵞᵟᵋᶿᶥᵠᵡ′*∗",
        strict=True,
    )
) | {"−": "⁻", "∘": "°", "⊤": "ᵀ", "†": "†"}
_LOWERED = dict(zip("0123456789+-=()aehijklmnoprstuvxβγρφχ", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ", strict=True)) | {
    "−": "₋",
}
_MARKS = regex.compile(r"[\\`*_~|]|<(?=[@#:/A-Za-z])|\[(?=[^\]]*+\]\()|^[>#]")


def raised(text: str) -> str | None:
    """As superscript, or None where Unicode has no letters for it."""
    return _in_letters(text, _RAISED)


def lowered(text: str) -> str | None:
    """As subscript, or None where Unicode has no letters for it."""
    return _in_letters(text, _LOWERED)


def _in_letters(text: str, letters: dict[str, str]) -> str | None:
    return "".join(letters[letter] for letter in text) if text and all(letter in letters for letter in text) else None


def escaped(text: str) -> str:
    """So that Discord shows these characters and no formatting."""
    return _MARKS.sub(r"\\\g<0>", text)
