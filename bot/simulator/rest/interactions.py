"""Interactions (Discord docs: Receiving and Responding): creation by a person's client, callback and webhook."""

from typing import Any

from bot.simulator.components import MAX_INPUT_LENGTH, SELECTS, TEXT_INPUT, check_modal, find
from bot.simulator.drafts import read_draft
from bot.simulator.errors import ApiError, ErrorCode, Form, Json, field_error, parse_snowflake
from bot.simulator.interactions import (
    AUTOCOMPLETE,
    CHOICES,
    COMMAND,
    COMPONENT,
    DEFERRED_MESSAGE,
    DEFERRED_UPDATE,
    MESSAGE,
    MODAL,
    PONG,
    SHOW_MODAL,
    UPDATE,
)
from bot.simulator.invocation import Invocation
from bot.simulator.messages import edit
from bot.simulator.objects import Channel, Interaction, Message, MessageFlag
from bot.simulator.rest.call import NO_CONTENT, Call, Response, Route
from bot.simulator.schemas import CALLBACK, INTERACTION
from bot.simulator.schemas import MESSAGE as MESSAGE_BODY

STRING_SELECT = 3


def create_interaction(call: Call) -> Response:
    """POST /interactions, as Discord's own client sends it for a command, a component, autocomplete or a modal.

    The endpoint is not documented; users' clients need it.
    """
    body = call.fields
    if call.user.bot:
        raise ApiError(ErrorCode.MISSING_ACCESS)
    if str(body.get("application_id")) != str(call.world.application.id):
        raise ApiError(ErrorCode.UNKNOWN_APPLICATION)
    call.path["channel_id"] = str(body.get("channel_id"))
    channel = call.channel()
    kind = body.get("type")
    form = Form()
    form.choice("type", kind, (COMMAND, COMPONENT, AUTOCOMPLETE, MODAL))
    form.check()
    if channel.thread and channel.thread.archived:
        raise ApiError(ErrorCode.THREAD_ARCHIVED)
    call.interactions.dispatch(_open(call, channel, int(kind or 0), body))
    return NO_CONTENT


def _open(call: Call, channel: Channel, kind: int, body: Json) -> Interaction:
    data, nonce = body.get("data") or {}, body.get("nonce")
    if kind in (COMMAND, AUTOCOMPLETE):
        reader = Invocation(call.world, call.user, channel, call.uploads, call.viewer)
        data = reader.read(data, autocomplete=kind == AUTOCOMPLETE)
        return call.interactions.open(kind, call.user, channel, data, nonce)
    if kind == COMPONENT:
        message = call.world.message(channel, parse_snowflake(body.get("message_id"), "message_id"), call.user)
        data = _component(call, channel, message, data)
        interaction = call.interactions.open(kind, call.user, channel, data, nonce)
        interaction.message = message
        return interaction
    opener = call.interactions.modal_opener(parse_snowflake(data.get("id"), "data.id"), call.user)
    interaction = call.interactions.open(kind, call.user, channel, _modal(call, channel, opener, data), nonce)
    interaction.opened_by, interaction.message = opener, opener.message
    return interaction


def _component(call: Call, channel: Channel, message: Message, data: Json) -> Json:
    component = find(message.components, str(data.get("custom_id")))
    if component is None or component.get("disabled") or message.author is not call.world.bot:
        raise field_error("data.custom_id", "COMPONENT_VALIDATION_FAILED", "Component validation failed")
    payload: Json = {"custom_id": component["custom_id"], "component_type": component["type"], "id": component["id"]}
    if component["type"] not in SELECTS:
        return payload
    values = [str(value) for value in data.get("values") or []]
    _check_values(component, values)
    payload["values"] = values
    if component["type"] != STRING_SELECT:
        payload["resolved"] = _resolved(call, channel, values)
    return payload


def _resolved(call: Call, channel: Channel, values: list[str]) -> Json:
    """`resolved` for the selected users, roles and channels."""
    reader = Invocation(call.world, call.user, channel, {}, call.viewer)
    for value in values:
        reader.resolve(parse_snowflake(value, "data.values"), "data.values")
    reader.form.check()
    return reader.resolved


def _check_values(component: Json, values: list[str]) -> None:
    offered = [str(option["value"]) for option in component.get("options") or []]
    right_count = component["min_values"] <= len(values) <= component["max_values"]
    if not right_count or (offered and not set(values) <= set(offered)):
        raise field_error("data.values", "COMPONENT_VALIDATION_FAILED", "Component validation failed")


def _modal(call: Call, channel: Channel, opener: Interaction, data: Json) -> Json:
    assert opener.modal is not None
    if data.get("custom_id") != opener.modal["custom_id"]:
        raise field_error("data.custom_id", "COMPONENT_VALIDATION_FAILED", "Component validation failed")
    components, chosen = data.get("components") or [], list[str]()
    for entered in _inputs(components):
        asked = find(opener.modal["components"], str(entered["custom_id"])) or {}
        value = entered.get("value")
        if asked.get("type") == TEXT_INPUT:
            _check_entered(asked, str(value or ""))
        if asked.get("type") in SELECTS and asked["type"] != STRING_SELECT:
            chosen += [str(value) for value in entered.get("values") or []]
    resolved = _resolved(call, channel, chosen)
    return {"custom_id": data["custom_id"], "components": components, "resolved": resolved}


