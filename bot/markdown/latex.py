"""Renders LaTeX math as Unicode where possible: a formula becomes one line, a matrix or several equations become more.

pylatexenc parses the formula; its nodes are laid out as boxes of text, side by side with their middle lines aligned.
What Unicode cannot express raises `Unsupported`, and callers get None and show the source instead.
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

from bot.markdown.boxes import BRACKETS, Box, Unsupported, grid, side_by_side, with_brackets
from bot.markdown.characters import subscript, superscript
from bot.markdown.symbols import ACCENTS, ALPHABETS, LAYOUT_MACROS, in_alphabet, symbol_of, words

_SEPARATOR = "\ue000"
"""Placed around fractions; becomes a space between letters or digits, and is removed elsewhere."""

_ATOMIC = regex.compile(
    r"[0-9.,]+|[∂Δδd]?[0-9]*\p{L}\p{M}*[′!\p{No}\p{Lm}₊₋⁺⁻]*|\p{L}+|\p{L}*\([^()]*\)|√\w+|∞|[0-9]+!", regex.VERSION1
)
_VULGAR_FRACTIONS = {"1/2": "½", "1/3": "⅓", "2/3": "⅔", "1/4": "¼", "3/4": "¾", "1/5": "⅕", "1/6": "⅙", "1/8": "⅛"}

_MAX_DEPTH = 30
_MAX_LENGTH = 2_000

_MATRICES = frozenset({"matrix", "smallmatrix", "array", *BRACKETS})
_EQUATIONS = frozenset(words("equation align aligned alignat gather gathered split multline eqnarray displaymath math"))

_STYLES = "text textrm textnormal textup mathrm mathbf mathit mathsf mathtt boldsymbol bm mbox hbox operatorname boxed"
_ARGUMENTS = {
    **dict.fromkeys(words(_STYLES), "{"),
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
_TRANSPARENT = frozenset(words("boldsymbol mathbf mathrm mathit boxed bm mathsf mathtt operatorname textcolor"))
"""Macros that only style their last argument."""

_INVISIBLE = frozenset(words("label hspace vspace phantom vphantom hphantom color"))


def to_unicode(tex: str) -> list[str] | None:
    """Return the formula as lines of Unicode text, None if it cannot be expressed.

    There is one line, unless the formula contains a matrix or several equations.
    """
    if not tex.strip() or len(tex) > _MAX_LENGTH or _depth(tex) > _MAX_DEPTH:
        return None
    try:
        nodes, _, _ = LatexWalker(tex.strip(), latex_context=_latex_context(), tolerant_parsing=False).get_latex_nodes()
        rows = _rows(nodes)
        box = _layout_equations(rows) if len(rows) > 1 else _layout(nodes)
    except (Unsupported, LatexWalkerError):
        return None
    return [_normalize_spaces(box.line)] if len(box.lines) == 1 else [line.rstrip() for line in box.lines]


def _depth(tex: str) -> int:
    deepest = depth = 0
    for token in regex.findall(r"[{}]|\\begin|\\end", tex):
        depth += 1 if token in ("{", r"\begin") else -1
        deepest = max(deepest, depth)
    return deepest


@cache
def _latex_context() -> LatexContextDb:
    context = LatexContextDb()
    macros = [MacroSpec(name, arguments) for name, arguments in _ARGUMENTS.items()]
    environments = [EnvironmentSpec("array", "[{"), EnvironmentSpec("alignat", "{")]
    context.add_context_category("parley", macros=macros, environments=environments, specials=[])
    context.set_unknown_macro_spec(MacroSpec(""))
    context.set_unknown_environment_spec(EnvironmentSpec(""))
    return context


def _layout(nodes: Sequence[Any]) -> Box:
    """Lay out nodes side by side, with the arguments of `^` and `_` as super- and subscripts."""
    boxes: list[Box] = []
    atoms = _atoms(nodes)
    for atom in atoms:
        if isinstance(atom, str) and atom in "^_":
            boxes.append(Box((_script(atom, _argument(atoms)),)))
        else:
            boxes.append(_layout_atom(atom))
    return side_by_side(boxes)


def _atoms(nodes: Sequence[Any]) -> Iterator[Any]:
    """Yield single characters, and all other nodes as they are."""
    for node in nodes:
        if isinstance(node, LatexCharsNode):
            yield from regex.sub(r"\s+", " ", node.chars)
        elif node is not None and not isinstance(node, LatexCommentNode):
            yield node


def _argument(atoms: Iterator[Any]) -> str:
    atom = next((atom for atom in atoms if not _is(atom, " ")), None)
    if atom is None:
        raise Unsupported
    return _layout_atom(atom).line.strip()


def _script(operator: str, text: str) -> str:
    compact = regex.sub(r" ?([^\w\s]) ?", r"\1", text).replace(_SEPARATOR, "")
    converted = superscript(compact) if operator == "^" else subscript(compact)
    return converted or (f"{operator}{compact}" if len(compact) == 1 else f"{operator}({compact})")


def _layout_atom(atom: Any) -> Box:
    if isinstance(atom, str):
        if atom in "&#$":
            raise Unsupported
        return Box(({"~": " ", "'": "′", "-": "−", "*": "∗"}.get(atom, atom),))
    if isinstance(atom, LatexGroupNode):
        inner = _layout(atom.nodelist)
        return inner if atom.delimiters[0] == "{" else Box((f"{atom.delimiters[0]}{inner.line}{atom.delimiters[1]}",))
    if isinstance(atom, LatexMacroNode):
        return _layout_macro(atom)
    if isinstance(atom, LatexEnvironmentNode):
        return _layout_environment(atom)
    raise Unsupported


def _layout_macro(macro: Any) -> Box:
    name = macro.macroname
    arguments = [node for node in (macro.nodeargd.argnlist if macro.nodeargd else None) or [] if node is not None]
    if name in LAYOUT_MACROS or name in _INVISIBLE:
        return Box(("",))
    if name in ("text", "mbox", "hbox") or (name.startswith("text") and len(arguments) == 1):
        return Box((_verbatim(arguments[0]),))
    if not arguments:
        return _layout_symbol(name, " " if macro.macro_post_space else "")
    *optional, last = [_layout(_nodes_of(node)) for node in arguments]
    if name in _TRANSPARENT:
        return last
    return Box((_apply_macro(name, [box.line.strip() for box in optional], last.line.strip()),))


def _layout_symbol(name: str, space: str) -> Box:
    symbol = symbol_of(name)
    if symbol is None:
        raise Unsupported
    return Box((symbol if symbol in "∂¬∀∃√" else symbol + space,))


def _nodes_of(node: Any) -> Sequence[Any]:
    return node.nodelist if isinstance(node, LatexGroupNode) else [node]


def _verbatim(node: Any) -> str:
    source: str = node.latex_verbatim()
    text = source[1:-1] if isinstance(node, LatexGroupNode) else source
    if regex.search(r"[\\{}$]", text):
        return _layout(_nodes_of(node)).line
    return text


def _apply_macro(name: str, others: list[str], last: str) -> str:
    """Return the result of a macro with arguments."""
    if name in ("frac", "dfrac", "tfrac", "cfrac"):
        return _SEPARATOR + _fraction(others[0].replace(_SEPARATOR, ""), last.replace(_SEPARATOR, "")) + _SEPARATOR
    if name in ("binom", "dbinom", "tbinom"):
        return f"C({others[0]}, {last})"
    if name == "sqrt":
        root = {"": "√", "2": "√", "3": "∛", "4": "∜"}.get("".join(others).strip("[]"))
        return f"{root or _script('^', others[0].strip('[]')) + '√'}{_parenthesized(last)}"
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
        return regex.sub(r"(?<=[A-Za-z)\]])\d+", lambda digits: subscript(digits[0]) or "", last).replace("−>", " → ")
    if name not in forms:
        raise Unsupported
    return forms[name].format(last)


def _fraction(numerator: str, denominator: str) -> str:
    if f"{numerator}/{denominator}" in _VULGAR_FRACTIONS:
        return _VULGAR_FRACTIONS[f"{numerator}/{denominator}"]
    if numerator.isdecimal() and denominator.isdecimal():
        return f"{superscript(numerator)}⁄{subscript(denominator)}"
    product = regex.match(r"[0-9.]+[^0-9.]", denominator)
    return f"{_parenthesized(numerator)}⁄{f'({denominator})' if product else _parenthesized(denominator)}"


def _parenthesized(text: str) -> str:
    """Put the text in parentheses, unless it is a single number, name or call, or has parentheses already."""
    return text if _ATOMIC.fullmatch(text) else f"({text})"


def _normalize_spaces(line: str) -> str:
    """Collapse runs of spaces into one space, or into three for a wide space."""
    line = regex.sub(rf"(?<=[\p{{L}}\p{{N}}]){_SEPARATOR}+(?=[\p{{L}}\p{{N}}])", " ", line).replace(_SEPARATOR, "")
    return regex.sub(r" {2,}", lambda spaces: "   " if len(spaces[0]) > 3 else " ", line).strip()


def _layout_environment(environment: Any) -> Box:
    name = environment.environmentname.rstrip("*")
    if name in _EQUATIONS:
        return _layout_equations(_rows(environment.nodelist))
    if name not in _MATRICES:
        raise Unsupported
    box = grid(_cells(_rows(environment.nodelist)), gap="  ")
    if name not in BRACKETS:
        return box
    return with_brackets(box, name)


def _rows(nodes: Sequence[Any]) -> list[list[list[Any]]]:
    r"""Return rows of cells: the nodes split into rows at `\\` and into cells at `&`."""
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
    """Return the cells as text. Raises Unsupported if a cell has several lines."""
    return [[_normalize_spaces(_layout_cell(cell).line) for cell in row] for row in rows]


def _layout_cell(cell: list[Any]) -> Box:
    return _layout([LatexCharsNode(chars=atom) if isinstance(atom, str) else atom for atom in cell])


def _layout_equations(rows: list[list[list[Any]]]) -> Box:
    """Lay out equations below each other, their relation signs aligned; a single equation may contain a matrix."""
    if len(rows) == 1:
        return side_by_side([_layout_cell(cell) for cell in rows[0]])
    return grid(_cells(rows), gap=" ")
