"""The CDN: attachments behind signed URLs that expire (Discord docs: Reference, Signed Attachment CDN URLs)."""

import time

from aiohttp import web

from bot.simulator.message_payload import link_signature
from bot.simulator.world import World

GONE = "This content is no longer available."


class Cdn:
    def __init__(self, world: World) -> None:
        self.world = world

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/cdn/attachments/{channel_id:\\d+}/{id:\\d+}/{filename}", self.get)]

    async def get(self, request: web.Request) -> web.Response:
        attachment = self.world.attachments.get(int(request.match_info["id"]))
        if attachment is None or not self._is_valid(request):
            return web.Response(status=404, text=GONE)
        content_type = attachment.content_type or "application/octet-stream"
        return web.Response(body=attachment.content, headers={"Content-Type": content_type})

    def _is_valid(self, request: web.Request) -> bool:
        expires, issued = request.query.get("ex", ""), request.query.get("is", "")
        if request.query.get("hm") != link_signature(int(request.match_info["id"]), expires, issued):
            return False
        return int(expires, 16) > time.time()
