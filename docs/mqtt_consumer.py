"""Print every ONU that is not online, and every outage: `python mqtt_consumer.py HOST [PORT]`.

Needs `pip install aiomqtt`. All states are retained, so every connection begins from nothing: the
broker tells everything that there is, and what it does not tell has gone meanwhile.
"""

import asyncio
import json
import sys

import aiomqtt

TOPICS = ("turnpike/+/onu/+", "turnpike/+/outage/+", "turnpike/collector/+")
AGAIN_SECONDS = 2.0


async def main(host: str, port: int) -> None:
    """Follow the broker until Ctrl-C."""
    while True:
        versions: dict[str, int] = {}
        try:
            async with aiomqtt.Client(host, port) as client:
                for topic in TOPICS:
                    await client.subscribe(topic, qos=1)
                async for message in client.messages:
                    hear(str(message.topic), message.payload, versions)
        except aiomqtt.MqttError as error:
            print(f"{host}:{port}: {error}; again soon", file=sys.stderr)
            await asyncio.sleep(AGAIN_SECONDS)


def hear(topic: str, payload: bytes, versions: dict[str, int]) -> None:
    """One message: a version is acted on once, and what is gone is forgotten."""
    if not payload:
        versions.pop(topic, None)
        print(topic, "gone", flush=True)
        return
    said = json.loads(payload)
    if versions.get(topic) == said["version"]:
        return
    versions[topic] = said["version"]
    if said["state"] != "online":
        print(topic, said["state"], "since", said["at"], flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1883))
