"""The table of providers and models, as data."""

import tomllib
from collections.abc import Mapping
from datetime import date
from importlib.resources import files

from pydantic import BaseModel, ConfigDict, HttpUrl, TypeAdapter

from bot.chat.attachments import IMAGE_TYPES

DEFAULT_CONTEXT = 32_000
"""Tokens of context for a model of which nothing is known: what even small local models hold today."""


class Model(BaseModel):
    """A known model. `context` is in tokens; where `vision` is left out, the provider's word counts."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    context: int = DEFAULT_CONTEXT
    vision: bool = True


class Provider(BaseModel):
    """A provider's paragraph of the catalogue; `catalogue.toml` says what the fields mean."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    base_url: HttpUrl
    former_base_urls: tuple[HttpUrl, ...] = ()
    endpoint: str = "/chat/completions"
    key: str | None = None
    default_model: str | None = None
    models: tuple[Model, ...] = ()
    max_tokens: str = "max_tokens"
    stream: bool = True
    stream_options: bool = True
    images: tuple[str, ...] = IMAGE_TYPES
    image_bytes: int = 20 * 2**20
    images_at_once: int = 10
    retired: date | None = None
    note: str = ""

    def model(self, model_id: str) -> Model:
        """What is known of a model of that id."""
        return next((model for model in self.models if model.id == model_id), Model(id=model_id))


Catalogue = Mapping[str, Provider]
"""Providers by name, in the order they are offered."""


def load_catalogue() -> Catalogue:
    """The catalogue that ships with Parley. Raises pydantic.ValidationError where it is malformed."""
    text = files("bot.providers").joinpath("catalogue.toml").read_text(encoding="utf-8")
    return TypeAdapter(dict[str, Provider]).validate_python(tomllib.loads(text))
