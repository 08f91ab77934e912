"""Interactions: a person opens one, the application must acknowledge it within 3 s and can respond for 15 minutes.

Discord docs: Receiving and Responding to Interactions.
"""

import asyncio
import secrets

from bot.simulator.components import with_defaults
from bot.simulator.drafts import Draft
from bot.simulator.errors import ApiError, ErrorCode, Json
from bot.simulator.messages import delete, dispatch_message, edit, post, render, would_be_empty
from bot.simulator.objects import CHAT_INPUT_COMMAND, DEFAULT, DM, Channel, Interaction, Message, MessageFlag, User
from bot.simulator.payloads import (
    FILE_LIMIT,
    Viewer,
    channel_payload,
    member_payload,
    partial_application_payload,
    user_payload,
)
from bot.simulator.permissions import Permission, channel_permissions
from bot.simulator.world import Event, World

PING, COMMAND, COMPONENT, AUTOCOMPLETE, MODAL = 1, 2, 3, 4, 5
RETENTION = 3600.0  # seconds; a modal may stay open for longer than its interaction token is valid
PONG, MESSAGE, DEFERRED_MESSAGE, DEFERRED_UPDATE, UPDATE, CHOICES, SHOW_MODAL = 1, 4, 5, 6, 7, 8, 9


class Interactions:
    def __init__(self, world: World, ack_window: float = 3.0, token_life: float = 900.0) -> None:
        self.world = world
        self.ack_window, self.token_life = ack_window, token_life
        self._by_token: dict[str, Interaction] = {}

    def close(self) -> None:
        for interaction in self._by_token.values():
            interaction.ack_timer.cancel()

    # Opened by a person

    def open(self, interaction_type: int, user: User, channel: Channel, data: Json, nonce: str | None) -> Interaction:
        self._drop_expired()
        token = secrets.token_urlsafe(64)
        loop = asyncio.get_running_loop()
        interaction = Interaction(
            self.world.ids.next(), token, interaction_type, user, channel, loop.time(), nonce, data
        )
        self._by_token[token] = interaction
        interaction.ack_timer = loop.call_later(self.ack_window, self._fail_unacknowledged, interaction)
        return interaction

    def _drop_expired(self) -> None:
        for token, old in list(self._by_token.items()):
            if self._age(old) <= max(self.token_life, RETENTION):
                break
            del self._by_token[token]

    def dispatch(self, interaction: Interaction) -> None:
        self._dispatch_to_user("INTERACTION_CREATE", interaction)
        to_bot = frozenset({self.world.bot.id})
        guild_id = interaction.channel.guild_id
        self.world.dispatch(
            Event("INTERACTION_CREATE", lambda viewer: self._payload(interaction, viewer), guild_id, only=to_bot)
        )

    def _fail_unacknowledged(self, interaction: Interaction) -> None:
        if not interaction.acknowledged:
            self._dispatch_to_user("INTERACTION_FAILURE", interaction, {"reason_code": 1})

    def _dispatch_to_user(self, event: str, interaction: Interaction, extra: Json | None = None) -> None:
        payload = {"id": str(interaction.id), "nonce": interaction.nonce} | (extra or {})
        self.world.dispatch_to_users(event, (interaction.user,), lambda viewer: payload)

    # Responses of the application

    def awaiting_callback(self, interaction_id: int, token: str) -> Interaction:
        """The interaction, if its initial response can still be sent. Raises 10062 or 40060."""
        interaction = self._by_token.get(token)
        if interaction is None or interaction.id != interaction_id:
            raise ApiError(ErrorCode.UNKNOWN_INTERACTION)
        if interaction.acknowledged:
            raise ApiError(ErrorCode.ALREADY_ACKNOWLEDGED)
        if self._age(interaction) > self.ack_window:
            raise ApiError(ErrorCode.UNKNOWN_INTERACTION)
        return interaction

    def by_token(self, token: str) -> Interaction:
        """The interaction of a valid token, for edits and follow-ups. Raises 50027 or 10015."""
        interaction = self._by_token.get(token)
        if interaction is None or self._age(interaction) > self.token_life:
            raise ApiError(ErrorCode.INVALID_WEBHOOK_TOKEN)
        if not interaction.acknowledged:
            raise ApiError(ErrorCode.UNKNOWN_WEBHOOK)
        return interaction

    def _age(self, interaction: Interaction) -> float:
        return asyncio.get_running_loop().time() - interaction.opened_at

    def acknowledge(self, interaction: Interaction) -> None:
        interaction.acknowledged = True
        interaction.ack_timer.cancel()
        self._dispatch_to_user("INTERACTION_SUCCESS", interaction)

    def reply(self, interaction: Interaction, draft: Draft) -> Message:
        """Respond with a message."""
        if draft.empty:
            raise ApiError(ErrorCode.EMPTY_MESSAGE)
        self._check_channel(interaction)
        self.acknowledge(interaction)
        interaction.original = post(self.world, interaction.channel, self.world.bot, draft, interaction)
        return interaction.original

    def defer_reply(self, interaction: Interaction, flags: int) -> Message:
        """Send a deferred response: a loading message that the first edit or follow-up replaces."""
        self._check_channel(interaction)
        self.acknowledge(interaction)
        message = Message(self.world.ids.next(), interaction.channel.id, self.world.bot, interaction=interaction)
        message.type = CHAT_INPUT_COMMAND if interaction.type == COMMAND else DEFAULT
        message.flags = int(MessageFlag.LOADING) | flags & MessageFlag.EPHEMERAL
        if flags & MessageFlag.EPHEMERAL:
            message.visible_to = interaction.user.id
        interaction.channel.messages[message.id] = message
        interaction.original = message
        dispatch_message(self.world, "MESSAGE_CREATE", interaction.channel, message)
        return message

    def defer_update(self, interaction: Interaction) -> None:
        self.acknowledge(interaction)
        interaction.original = interaction.message

    def update(self, interaction: Interaction, draft: Draft) -> Message:
        """Respond by editing the message whose component was used."""
        assert interaction.message is not None
        self.check_edit(interaction, interaction.message, draft)
        self.acknowledge(interaction)
        interaction.original = edit(self.world, interaction.message, draft)
        return interaction.original

    def choices(self, interaction: Interaction, choices: list[Json]) -> None:
        self.acknowledge(interaction)
        payload = {"choices": choices, "nonce": interaction.nonce}
        self.world.dispatch_to_users(
            "APPLICATION_COMMAND_AUTOCOMPLETE_RESPONSE", (interaction.user,), lambda viewer: payload
        )

    def show_modal(self, interaction: Interaction, modal: Json) -> None:
        self.acknowledge(interaction)
        interaction.modal = modal | {"components": with_defaults(modal["components"])}
        payload = {
            "id": str(interaction.id),
            "nonce": interaction.nonce,
            "channel_id": str(interaction.channel.id),
            "application": partial_application_payload(self.world.application),
        } | interaction.modal
        self.world.dispatch_to_users("INTERACTION_MODAL_CREATE", (interaction.user,), lambda viewer: payload)

    def modal_opener(self, interaction_id: int, user: User) -> Interaction:
        """The interaction that showed this user a modal. Raises 10062."""
        for interaction in self._by_token.values():
            if interaction.id == interaction_id and interaction.user is user and interaction.modal:
                return interaction
        raise ApiError(ErrorCode.UNKNOWN_INTERACTION)

    def check_edit(self, interaction: Interaction, message: Message, draft: Draft) -> None:
        """Raise if the message is deleted, cannot be edited or would become empty."""
        self._check_channel(interaction)
        if message.deleted:
            raise ApiError(ErrorCode.UNKNOWN_MESSAGE)
        if would_be_empty(message, draft):
            raise ApiError(ErrorCode.EMPTY_MESSAGE)

    def _check_channel(self, interaction: Interaction) -> None:
        """Raise if the interaction's channel is deleted, archived or locked."""
        channel = self.world.channel(interaction.channel.id)
        if channel.thread and channel.thread.archived:
            raise ApiError(ErrorCode.THREAD_ARCHIVED)
        manages = self.world.permissions(self.world.bot, channel) & Permission.MANAGE_THREADS
        if channel.thread and channel.thread.locked and not manages:
            raise ApiError(ErrorCode.THREAD_LOCKED)

    def follow_up(self, interaction: Interaction, draft: Draft) -> Message:
        """Send a follow-up message; the first one after a deferred response replaces the loading message."""
        self._check_channel(interaction)
        original = interaction.original
        if original is not None and not original.deleted and original.flags & MessageFlag.LOADING:
            return edit(self.world, original, draft)
        return post(self.world, interaction.channel, self.world.bot, draft, interaction)

    def response_message(self, interaction: Interaction, which: str) -> Message:
        """The message by `@original` or id: a response of this token, or the message whose component was used."""
        if which == "@original":
            message = interaction.original
        else:
            message = interaction.channel.messages.get(int(which)) if which.isdigit() else None
        if message is None or message.deleted:
            raise ApiError(ErrorCode.UNKNOWN_MESSAGE)
        if message not in (interaction.original, interaction.message) and message.interaction is not interaction:
            raise ApiError(ErrorCode.UNKNOWN_MESSAGE)
        return message

    def delete_response(self, interaction: Interaction, which: str) -> None:
        delete(self.world, self.response_message(interaction, which))

    # INTERACTION_CREATE payload

    def _payload(self, interaction: Interaction, viewer: Viewer) -> Json:
        channel, guild = interaction.channel, self.world.guild_of(interaction.channel)
        payload: Json = {
            "id": str(interaction.id),
            "application_id": str(self.world.application.id),
            "type": interaction.type,
            "token": interaction.token,
            "version": 1,
            "data": interaction.data,
            "channel_id": str(channel.id),
            "channel": channel_payload(channel, viewer),
            "locale": "en-US",
            "entitlements": [],
            "attachment_size_limit": FILE_LIMIT,
            "authorizing_integration_owners": {"0": str(guild.id if guild else 0)},
            "context": 1 if channel.type == DM else 0,
            "app_permissions": str(channel_permissions(channel, guild, self.world.bot)),
        }
        if interaction.message:
            # apps always get the content of the messages that carry their components
            unrestricted = Viewer(viewer.user, viewer.origin)
            payload["message"] = render(self.world, interaction.message, unrestricted)
        return payload | self._invoking_user(interaction)

    def _invoking_user(self, interaction: Interaction) -> Json:
        guild, user = self.world.guild_of(interaction.channel), interaction.user
        if guild is None:
            return {"user": user_payload(user)}
        permissions = str(channel_permissions(interaction.channel, guild, user))
        return {
            "guild_id": str(guild.id),
            "guild": {"id": str(guild.id), "locale": "en-US", "features": []},
            "guild_locale": "en-US",
            "member": member_payload(guild.members[user.id]) | {"permissions": permissions},
        }
