"""Superscript and subscript characters, and escaping for Discord."""

import regex

_SUPERSCRIPT = dict(
    zip(
        "0123456789+-=()abcdefghijklmnoprstuvwxyzABDEGHIJKLMNOPRTUVWαβγδεθιφχ′*∗",
        "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂᵅᵝᵞᵟᵋᶿᶥᵠᵡ′*∗",
        strict=True,
    )
) | {"−": "⁻", "∘": "°", "⊤": "ᵀ", "†": "†"}
_SUBSCRIPT = dict(
    zip("0123456789+-=()aehijklmnoprstuvxβγρφχ", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ", strict=True)
) | {
    "−": "₋",
}
_SPECIAL = regex.compile(r"[\\`*_~|]|<(?=[@#:/A-Za-z])|\[(?=[^\]]*+\]\()|^[>#]")


def superscript(text: str) -> str | None:
    """Return the text in superscript characters, None if Unicode lacks one of them."""
    return _translate(text, _SUPERSCRIPT)


def subscript(text: str) -> str | None:
    """Return the text in subscript characters, None if Unicode lacks one of them."""
    return _translate(text, _SUBSCRIPT)


def _translate(text: str, table: dict[str, str]) -> str | None:
    return "".join(table[character] for character in text) if text and all(map(table.__contains__, text)) else None


def escape(text: str) -> str:
    """Escape the text so that Discord shows it literally."""
    return _SPECIAL.sub(r"\\\g<0>", text)
