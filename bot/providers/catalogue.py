"""The catalogue of providers and models, as data: what ships with Parley, and what an operator adds or overrides."""

import re
import tomllib
from collections.abc import Mapping
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, TypeAdapter, ValidationError, field_validator

from bot.chat.attachments import IMAGE_TYPES
from bot.chat.messages import Usage

DEFAULT_CONTEXT = 32_000
"""Context window in tokens of a model about which nothing is known: even small local models have that today."""

PARAMETERS = ("temperature", "top_p", "max_tokens")
"""The sampling parameters that can be set."""

Parameter = Literal["temperature", "top_p", "max_tokens"]
OptionalField = Literal["model", "stream", "stream_options", Parameter]
"""The fields of a request that a provider may refuse without making it useless."""

RequestField = Literal["messages", OptionalField]
"""All fields of a request."""


class _Entry(BaseModel):
    """A table of the catalogue. Unknown fields are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Price(_Entry):
    """US dollars per million tokens."""

    prompt: float = Field(ge=0, allow_inf_nan=False)
    completion: float = Field(ge=0, allow_inf_nan=False)

    def cost(self, usage: Usage) -> float | None:
        """Return the US dollars for these tokens; None if the provider did not count them."""
        prompt, completion, total = usage.prompt_tokens, usage.completion_tokens, usage.total_tokens
        # some providers count reasoning in the total alone, and bill it like the completion
        rest = None if total is None else total - (prompt or 0)
        counts = [count for count in (completion, rest) if count is not None]
        if prompt is None or not counts:
            return None
        return (prompt * self.prompt + max(0, *counts) * self.completion) / 1_000_000


class Model(_Entry):
    """A known model. `context` is its context window in tokens.

    It refuses the fields in `drop`, like those of its provider, and more than one of the parameters in `exclusive`.
    """

    id: str
    context: int | None = None
    vision: bool | None = None
    price: Price | None = None
    drop: tuple[OptionalField, ...] = ()
    exclusive: tuple[Parameter, ...] = ()


class Images(_Entry):
    """The images that a provider accepts; `count` 0 means none. Sizes are in bytes.

    `each` is the limit for one image, `in_all` for all images of a request. `urls` are the URL schemes that it accepts;
    images are always sent as data URLs.
    """

    urls: tuple[Literal["data", "https"], ...] = ("data",)
    types: tuple[str, ...] = IMAGE_TYPES
    each: int = 20 * 2**20
    in_all: int = 40 * 2**20
    count: int = 10
    detail: bool = True


class ModelList(_Entry):
    """Where a provider lists its models, and the dotted path of each fact in an item of that list.

    `path` is resolved against the base URL like a link. `items` is the path of the list in the response. `detail` is
    requested for each model where the list has nothing but ids; its response is merged into the item. In a path, `*`
    matches any characters of a name. `strip` is removed from the start of ids. A price in the list times
    `price_factor` is in US dollars per million tokens. `only` keeps the items whose fact is, or contains, one of the
    values, and items without that fact. `skip` is a regular expression for ids to leave out: most lists do not say
    which of their models can chat. `headers`, with {key} in place of the key, are tried instead of the provider's
    `auth`, then together with it.
    """

    path: str = "models"
    detail: str = ""
    items: str = "data"
    id: str = "id"
    strip: str = ""
    context: str = ""
    vision: str = ""
    prompt_price: str = ""
    completion_price: str = ""
    price_factor: float = 1_000_000
    only: dict[str, tuple[str, ...]] = {}
    skip: str = (
        "embed|whisper|speech|tts|transcri|realtime|audio|moderation|rerank|dall-e|image-|imagen|sora|veo-|lyria|ocr"
        r"|-guard|davinci|babbage|turbo-instruct|\*"
    )
    headers: dict[str, str] = {}

    @field_validator("skip")
    @classmethod
    def _is_regular_expression(cls, value: str) -> str:
        try:
            re.compile(value)
        except re.error as error:
            raise ValueError(f"is not a regular expression: {error}") from None
        return value

    @property
    def fallback(self) -> "ModelList":
        """The list that every compatible server has, for servers without the provider's own."""
        return ModelList(strip=self.strip, skip=self.skip)


class Provider(_Entry):
    """A provider's entry in the catalogue; `catalogue.toml` explains the fields."""

    title: str
    base_url: HttpUrl
    former_base_urls: tuple[HttpUrl, ...] = ()
    endpoint: str = "/chat/completions"
    query: dict[str, str] = {}
    key: str | None = None
    auth: dict[str, str] = {"Authorization": "Bearer {key}"}
    headers: dict[str, str] = {}
    default_model: str | None = None
    models: tuple[Model, ...] = ()
    model_list: ModelList = ModelList()
    max_tokens: str = "max_tokens"
    rename: dict[RequestField, str] = {}
    drop: tuple[OptionalField, ...] = ()
    temperature: tuple[float, float] = (0, 2)
    system_role: Literal["system", "developer"] = "system"
    roles: Literal["strict", "free"] = "strict"
    stream: bool = True
    stream_options: bool = True
    reasoning: Literal["reasoning_content", "reasoning", "parts", "tags", "none"] = "none"
    images: Images = Images()
    retired: date | None = None
    note: str = ""
    start: str = ""

    def model(self, model_id: str) -> Model:
        """Return what the catalogue knows about the model of that id."""
        return next((model for model in self.models if model.id == model_id), Model(id=model_id))


Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Catalogue = Mapping[str, Provider]
"""Providers by name, in the order in which they are listed."""

_CATALOGUE = TypeAdapter(dict[Name, Provider])


class InvalidCatalogue(Exception):
    """A catalogue file cannot be used; each of `errors` is a line with file, provider, field and reason."""

    def __init__(self, errors: list[str]) -> None:
        self.errors = errors
        super().__init__("\n".join(errors))


def load_catalogue(extra: Path | None = None) -> Catalogue:
    """Return the catalogue that ships with Parley, merged with an operator's file. Raises InvalidCatalogue.

    The operator's file needs only those fields of a known provider that differ; tables are merged field by field.
    """
    entries = tomllib.loads(files("bot.providers").joinpath("catalogue.toml").read_text(encoding="utf-8"))
    if extra:
        for name, entry in _read(extra).items():
            entries[name] = _merge(entries.get(name), entry)
    try:
        return _CATALOGUE.validate_python(entries)
    except ValidationError as error:
        name = str(extra or "catalogue.toml")
        lines = [_error_line(name, details["loc"], details["msg"]) for details in error.errors()]
        raise InvalidCatalogue(lines) from None


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidCatalogue([f"{path}: cannot be read: {error.strerror}"]) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidCatalogue([f"{path}: is not TOML: {error}"]) from None


def _merge(base: Any, override: Any) -> Any:
    if not isinstance(base, dict) or not isinstance(override, dict):
        return override
    return base | {name: _merge(base.get(name), value) for name, value in override.items()}


def _error_line(file: str, location: tuple[int | str, ...], reason: str) -> str:
    provider, *field = (str(step) for step in location if step != "[key]")
    return f"{file}: {provider}: {'.'.join(field) or 'the entry'}: {reason}"
