"""Run by Home Assistant's own Python: a real core against a broker; what does its API say?

``core.py FOLDER BROKER_PORT HTTP_PORT ENTITIES``: waits until so many entities have a state,
writes ``/api/states`` to FOLDER/states.json, turns a switch and presses a button. Home Assistant
before 2024.11 does not know device discovery, so the announcement is taken apart here as later
versions do by themselves.
"""

# ruff: noqa: ASYNC240 - a file or two, once
import asyncio
import json
import sys
from pathlib import Path

import aiohttp
from homeassistant import bootstrap, config_entries
from homeassistant.components import mqtt
from homeassistant.runner import RuntimeConfig

PATIENCE_S = 60
SHARED = ("device", "origin", "availability_topic")


async def main(folder: str, broker: int, http: int, wanted: int) -> None:
    server = f"http:\n  server_host: 127.0.0.1\n  server_port: {http}\n"
    Path(folder, "configuration.yaml").write_text(server + "api:\n", encoding="utf-8")
    hass = await bootstrap.async_setup_hass(
        RuntimeConfig(config_dir=folder, skip_pip=False, safe_mode=False)
    )
    await hass.async_start()
    entry = config_entries.ConfigEntry(
        version=1,
        minor_version=1,
        domain="mqtt",
        title="drill",
        data={"broker": "127.0.0.1", "port": broker, "discovery": True},
        source="user",
    )
    await hass.config_entries.async_add(entry)

    async def take_apart(message: mqtt.ReceiveMessage) -> None:
        payload = json.loads(message.payload)
        name = message.topic.split("/")[2]
        common = {key: payload[key] for key in SHARED}
        for each, entity in payload["components"].items():
            platform = entity.pop("platform")
            topic = f"homeassistant/{platform}/{name}/{each}/config"
            await mqtt.async_publish(hass, topic, json.dumps({**common, **entity}), 1, retain=False)

    await mqtt.async_subscribe(hass, "homeassistant/device/+/config", take_apart, 1)
    # sensors that are off by default do not show up; the API shows the rest
    for _ in range(PATIENCE_S):
        await asyncio.sleep(1)
        ours = [s for s in hass.states.async_all() if s.object_id.startswith("pi_7c1f3a_")]
        if sum(s.state not in {"unknown", "unavailable"} for s in ours) >= wanted:
            break
    user = await hass.auth.async_create_system_user("drill", group_ids=["system-admin"])
    refresh = await hass.auth.async_create_refresh_token(user)
    token = hass.auth.async_create_access_token(refresh)
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{http}/api/states", headers=headers) as answer,
    ):
        Path(folder, "states.json").write_text(await answer.text(), encoding="utf-8")
        for domain, service, name in (
            ("switch", "turn_off", "switch.pi_7c1f3a_alerts"),
            ("button", "press", "button.pi_7c1f3a_ack"),
        ):
            url = f"http://127.0.0.1:{http}/api/services/{domain}/{service}"
            await session.post(url, headers=headers, json={"entity_id": name})
    await asyncio.sleep(1)  # paho's thread sends what was pressed
    await hass.async_stop(force=True)


asyncio.run(main(sys.argv[1], *map(int, sys.argv[2:])))
