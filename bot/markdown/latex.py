"""LaTeX as Unicode, as far as Unicode goes: a formula becomes a line, a matrix or a system of equations several.

The parser is pylatexenc's; what it finds is set in boxes of text, side by side with their middles on one line, as in
books. What has no form in Unicode raises `Unreadable` inside and is None outside; it is shown as source then.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import regex
from pylatexenc.latexwalker import (
    LatexCharsNode,
    LatexCommentNode,
    LatexEnvironmentNode,
    LatexGroupNode,
    LatexMacroNode,
    LatexWalker,
    LatexWalkerError,
)
from pylatexenc.macrospec import EnvironmentSpec, LatexContextDb, MacroSpec

from bot.markdown.boxes import BRACKETS, Box, Unreadable, beside, bracketed, table
from bot.markdown.letters import lowered, raised
from bot.markdown.symbols import ACCENTS, ALPHABETS, SILENT, in_alphabet, symbol_of, words

_APART = "\ue000"
"""Stands around fractions, and becomes a space where letters or digits are its neighbours."""

_ALONE = regex.compile(
    r"[0-9.,]+|[∂Δδd]?[0-9]*\p{L}\p{M}*[′!\p{No}\p{Lm}₊₋⁺⁻]*|\p{L}+|\p{L}*\([^()]*\)|√\w+|∞|[0-9]+!", regex.VERSION1
)
_VULGAR = {"1/2": "½", "1/3": "⅓", "2/3": "⅔", "1/4": "¼", "3/4": "¾", "1/5": "⅕", "1/6": "⅙", "1/8": "⅛"}

_DEEPEST = 30
_LONGEST = 2_000

_TABULAR = frozenset({"matrix", "smallmatrix", "array", *BRACKETS})
_EQUATIONS = frozenset(words("equation align aligned alignat gather gathered split multline eqnarray displaymath math"))

_ONE = "text textrm textnormal textup mathrm mathbf mathit mathsf mathtt boldsymbol bm mbox hbox operatorname boxed"
_ARGUMENTS = {
    **dict.fromkeys(words(_ONE), "{"),
    **dict.fromkeys(words("textbf textit emph texttt textsf underbrace overbrace cancel substack tag label"), "{"),
    **dict.fromkeys(words("ce hspace vspace phantom vphantom hphantom color pmod not pod"), "{"),
    **dict.fromkeys(words("frac dfrac tfrac cfrac binom dbinom tbinom overset underset stackrel textcolor"), "{{"),
    **dict.fromkeys([*ACCENTS, *ALPHABETS], "{"),
    "sqrt": "[{",
    "\\": "*[",
    "operatorname": "*{",
    "xrightarrow": "[{",
    "xleftarrow": "[{",
}
_UNSEEN = frozenset(words("label hspace vspace phantom vphantom hphantom color"))


def readable(tex: str) -> list[str] | None:
    """The formula as lines of Unicode, one unless it holds a matrix or several equations; None where it has no form."""
    if not tex.strip() or len(tex) > _LONGEST or _depth(tex) > _DEEPEST:
        return None
    try:
        nodes, _, _ = LatexWalker(tex.strip(), latex_context=_context(), tolerant_parsing=False).get_latex_nodes()
        rows = _rows(nodes)
        box = _equations(rows) if len(rows) > 1 else _set(nodes)
    except (Unreadable, LatexWalkerError):
        return None
    return [_spaced(box.line)] if len(box.lines) == 1 else [line.rstrip() for line in box.lines]


def _depth(tex: str) -> int:
    deepest = depth = 0
    for mark in regex.findall(r"[{}]|\\begin|\\end", tex):
        depth += 1 if mark in ("{", r"\begin") else -1
        deepest = max(deepest, depth)
    return deepest


@cache
def _context() -> LatexContextDb:
    context = LatexContextDb()
    macros = [MacroSpec(name, arguments) for name, arguments in _ARGUMENTS.items()]
    environments = [EnvironmentSpec("array", "[{"), EnvironmentSpec("alignat", "{")]
    context.add_context_category("ours", macros=macros, environments=environments, specials=[])
    context.set_unknown_macro_spec(MacroSpec(""))
    context.set_unknown_environment_spec(EnvironmentSpec(""))
    return context


def _set(nodes: Sequence[Any]) -> Box:
    """Set nodes side by side, raising and lowering what stands behind `^` and `_`."""
    boxes: list[Box] = []
    rest = _atoms(nodes)
    for atom in rest:
        if isinstance(atom, str) and atom in "^_":
            boxes.append(Box((_script(atom, _argument(rest)),)))
        else:
            boxes.append(_set_atom(atom))
    return beside(boxes)


def _atoms(nodes: Sequence[Any]) -> Iterator[Any]:
    """Characters one by one, and what else there is."""
    for node in nodes:
        if isinstance(node, LatexCharsNode):
            yield from regex.sub(r"\s+", " ", node.chars)
        elif node is not None and not isinstance(node, LatexCommentNode):
            yield node


def _argument(rest: Iterator[Any]) -> str:
    atom = next((atom for atom in rest if not _is(atom, " ")), None)
    if atom is None:
        raise Unreadable
    return _set_atom(atom).line.strip()


def _script(mark: str, text: str) -> str:
    compact = regex.sub(r" ?([^\w\s]) ?", r"\1", text).replace(_APART, "")
    letters = raised(compact) if mark == "^" else lowered(compact)
    return letters or (f"{mark}{compact}" if len(compact) == 1 else f"{mark}({compact})")


def _set_atom(atom: Any) -> Box:
    if isinstance(atom, str):
        if atom in "&#$":
            raise Unreadable
        return Box(({"~": " ", "'": "′", "-": "−", "*": "∗"}.get(atom, atom),))
    if isinstance(atom, LatexGroupNode):
        inner = _set(atom.nodelist)
        return inner if atom.delimiters[0] == "{" else Box((f"{atom.delimiters[0]}{inner.line}{atom.delimiters[1]}",))
    if isinstance(atom, LatexMacroNode):
        return _set_macro(atom)
    if isinstance(atom, LatexEnvironmentNode):
        return _set_environment(atom)
    raise Unreadable


def _set_macro(macro: Any) -> Box:
    name = macro.macroname
    given = [node for node in (macro.nodeargd.argnlist if macro.nodeargd else None) or [] if node is not None]
    if name in SILENT or name in _UNSEEN:
        return Box(("",))
    if name in ("text", "mbox", "hbox") or (name.startswith("text") and len(given) == 1):
        return Box((_verbatim(given[0]),))
    if not given:
        return _set_symbol(name, " " if macro.macro_post_space else "")
    *optional, last = [_set(_inside(node)) for node in given]
    if name in (
        "boldsymbol",
        "mathbf",
        "mathrm",
        "mathit",
        "boxed",
        "bm",
        "mathsf",
        "mathtt",
        "operatorname",
        "textcolor",
    ):
        return last
    return Box((_with_arguments(name, [box.line.strip() for box in optional], last.line.strip()),))


def _set_symbol(name: str, space: str) -> Box:
    symbol = symbol_of(name)
    if symbol is None:
        raise Unreadable
    return Box((symbol if symbol in "∂¬∀∃√" else symbol + space,))


def _inside(node: Any) -> Sequence[Any]:
    return node.nodelist if isinstance(node, LatexGroupNode) else [node]


def _verbatim(node: Any) -> str:
    source: str = node.latex_verbatim()
    text = source[1:-1] if isinstance(node, LatexGroupNode) else source
    if regex.search(r"[\\{}$]", text):
        return _set(_inside(node)).line
    return text


def _with_arguments(name: str, others: list[str], last: str) -> str:
    """What a macro makes of its arguments."""
    if name in ("frac", "dfrac", "tfrac", "cfrac"):
        return _APART + _fraction(others[0].replace(_APART, ""), last.replace(_APART, "")) + _APART
    if name in ("binom", "dbinom", "tbinom"):
        return f"C({others[0]}, {last})"
    if name == "sqrt":
        root = {"": "√", "2": "√", "3": "∛", "4": "∜"}.get("".join(others).strip("[]"))
        return f"{root or _script('^', others[0].strip('[]')) + '√'}{_together(last)}"
    if name in ACCENTS:
        marks = last if "line" in name or len(last) == 1 else f"({last})"
        return regex.sub(r"\X", rf"\g<0>{ACCENTS[name]}", marks) if "line" in name else marks + ACCENTS[name]
    if name in ALPHABETS:
        return in_alphabet(name, last)
    if name in ("overset", "stackrel", "underset"):
        return last + _script("_" if name == "underset" else "^", others[0])
    forms = {
        "pmod": " (mod {})",
        "pod": " ({})",
        "tag": "  ({})",
        "not": "{}\u0338",
        "underbrace": "{}",
        "overbrace": "{}",
    }
    forms |= {"xrightarrow": " —{}→ ", "xleftarrow": " ←{}— "}
    if name == "ce":
        return regex.sub(r"(?<=[A-Za-z)\]])\d+", lambda digits: lowered(digits[0]) or "", last).replace("−>", " → ")
    if name not in forms:
        raise Unreadable
    return forms[name].format(last)


def _fraction(upper: str, lower: str) -> str:
    if f"{upper}/{lower}" in _VULGAR:
        return _VULGAR[f"{upper}/{lower}"]
    if upper.isdecimal() and lower.isdecimal():
        return f"{raised(upper)}⁄{lowered(lower)}"
    return f"{_together(upper)}⁄{_together(lower) if not regex.match(r'[0-9.]+[^0-9.]', lower) else f'({lower})'}"


def _together(text: str) -> str:
    """In brackets, unless it is one number, name, call or bracket already."""
    return text if _ALONE.fullmatch(text) else f"({text})"


def _spaced(line: str) -> str:
    """With one space where there are several, or a few where a wide one is meant."""
    line = regex.sub(rf"(?<=[\p{{L}}\p{{N}}]){_APART}+(?=[\p{{L}}\p{{N}}])", " ", line).replace(_APART, "")
    return regex.sub(r" {2,}", lambda spaces: "   " if len(spaces[0]) > 3 else " ", line).strip()


def _set_environment(environment: Any) -> Box:
    name = environment.environmentname.rstrip("*")
    if name in _EQUATIONS:
        return _equations(_rows(environment.nodelist))
    if name not in _TABULAR:
        raise Unreadable
    box = table(_cells(_rows(environment.nodelist)), gap="  ")
    if name not in BRACKETS:
        return box
    return bracketed(box, name)


def _rows(nodes: Sequence[Any]) -> list[list[list[Any]]]:
    r"""Rows of cells: nodes cut at `\\`, and those at `&`."""
    rows: list[list[list[Any]]] = [[[]]]
    for atom in _atoms(nodes):
        if isinstance(atom, LatexMacroNode) and atom.macroname in ("\\", "newline", "cr"):
            rows.append([[]])
        elif _is(atom, "&"):
            rows[-1].append([])
        else:
            rows[-1][-1].append(atom)
    return [row for row in rows if any(not _is(atom, " ") for cell in row for atom in cell)]


def _is(atom: Any, character: str) -> bool:
    return isinstance(atom, str) and atom == character


def _cells(rows: list[list[list[Any]]]) -> list[list[str]]:
    """A cell of several lines has no form."""
    return [[_spaced(_set_cell(cell).line) for cell in row] for row in rows]


def _set_cell(cell: list[Any]) -> Box:
    return _set([LatexCharsNode(chars=atom) if isinstance(atom, str) else atom for atom in cell])


def _equations(rows: list[list[list[Any]]]) -> Box:
    """Equations below each other, with the signs of relation in a column; one may hold a matrix."""
    if len(rows) == 1:
        return beside([_set_cell(cell) for cell in rows[0]])
    return table(_cells(rows), gap=" ")
