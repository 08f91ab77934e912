"""The code of `code.md`, by language."""

import re
from pathlib import Path

_BLOCK = re.compile(r"^~~~~~([^\n]*)\n(.*?)^~~~~~$", re.MULTILINE | re.DOTALL)

CODE = dict(_BLOCK.findall(Path(__file__).with_suffix(".md").read_text(encoding="utf-8")))
