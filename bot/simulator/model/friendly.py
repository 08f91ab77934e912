"""What the model says when nobody scripted it: deterministic, friendly, and it shows what it was given."""

import base64
import binascii
import re

from bot.simulator.errors import Json
from bot.simulator.model.script import words_of
from bot.simulator.pictures import picture_size

COUNT = re.compile(r"count (?:up )?to (\d+)", re.IGNORECASE)
DATA_URL = re.compile(r"data:([\w/+.\-]+);base64,(.*)", re.DOTALL)

CODE = """Here is a small program:

```python
def greet(name: str) -> str:
    \"\"\"A friendly word for somebody.\"\"\"
    return f"Hello, {name}!"


for name in ("Ana", "Ben"):
    print(greet(name))
```

Run it and it greets two people. **Bold**, *italics* and `inline code` work as well."""

TABLE = """Here is a table:

| Planet | Moons | Day length |
|---|---:|---|
| Earth | 1 | 24 h |
| Mars | 2 | 24.6 h |
| Jupiter | 95 | 9.9 h |

It has three rows and three columns."""

THOUGHT = """I am asked to think, so let me take my time. First I look at what was said, word by word, and at what was \
said before it. Then I weigh what would help: a greeting comes first, since that is only polite, and then what I was \
given, so that one can see that nothing was lost on the way. Is there an image? I would say so. Is there more to it \
than meets the eye? Hardly ever with me. So a plain answer is the best answer, and here it comes."""

CHAPTERS = ("the harbour", "the hill", "the forest", "the river", "the bridge", "the market", "the mill", "the coast")


def friendly_answer(body: Json) -> str:
    """The answer to a chat request."""
    messages = [message for message in body.get("messages") or [] if isinstance(message, dict)]
    said = words_of(messages[-1]).strip() if messages else ""
    parts = (_greeting(body, said), _memory(messages), _images(messages), _asked_for(said))
    thought = f"<think>{THOUGHT}</think>\n\n" if "think" in said.lower() else ""
    return thought + "\n\n".join(part for part in parts if part)


def _greeting(body: Json, said: str) -> str:
    first = f"Hello from **{body.get('model') or 'a model without a name'}**!"
    return f"{first} You said: “{_short(said)}”" if said else f"{first} You said nothing in words."


def _memory(messages: list[Json]) -> str:
    earlier = [message for message in messages[:-1] if message.get("role") in ("user", "assistant")]
    if not earlier:
        return "This is the first message I was given."
    before = [words_of(message) for message in earlier if message.get("role") == "user"]
    count = f"{len(earlier)} earlier message{'s' if len(earlier) > 1 else ''}"
    quoted = f" Before this you said: “{_short(before[-1])}”" if before else ""
    return f"I was given {count}.{quoted}"


def _short(text: str, most: int = 200) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _images(messages: list[Json]) -> str:
    content = messages[-1].get("content") if messages else None
    parts = content if isinstance(content, list) else []
    images = [part["image_url"] for part in parts if isinstance(part, dict) and isinstance(part.get("image_url"), dict)]
    if not images:
        return ""
    shown = "; ".join(_image(str(image.get("url"))) for image in images)
    return f"I see {len(images)} image{'s' if len(images) > 1 else ''}: {shown}."


def _image(url: str) -> str:
    found = DATA_URL.fullmatch(url)
    if not found:
        return f"one at {_short(url, 80)}"
    try:
        content = base64.b64decode(found[2], validate=True)
    except (binascii.Error, ValueError):
        return f"{found[1]}, which I cannot decode"
    size = picture_size(content)
    return f"{found[1]}, {len(content)} bytes" + (f", {size[0]}×{size[1]} pixels" if size else "")


def _asked_for(said: str) -> str:
    lowered = said.lower()
    if found := COUNT.search(said):
        return " ".join(str(number) for number in range(1, min(int(found[1]), 5000) + 1))
    if "table" in lowered:
        return TABLE
    if "code" in lowered:
        return CODE
    return _story() if "long" in lowered else ""


def _story() -> str:
    """Over two thousand characters twice, with headings, lists and code to cut through."""
    parts = []
    for number, place in enumerate(CHAPTERS, 1):
        walk = f"On the way to {place} there was time to look around, and nobody was in a hurry. " * 6
        points = f"- what was seen at {place}\n- what was heard there\n- what was left for another day"
        parts.append(f"## {number}. A walk to {place}\n\n{walk.strip()}\n\n{points}")
    return "\n\n".join([*parts, CODE, "And that is the end of a long answer."])


def pieces(text: str) -> list[str]:
    """The text in chunks about as long as tokens, spaces with the word that follows."""
    return re.findall(r"\s*\S{1,12}|\s+$", text)
