"""Interactions: begun by a person, answered by the application's callback and by its webhook."""

from typing import Any

from bot.simulator.components import LONGEST_INPUT, SELECTS, TEXT_INPUT, check_modal, find
from bot.simulator.drafts import read_draft
from bot.simulator.errors import ApiError, Form, Json, Refusal, refuse_field, snowflake
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
from bot.simulator.rest.call import NO_CONTENT, Answer, Call, Route
from bot.simulator.shapes import CALLBACK, INTERACTION
from bot.simulator.shapes import MESSAGE as MESSAGE_BODY

STRING_SELECT = 3


def begin(call: Call) -> Answer:
    """What Discord's own client sends when somebody uses a command, presses a button or sends a modal in."""
    body = call.fields
    if call.user.bot:
        raise ApiError(Refusal.MISSING_ACCESS)
    if str(body.get("application_id")) != str(call.world.application.id):
        raise ApiError(Refusal.UNKNOWN_APPLICATION)
    call.path["channel_id"] = str(body.get("channel_id"))
    channel = call.channel()
    kind = body.get("type")
    form = Form()
    form.choice("type", kind, (COMMAND, COMPONENT, AUTOCOMPLETE, MODAL))
    form.check()
    if channel.thread and channel.thread.archived:
        raise ApiError(Refusal.THREAD_ARCHIVED)
    call.island.interactions.announce(_open(call, channel, int(kind or 0), body))
    return NO_CONTENT


def _open(call: Call, channel: Channel, kind: int, body: Json) -> Interaction:
    data, nonce = body.get("data") or {}, body.get("nonce")
    if kind in (COMMAND, AUTOCOMPLETE):
        reader = Invocation(call.world, call.user, channel, call.uploads, call.viewer)
        data = reader.read(data, completing=kind == AUTOCOMPLETE)
        return call.island.interactions.open(kind, call.user, channel, data, nonce)
    if kind == COMPONENT:
        message = call.world.message(channel, snowflake(body.get("message_id"), "message_id"), call.user)
        data = _component(call, channel, message, data)
        interaction = call.island.interactions.open(kind, call.user, channel, data, nonce)
        interaction.message = message
        return interaction
    opener = call.island.interactions.opener(snowflake(data.get("id"), "data.id"), call.user)
    interaction = call.island.interactions.open(kind, call.user, channel, _modal(call, channel, opener, data), nonce)
    interaction.opened_by, interaction.message = opener, opener.message
    return interaction


def _component(call: Call, channel: Channel, message: Message, data: Json) -> Json:
    component = find(message.components, str(data.get("custom_id")))
    if component is None or component.get("disabled") or message.author is not call.world.bot:
        raise refuse_field("data.custom_id", "COMPONENT_VALIDATION_FAILED", "Component validation failed")
    told: Json = {"custom_id": component["custom_id"], "component_type": component["type"], "id": component["id"]}
    if component["type"] not in SELECTS:
        return told
    values = [str(value) for value in data.get("values") or []]
    _check_values(component, values)
    told["values"] = values
    if component["type"] != STRING_SELECT:
        told["resolved"] = _resolved(call, channel, values)
    return told


def _resolved(call: Call, channel: Channel, values: list[str]) -> Json:
    """The users, roles and channels that were chosen."""
    reader = Invocation(call.world, call.user, channel, {}, call.viewer)
    for value in values:
        reader.resolve(snowflake(value, "data.values"), "data.values")
    reader.form.check()
    return reader.resolved


def _check_values(component: Json, values: list[str]) -> None:
    offered = [str(option["value"]) for option in component.get("options") or []]
    right_count = component["min_values"] <= len(values) <= component["max_values"]
    if not right_count or (offered and not set(values) <= set(offered)):
        raise refuse_field("data.values", "COMPONENT_VALIDATION_FAILED", "Component validation failed")


def _modal(call: Call, channel: Channel, opener: Interaction, data: Json) -> Json:
    assert opener.modal is not None
    if data.get("custom_id") != opener.modal["custom_id"]:
        raise refuse_field("data.custom_id", "COMPONENT_VALIDATION_FAILED", "Component validation failed")
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
        most = asked.get("max_length", LONGEST_INPUT)
        form.length(f"data.components.{asked['custom_id']}.value", value, most, least)
    form.check()


