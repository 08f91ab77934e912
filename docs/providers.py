"""Generates docs/providers.md from the catalogue: `make docs`. A test checks that it is up to date."""

from collections.abc import Sequence
from pathlib import Path

from bot.providers.catalogue import Images, Model, ModelList, Provider, load_catalogue

PAGE = Path(__file__).with_suffix(".md")

COLUMNS = (
    "Provider",
    "Base URL",
    "Key",
    "Default model",
    "Length limit",
    "Parameters",
    "Usage",
    "Reasoning",
    "Images",
    "Model list",
    "Notes",
)

INTRODUCTION = """\
# Providers

What Parley knows about each provider. This page is generated from `bot/providers/catalogue.toml`; run `make docs` to
update it.

- Requests go to the base URL followed by `/chat/completions`. `<NAME>_BASE_URL`, for example `XAI_BASE_URL`, overrides
  the base URL. If it has no path, as in `http://host:11434`, the provider's default path is added.
- A provider is available if its key is set or if it needs none.
- Parameters are sent only if they were set. Those that a provider refuses are left out, values out of range are
  clamped, and a parameter that a model turns out to refuse is left out from then on.
- Usage is sent unasked or on request (`stream_options`).
- Images are always sent as data URLs, even to providers that accept https URLs: links to Discord attachments expire,
  and requests for them reveal who asks. Images that are too large, too many or of another type are left out, and the
  reply says so.
- Consecutive messages of the same role are merged. If a model refuses the role of the system prompt, another role is
  used, in the end that of the user.
- The list of models, below the base URL, is read for the facts that are named; the catalogue supplies others for known
  models.
"""

ADDING = """\
## Add a provider

Set `CATALOGUE_FILE` to a TOML file with entries like those of `bot/providers/catalogue.toml`, which explains the fields
at its top. The variable for the key, `<NAME>_BASE_URL`, the commands and their autocompletion follow from the entry. An
entry for a known provider needs only the fields that differ. Mistakes are reported at the start, one line for each:
file, provider, field, reason.

A vLLM server:

```toml
[vllm]
title = "vLLM"
base_url = "http://localhost:8000/v1"
default_model = "qwen3-8b"
models = [{ id = "qwen3-8b", context = 32_768, vision = false }]
reasoning = "reasoning_content"
images = { count = 0 }
model_list = { context = "max_model_len" }
note = "Runs on our own machine."
start = "vllm serve Qwen/Qwen3-8B --served-model-name qwen3-8b"
```

An Azure deployment. It expects the key in another header and a version in the query, and its base URL contains the
deployment, so it answers under any model name:

```toml
[azure]
title = "Azure"
base_url = "https://example.openai.azure.com/openai/deployments/my-gpt"
query = { api-version = "2024-10-21" }
key = "AZURE_API_KEY"
auth = { api-key = "{key}" }
default_model = "gpt-4.1-mini"
models = [{ id = "gpt-4.1-mini", context = 1_047_576, vision = true }]
model_list = { path = "/openai/models", only = { "capabilities.chat_completion" = ["true"] } }
```
"""


def page() -> str:
    """Return the page as Markdown."""
    rows = [row(name, provider) for name, provider in load_catalogue().items()]
    table = [_line(COLUMNS), _line(["---"] * len(COLUMNS)), *map(_line, rows)]
    return "\n".join([INTRODUCTION, *table, "", ADDING])


def row(name: str, provider: Provider) -> Sequence[str]:
    """Return the cells of a provider."""
    return [
        f"**{provider.title}** {_code(name)}",
        _address(provider),
        _key(provider),
        _code(provider.default_model) if provider.default_model else "set by the operator",
        _code(provider.max_tokens),
        _parameters(provider),
        _usage(provider),
        _reasoning(provider),
        _images(provider.images),
        _model_list(provider.model_list),
        _notes(provider),
    ]


def _address(provider: Provider) -> str:
    address = str(provider.base_url).rstrip("/")
    query = "&".join(f"{name}={value}" for name, value in provider.query.items())
    default = Provider.model_fields["endpoint"].default
    path = f", then {_code(provider.endpoint)}" if provider.endpoint != default else ""
    return _code(address) + path + (f", with {_code('?' + query)}" if query else "")


def _key(provider: Provider) -> str:
    if not provider.key:
        return "none"
    bearer = Provider.model_fields["auth"].default
    return _code(provider.key) + ("" if provider.auth == bearer else f" in {_codes(provider.auth)}")


def _parameters(provider: Provider) -> str:
    low, high = provider.temperature
    refused = [f"no {_code(name)}" for name in provider.drop]
    range_ = [] if "temperature" in provider.drop else [f"temperature {low:g} to {high:g}"]
    renamed = [f"{_code(name)} as {_code(other)}" for name, other in provider.rename.items()]
    role = [] if provider.system_role == "system" else [f"system prompt as {_code(provider.system_role)}"]
    order = [] if provider.roles == "strict" else ["roles in any order"]
    return "; ".join(
        [
            *range_,
            *refused,
            *renamed,
            *role,
            *order,
            *(text for model in provider.models if (text := _refused_by(model))),
        ]
    )


def _refused_by(model: Model) -> str:
    if model.drop:
        return f"{_code(model.id)}: no {_codes(model.drop, ' and no ')}"
    return f"{_code(model.id)}: only one of {_codes(model.exclusive)}" if model.exclusive else ""


def _usage(provider: Provider) -> str:
    if not provider.stream:
        return "with the whole completion: it cannot stream"
    return "on request" if provider.stream_options else "unasked"


def _reasoning(provider: Provider) -> str:
    forms = {"parts": "in parts of the content", "tags": f"in {_code('<think>')} or {_code('<thought>')}", "none": "–"}
    return forms.get(provider.reasoning) or f"in {_code(provider.reasoning)}"


def _images(images: Images) -> str:
    if not images.count or "data" not in images.urls:
        return "none"
    types = ", ".join(name.removeprefix("image/").upper() for name in images.types)
    detail = "with" if images.detail else "without"
    size = f"{images.count} of up to {_size(images.each)}, {_size(images.in_all)} in total"
    return f"{size}; {types}; as {' or '.join(images.urls)} URLs; {detail} {_code('detail')}"


def _model_list(form: ModelList) -> str:
    known = {
        "context": bool(form.context),
        "vision": bool(form.vision),
        "prices": bool(form.prompt_price and form.completion_price),
    }
    facts = ", ".join(fact for fact, listed in known.items() if listed) or "only ids"
    detail = f", then {_code(form.detail)} for each" if form.detail else ""
    headers = f"; with {_codes(form.headers)}" if form.headers else ""
    return f"{_code(form.path)}{detail}: {facts}{headers}"


def _notes(provider: Provider) -> str:
    retired = f"**Retired on {provider.retired}.**" if provider.retired else ""
    start = f"Start it with {_code(provider.start)}." if provider.start else ""
    former = [str(url).rstrip("/") for url in provider.former_base_urls]
    return " ".join(filter(None, [retired, provider.note, start, f"Formerly {_codes(former)}." if former else ""]))


def _size(count: int) -> str:
    return f"{count // 2**20} MiB" if count % 2**20 == 0 else f"{count / 1e6:g} MB"


def _code(text: str) -> str:
    return f"`{text}`"


def _codes(texts: Sequence[str] | dict[str, str], between: str = ", ") -> str:
    return between.join(map(_code, texts))


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
