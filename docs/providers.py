"""Writes docs/providers.md from the catalogue: `make docs`. A test compares them."""

from collections.abc import Sequence
from pathlib import Path

from bot.providers.catalogue import Images, Model, ModelList, Provider, load_catalogue

PAGE = Path(__file__).with_suffix(".md")

COLUMNS = (
    "Provider",
    "Base URL",
    "Key",
    "Default model",
    "Limit field",
    "Parameters",
    "Usage",
    "Reasoning",
    "Images",
    "Model list",
    "Good to know",
)

INTRODUCTION = """\
# Providers

What Parley knows of each provider, out of `bot/providers/catalogue.toml`. `make docs` writes this page anew.

- Requests go to the base URL with `/chat/completions` behind it; `NAME_BASE_URL`, as `XAI_BASE_URL`, overrides it.
  One without a path, as `http://host:11434`, gets the provider's usual one.
- A provider is offered when its key is set, and always where it needs none.
- Parameters are sent when somebody set them, and only then. What a provider refuses is left out, what is out of range
  is brought into it, and a parameter that a model turns out to refuse is left out from then on.
- Usage comes unasked or on request, which is `stream_options`.
- Images go along as data URLs, also where https URLs are taken: addresses at Discord run out, and say who asks. What is
  too large, too many or of another type is left out, and the reply says so.
- Messages of one role that follow one another are joined. A model that refuses the role of the system prompt is told it
  in another, at last by the user.
- A list of models, under the base URL, is read for the facts that are named; the catalogue has others for known models.
"""

ADDING = """\
## To add a provider

`CATALOGUE_FILE` names a TOML file of your own, with paragraphs like those of `bot/providers/catalogue.toml`, whose
first lines explain the fields. The key's variable, `NAME_BASE_URL`, the commands and their autocompletion follow from
it. A paragraph of a known name needs only the fields that differ. What is wrong in it is told at the start, a line for
each fault: file, provider, field, why.

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
note = "On our own machine."
start = "vllm serve Qwen/Qwen3-8B --served-model-name qwen3-8b"
```

A deployment in Azure. It wants its key in another header and a version in the address, and the base URL ends with its
name, so it answers whatever model is asked for:

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
    """The whole page."""
    lines = [row(name, provider) for name, provider in load_catalogue().items()]
    table = [_line(COLUMNS), _line(["---"] * len(COLUMNS)), *map(_line, lines)]
    return "\n".join([INTRODUCTION, *table, "", ADDING])


def row(name: str, provider: Provider) -> Sequence[str]:
    """What a provider takes and gives."""
    return [
        f"**{provider.title}** {_code(name)}",
        _address(provider),
        _key(provider),
        _code(provider.default_model) if provider.default_model else "the operator's",
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
    usual = Provider.model_fields["endpoint"].default
    behind = f", then {_code(provider.endpoint)}" if provider.endpoint != usual else ""
    return _code(address) + behind + (f", with {_code('?' + query)}" if query else "")


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
        [*range_, *refused, *renamed, *role, *order, *(words for model in provider.models if (words := _of(model)))]
    )


def _of(model: Model) -> str:
    """What one of its models does not take."""
    if model.drop:
        return f"{_code(model.id)}: no {_codes(model.drop, ' and no ')}"
    return f"{_code(model.id)}: only one of {_codes(model.exclusive)}" if model.exclusive else ""


def _usage(provider: Provider) -> str:
    if not provider.stream:
        return "in the whole answer: it cannot stream"
    return "on request" if provider.stream_options else "unasked"


def _reasoning(provider: Provider) -> str:
    ways = {"parts": "in parts of the content", "tags": f"in {_code('<think>')} or {_code('<thought>')}", "none": "–"}
    return ways.get(provider.reasoning) or f"in {_code(provider.reasoning)}"


def _images(images: Images) -> str:
    if not images.count or "data" not in images.urls:
        return "none"
    types = ", ".join(kind.removeprefix("image/").upper() for kind in images.types)
    detail = "with" if images.detail else "without"
    size = f"{images.count} of {_size(images.each)}, {_size(images.in_all)} in all"
    return f"{size}; {types}; as {' or '.join(images.urls)} URLs; {detail} {_code('detail')}"


def _model_list(form: ModelList) -> str:
    told = {
        "context": bool(form.context),
        "vision": bool(form.vision),
        "prices": bool(form.prompt_price and form.completion_price),
    }
    facts = ", ".join(fact for fact, known in told.items() if known) or "only ids"
    asked = f", then {_code(form.detail)} of each" if form.detail else ""
    own = f"; with {_codes(form.headers)}" if form.headers else ""
    return f"{_code(form.path)}{asked}: {facts}{own}"


def _notes(provider: Provider) -> str:
    retired = f"**Retired on {provider.retired}.**" if provider.retired else ""
    start = f"Started with {_code(provider.start)}." if provider.start else ""
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