def _inputs(components: list[Json]) -> list[Json]:
    inner = [part for c in components for part in (*(c.get("components") or ()), c.get("component")) if part]
    return [part for part in inner if part.get("custom_id")]


# The application's side: no token in the header, the interaction's own in the address


def callback(call: Call) -> Answer:
    interaction = call.island.interactions.of_callback(call.id("interaction_id"), call.path["token"])
    kind = call.fields.get("type")
    form = Form()
    form.choice("type", kind, _allowed(interaction))
    form.check()
    message = _answer(call, interaction, kind)
    if call.query.get("with_response", "").lower() not in ("1", "true"):
        return NO_CONTENT
    return 200, _told(call, interaction, message, kind)


def _allowed(interaction: Interaction) -> tuple[int, ...]:
    if interaction.type == AUTOCOMPLETE:
        return (CHOICES,)
    kinds: tuple[int, ...] = (PONG, MESSAGE, DEFERRED_MESSAGE)
    if interaction.message is not None:
        kinds += (DEFERRED_UPDATE, UPDATE)
    return kinds if interaction.type == MODAL else (*kinds, SHOW_MODAL)


def _answer(call: Call, interaction: Interaction, kind: Any) -> Message | None:
    desk, data = call.island.interactions, call.fields.get("data") or {}
    if kind == MESSAGE:
        return desk.reply(interaction, read_draft(data, call.uploads))
    if kind == UPDATE:
        return desk.update(interaction, read_draft(data, call.uploads))
    if kind == DEFERRED_MESSAGE:
        return desk.think(interaction, int(data.get("flags") or 0))
    if kind == DEFERRED_UPDATE:
        desk.defer_update(interaction)
    elif kind == CHOICES:
        desk.choices(interaction, _choices(data.get("choices") or []))
    elif kind == SHOW_MODAL:
        form = Form()
        check_modal(form, data)
        form.check()
        desk.show_modal(interaction, data)
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


def _told(call: Call, interaction: Interaction, message: Message | None, kind: Any) -> Json:
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
    return {"interaction": about, "resource": {"type": kind, "message": call.paint(message)}}


def _by_webhook(call: Call) -> Interaction:
    if call.id("application_id") != call.world.application.id:
        raise ApiError(Refusal.UNKNOWN_WEBHOOK)
    return call.island.interactions.of_webhook(call.path["token"])


def follow_up(call: Call) -> Answer:
    interaction = _by_webhook(call)
    draft = read_draft(call.fields, call.uploads)
    if draft.empty:
        raise ApiError(Refusal.EMPTY_MESSAGE)
    message = call.island.interactions.follow_up(interaction, draft)
    # an interaction's webhook always answers with the message, as if wait=true
    return 200, call.paint(message)


def get_response(call: Call) -> Answer:
    interaction = _by_webhook(call)
    return 200, call.paint(call.island.interactions.own_message(interaction, call.path["message_id"]))


def edit_response(call: Call) -> Answer:
    interaction = _by_webhook(call)
    message = call.island.interactions.own_message(interaction, call.path["message_id"])
    draft = read_draft(call.fields, call.uploads)
    call.island.interactions.check_change(interaction, message, draft)
    return 200, call.paint(edit(call.world, message, draft))


def delete_response(call: Call) -> Answer:
    call.island.interactions.withdraw(_by_webhook(call), call.path["message_id"])
    return NO_CONTENT


WEBHOOK = "/webhooks/{application_id}/{token}"
RESPONSE = WEBHOOK + "/messages/{message_id}"
ROUTES = (
    Route("POST", "/interactions", begin, body=INTERACTION),
    Route("POST", "/interactions/{interaction_id}/{token}/callback", callback, open=True, body=CALLBACK),
    Route("POST", WEBHOOK, follow_up, limited="webhooks", open=True, body=MESSAGE_BODY),
    Route("GET", RESPONSE, get_response, open=True),
    Route("PATCH", RESPONSE, edit_response, limited="webhooks", open=True, body=MESSAGE_BODY),
    Route("DELETE", RESPONSE, delete_response, limited="webhooks", open=True),
)
