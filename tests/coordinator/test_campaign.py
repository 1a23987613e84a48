from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from coordinator.campaign.campaign import Campaign
from coordinator.campaign.settings import Settings
from coordinator.errors import CampaignBusy

if TYPE_CHECKING:
    from pathlib import Path


def test_looking_whether_a_campaign_runs_keeps_nobody_from_running_it(tmp_path: Path) -> None:
    campaign, over = Campaign(tmp_path, Settings()), threading.Event()

    def look() -> None:
        while not over.is_set():
            campaign.is_running()

    with campaign.lock():
        assert campaign.is_running()
        with pytest.raises(CampaignBusy), campaign.lock():
            pass
    lookers = [threading.Thread(target=look) for _ in range(4)]
    for each in lookers:
        each.start()
    try:
        for _ in range(200):
            with campaign.lock():
                pass
    finally:
        over.set()
        for each in lookers:
            each.join()
