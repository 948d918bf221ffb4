"""Conversations with a router, as text: `>` is said, `<` is heard, `...` is anything more."""

import asyncio
from pathlib import Path

import pytest

from lab.routeros import RouterOs
from lab.routeros.framing import frame, read_sentence

TRANSCRIPTS = sorted(Path(__file__).parent.glob("transcripts/*.txt"))
ANYTHING = "..."


def lines_of(transcript: Path) -> list[tuple[str, list[str]]]:
    lines = [line for line in transcript.read_text().splitlines() if not line.startswith("#")]
    return [(line.split(" ", 1)[0], line.split(" ", 1)[1].split(" | ")) for line in lines]


def fits(expected: list[str], heard: list[str]) -> bool:
    if expected[-1] == ANYTHING:
        return heard[: len(expected) - 1] == expected[:-1]
    return len(expected) == len(heard) and all(
        word.startswith(wanted.removesuffix(ANYTHING))
        if wanted.endswith(ANYTHING)
        else word == wanted
        for wanted, word in zip(expected, heard, strict=True)
    )


@pytest.mark.parametrize("transcript", TRANSCRIPTS, ids=lambda path: path.stem)
async def test_a_conversation_goes_as_written(transcript):
    (_, (version,)), *conversation = lines_of(transcript)
    async with RouterOs(password="lab", version=version) as router:
        reader, writer = await asyncio.open_connection(router.address, router.port)
        for direction, words in conversation:
            if direction == ">":
                writer.write(frame(words))
                continue
            async with asyncio.timeout(60):
                heard = await read_sentence(reader)
            assert fits(words, heard), f"{words} expected, {heard} heard"
        writer.close()
