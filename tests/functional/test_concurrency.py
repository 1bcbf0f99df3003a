import asyncio
import threading
from collections.abc import Sequence
from dataclasses import replace

import httpx
import numpy as np
import numpy.typing as npt
from fastapi import FastAPI

from maskservice.app import create_app
from maskservice.classifier import Classifier
from maskservice.settings import Settings
from tests import pictures


async def classify(client: httpx.AsyncClient, picture: bytes) -> httpx.Response:
    return await client.post("/v1/classify", content=picture, headers={"content-type": "image/jpeg"})


def test_requests_side_by_side_get_their_own_answers(app: FastAPI) -> None:
    crops = [pictures.jpeg(50 + index, 50, seed=index) for index in range(12)]

    async def run() -> list[httpx.Response]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            return await asyncio.gather(*(classify(client, crop) for crop in crops))

    answers = [response.json() for response in asyncio.run(run())]
    assert [answer["results"][0]["width"] for answer in answers] == [50 + index for index in range(12)]
    assert len({answer["request_id"] for answer in answers}) == 12


class HeldSession:
    """Answers only once it is released."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.released = threading.Event()

    def run(
        self,
        output_names: Sequence[str] | None,  # noqa: ARG002
        input_feed: dict[str, npt.NDArray[np.float32]],
    ) -> list[npt.NDArray[np.float32]]:
        self.entered.set()
        assert self.released.wait(10)
        return [np.zeros((len(input_feed["pixels"]), 4), dtype=np.float32)]


def test_more_requests_than_fit_are_told_to_come_back(settings: Settings, classifier: Classifier) -> None:
    session = HeldSession()
    app = create_app(replace(settings, max_requests=1), Classifier(session, "pixels", classifier.card, "00"))

    async def run() -> tuple[httpx.Response, int, int]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            judged = asyncio.create_task(classify(client, pictures.jpeg()))
            await asyncio.to_thread(session.entered.wait, 10)
            refused = await classify(client, pictures.jpeg())
            session.released.set()
            return refused, (await judged).status_code, (await classify(client, pictures.jpeg())).status_code

    refused, judged, after = asyncio.run(run())
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
    assert refused.json()["type"] == "/problems/server-busy"
    assert (judged, after) == (200, 200)


def test_health_answers_while_a_crop_is_judged(settings: Settings, classifier: Classifier) -> None:
    session = HeldSession()
    app = create_app(settings, Classifier(session, "pixels", classifier.card, "00"))

    async def run() -> tuple[int, int]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            judged = asyncio.create_task(classify(client, pictures.jpeg()))
            await asyncio.to_thread(session.entered.wait, 10)
            health = await client.get("/health")
            session.released.set()
            return health.status_code, (await judged).status_code

    assert asyncio.run(run()) == (200, 200)
