"""What of the catalogue this operator offers, and the endpoint that a name means."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, HttpUrl, SecretStr

from bot.chat.attachments import ImageRules
from bot.providers.catalogue import Catalogue, Model, Provider


class Access(BaseModel):
    """What the operator gave for a provider."""

    model_config = ConfigDict(frozen=True)

    key: SecretStr | None = None
    base_url: HttpUrl | None = None


class NotOffered(Exception):
    """The provider or model that was asked for cannot be had here; the message is a sentence for people."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Everything that is needed to ask one model."""

    name: str
    provider: Provider
    model: Model
    url: str
    key: SecretStr | None

    @property
    def full_name(self) -> str:
        return f"{self.name}/{self.model.id}"

    @property
    def image_rules(self) -> ImageRules:
        types = self.provider.images if self.model.vision else ()
        return ImageRules(types, self.provider.image_bytes, self.provider.images_at_once)


class Offer:
    """The providers that this operator has a key for, or that need none. Immutable."""

    def __init__(self, catalogue: Catalogue, access: Mapping[str, Access], default_model: str | None = None) -> None:
        self._catalogue = catalogue
        self._access = {name: access.get(name, Access()) for name in catalogue}
        self._default_model = default_model

    @property
    def providers(self) -> Catalogue:
        """What is offered: first the providers with a key, then those that run on the operator's own machine."""
        offered = {name: provider for name, provider in self._catalogue.items() if not self._lack(name)}
        return dict(sorted(offered.items(), key=lambda item: item[1].key is None))

    @property
    def default_model(self) -> str:
        """`provider/model` of the operator's choice, else of the first provider that has a default model.

        Raises NotOffered where nothing is offered at all.
        """
        if self._default_model:
            return self._default_model
        for name, provider in self.providers.items():
            if provider.default_model:
                return f"{name}/{provider.default_model}"
        raise NotOffered("No provider is set up. The operator can set a provider's key, or DEFAULT_MODEL.")

    def endpoint(self, full_name: str) -> Endpoint:
        """The endpoint of a `provider/model`; a provider's name alone means its default model.

        Raises NotOffered for a provider that is unknown or lacks its key, and for a missing model.
        """
        name, _, model_id = full_name.partition("/")
        if lack := self._lack(name):
            raise NotOffered(lack)
        provider, access = self._catalogue[name], self._access[name]
        model_id = model_id or provider.default_model or ""
        if not model_id:
            raise NotOffered(f"{provider.title} has no default model; name one as `{name}/model`.")
        base = str(access.base_url or provider.base_url).rstrip("/")
        return Endpoint(name, provider, provider.model(model_id), base + provider.endpoint, access.key)

    def named(self, typed: str, current: str) -> Endpoint:
        """The endpoint that a person means: `provider/model`, or a model of the current provider.

        Model names have slashes too, so a name that the current provider knows goes first. Raises NotOffered.
        """
        typed = typed.strip().strip("`")
        provider = self._catalogue.get(current)
        known = provider is not None and typed in {model.id for model in provider.models}
        if "/" in typed and not known and typed.partition("/")[0] in self._catalogue:
            return self.endpoint(typed)
        return self.endpoint(f"{current}/{typed}")

    def complete(self, typed: str, provider: str | None = None) -> list[str]:
        """Known `provider/model` names that contain what was typed, of one provider or of all that are offered."""
        wanted = typed.casefold().strip()
        return [
            f"{name}/{model.id}"
            for name, entry in self.providers.items()
            if provider in (None, name)
            for model in entry.models
            if wanted in f"{name}/{model.id} {entry.title}".casefold()
        ]

    def _lack(self, name: str) -> str:
        """Why the provider of that name cannot be had; empty where it can."""
        provider = self._catalogue.get(name)
        if provider is None:
            return f"There is no provider called `{name}`. Offered here: {self._listed()}."
        access = self._access[name]
        if provider.retired and not access.base_url:
            return (
                f"{provider.title} was retired on {provider.retired}; "
                f"the operator can point {name.upper()}_BASE_URL at a server that stands in for it."
            )
        if provider.key and not access.key:
            return f"{provider.title} is not set up here: the operator has to set {provider.key}."
        return ""

    def _listed(self) -> str:
        return ", ".join(f"`{name}`" for name in self.providers) or "none yet"