def _check_entered(asked: Json, value: str) -> None:
    form, least = Form(), asked.get("min_length") or int(asked.get("required", True))
    if value or asked.get("required", True):
        most = asked.get("max_length", MAX_INPUT_LENGTH)
        form.length(f"data.components.{asked['custom_id']}.value", value, most, least)
    form.check()


def _inputs(components: list[Json]) -> list[Json]:
    inner = [part for c in components for part in (*(c.get("components") or ()), c.get("component")) if part]
    return [part for part in inner if part.get("custom_id")]


# The application's endpoints. They take no Authorization header: the interaction token is in the path.


def callback(call: Call) -> Response:
    interaction = call.interactions.awaiting_callback(call.id("interaction_id"), call.path["token"])
    kind = call.fields.get("type")
    form = Form()
    form.choice("type", kind, _allowed_callbacks(interaction))
    form.check()
    message = _respond(call, interaction, kind)
    if call.query.get("with_response", "").lower() not in ("1", "true"):
        return NO_CONTENT
    return 200, _callback_payload(call, interaction, message, kind)


def _allowed_callbacks(interaction: Interaction) -> tuple[int, ...]:
    if interaction.type == AUTOCOMPLETE:
        return (CHOICES,)
    kinds: tuple[int, ...] = (PONG, MESSAGE, DEFERRED_MESSAGE)
    if interaction.message is not None:
        kinds += (DEFERRED_UPDATE, UPDATE)
    return kinds if interaction.type == MODAL else (*kinds, SHOW_MODAL)


def _respond(call: Call, interaction: Interaction, kind: Any) -> Message | None:
    interactions, data = call.interactions, call.fields.get("data") or {}
    if kind == MESSAGE:
        return interactions.reply(interaction, read_draft(data, call.uploads))
    if kind == UPDATE:
        return interactions.update(interaction, read_draft(data, call.uploads))
    if kind == DEFERRED_MESSAGE:
        return interactions.defer_reply(interaction, int(data.get("flags") or 0))
    if kind == DEFERRED_UPDATE:
        interactions.defer_update(interaction)
    elif kind == CHOICES:
        interactions.choices(interaction, _choices(data.get("choices") or []))
    elif kind == SHOW_MODAL:
        form = Form()
        check_modal(form, data)
        form.check()
        interactions.show_modal(interaction, data)
    return None


def _choices(choices: list[Json]) -> list[Json]:
    form = Form()
    form.length("data.choices", choices, 25)
    for index, choice in enumerate(choices):
        form.length(f"data.choices.{index}.name", choice.get("name"), 100, 1)
        if isinstance(choice.get("value"), str):
            form.length(f"data.choices.{index}.value", choice["value"], 100, 1)
    form.check()
    return choices


def _callback_payload(call: Call, interaction: Interaction, message: Message | None, kind: Any) -> Json:
    about: Json = {"id": str(interaction.id), "type": interaction.type}
    if message is None:
        return {"interaction": about}
    about |= {
        "response_message_id": str(message.id),
        "response_message_loading": bool(message.flags & MessageFlag.LOADING),
        "response_message_ephemeral": message.visible_to is not None,
        "channel_id": str(interaction.channel.id),
    }
    if interaction.channel.guild_id:
        about["guild_id"] = str(interaction.channel.guild_id)
    if kind not in (MESSAGE, UPDATE):
        return {"interaction": about}
    return {"interaction": about, "resource": {"type": kind, "message": call.render(message)}}


def _interaction(call: Call) -> Interaction:
    if call.id("application_id") != call.world.application.id:
        raise ApiError(ErrorCode.UNKNOWN_WEBHOOK)
    return call.interactions.by_token(call.path["token"])


def follow_up(call: Call) -> Response:
    interaction = _interaction(call)
    draft = read_draft(call.fields, call.uploads)
    if draft.empty:
        raise ApiError(ErrorCode.EMPTY_MESSAGE)
    message = call.interactions.follow_up(interaction, draft)
    # the webhook of an interaction always returns the message, as with wait=true
    return 200, call.render(message)


def get_response(call: Call) -> Response:
    interaction = _interaction(call)
    return 200, call.render(call.interactions.response_message(interaction, call.path["message_id"]))


def edit_response(call: Call) -> Response:
    interaction = _interaction(call)
    message = call.interactions.response_message(interaction, call.path["message_id"])
    draft = read_draft(call.fields, call.uploads)
    call.interactions.check_edit(interaction, message, draft)
    return 200, call.render(edit(call.world, message, draft))


def delete_response(call: Call) -> Response:
    call.interactions.delete_response(_interaction(call), call.path["message_id"])
    return NO_CONTENT


WEBHOOK = "/webhooks/{application_id}/{token}"
RESPONSE = WEBHOOK + "/messages/{message_id}"
ROUTES = (
    Route("POST", "/interactions", create_interaction, body=INTERACTION),
    Route("POST", "/interactions/{interaction_id}/{token}/callback", callback, open=True, body=CALLBACK),
    Route("POST", WEBHOOK, follow_up, bucket="webhooks", open=True, body=MESSAGE_BODY),
    Route("GET", RESPONSE, get_response, open=True),
    Route("PATCH", RESPONSE, edit_response, bucket="webhooks", open=True, body=MESSAGE_BODY),
    Route("DELETE", RESPONSE, delete_response, bucket="webhooks", open=True),
)
