"""The answer to requests without a script: deterministic, and it shows what the model received."""

import base64
import binascii
import re

from bot.simulator.errors import Json
from bot.simulator.images import image_size
from bot.simulator.model.script import text_of

COUNT = re.compile(r"count (?:up )?to (\d+)", re.IGNORECASE)
DATA_URL = re.compile(r"data:([\w/+.\-]+);base64,(.*)", re.DOTALL)

CODE = """Here is a small program:

```python
def greet(name: str) -> str:
    \"\"\"Return a greeting.\"\"\"
    return f"Hello, {name}!"


for name in ("Ana", "Ben"):
    print(greet(name))
```

It greets two people. **Bold**, *italics* and `inline code` work as well."""

TABLE = """Here is a table:

| Planet | Moons | Day length |
|---|---:|---|
| Earth | 1 | 24 h |
| Mars | 2 | 24.6 h |
| Jupiter | 95 | 9.9 h |

It has three rows and three columns."""

THOUGHT = """The user asks me to think, so I will go through this step by step. First I read the last message and then \
the messages before it. Next I decide what the answer needs: a greeting, and a summary of what I received, so that the \
user can check that nothing was lost on the way. If there is an image, I describe its type and size. If there is a \
keyword that I know, I add the example that belongs to it. That is all, so I can write the answer now."""

CHAPTERS = ("the harbour", "the hill", "the forest", "the river", "the bridge", "the market", "the mill", "the coast")


def default_answer(body: Json) -> str:
    """The text of the answer to a chat-completions request body."""
    messages = [message for message in body.get("messages") or [] if isinstance(message, dict)]
    prompt = text_of(messages[-1]).strip() if messages else ""
    parts = (_echo(body, prompt), _history(messages), _images(messages), _example(prompt))
    thought = f"<think>{THOUGHT}</think>\n\n" if "think" in prompt.lower() else ""
    return thought + "\n\n".join(part for part in parts if part)


def _echo(body: Json, prompt: str) -> str:
    greeting = f"Hello from **{body.get('model') or 'an unnamed model'}**!"
    return f"{greeting} You said: “{_truncate(prompt)}”" if prompt else f"{greeting} Your message has no text."


def _history(messages: list[Json]) -> str:
    earlier = [message for message in messages[:-1] if message.get("role") in ("user", "assistant")]
    if not earlier:
        return "This is the first message I was given."
    before = [text_of(message) for message in earlier if message.get("role") == "user"]
    count = f"{len(earlier)} earlier message{'s' if len(earlier) > 1 else ''}"
    quoted = f" Before this you said: “{_truncate(before[-1])}”" if before else ""
    return f"I was given {count}.{quoted}"


def _truncate(text: str, most: int = 200) -> str:
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
        return f"one at {_truncate(url, 80)}"
    try:
        content = base64.b64decode(found[2], validate=True)
    except (binascii.Error, ValueError):
        return f"{found[1]}, which I cannot decode"
    size = image_size(content)
    return f"{found[1]}, {len(content)} bytes" + (f", {size[0]}×{size[1]} pixels" if size else "")


def _example(prompt: str) -> str:
    lowered = prompt.lower()
    if found := COUNT.search(prompt):
        return " ".join(str(number) for number in range(1, min(int(found[1]), 5000) + 1))
    if "table" in lowered:
        return TABLE
    if "code" in lowered:
        return CODE
    return _story() if "long" in lowered else ""


def _story() -> str:
    """Over 4,000 characters, so that it needs three Discord messages, with headings, lists and code to split."""
    parts = []
    for number, place in enumerate(CHAPTERS, 1):
        walk = f"The path to {place} is easy to follow, and there is plenty of time to look around. " * 6
        points = f"- what to see at {place}\n- where to take a break\n- how to get back"
        parts.append(f"## {number}. A walk to {place}\n\n{walk.strip()}\n\n{points}")
    return "\n\n".join([*parts, CODE, "This is the end of a long answer."])


def split_into_chunks(text: str) -> list[str]:
    """Split into chunks of about a token; spaces go with the following word."""
    return re.findall(r"\s*\S{1,12}|\s+$", text)
