"""Money: the table of prices and the meter that never lets a limit be overrun."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.assignment import Limits
from agents.endings import LimitReached
from agents.errors import UnknownModel
from agents.meter import BYTES_PER_TOKEN, Meter
from agents.outcome import Usage
from agents.prices import DEFAULT_PRICES, Price, PriceTable

COUNTS = st.integers(min_value=0, max_value=2_000_000)
USAGES = st.builds(
    Usage, input_tokens=COUNTS, output_tokens=COUNTS, cache_read_tokens=COUNTS, cache_write_tokens=COUNTS
)
PRICES = st.sampled_from(sorted(DEFAULT_PRICES)).map(DEFAULT_PRICES.__getitem__)


def test_a_known_price() -> None:
    usage = Usage(
        input_tokens=1_000_000, output_tokens=100_000, cache_read_tokens=1_000_000, cache_write_tokens=1_000_000
    )
    assert PriceTable().price("claude-opus-5-5").cost(usage) == pytest.approx(4.0 + 2.0 + 0.2 + 5.0)


def test_long_prompts_cost_more_where_the_vendor_says_so() -> None:
    price = PriceTable().price("claude-haiku-5-5")
    short, long = Usage(input_tokens=100_000), Usage(input_tokens=60_000, cache_read_tokens=40_001)
    assert price.cost(short) == pytest.approx(0.01)
    assert price.cost(long) == pytest.approx(0.06 * 0.5 + 0.040001 * 0.05)


def test_settings_lay_their_prices_over_the_table() -> None:
    own = Price(1.0, 2.0, 3.0, 4.0)
    table = PriceTable({"claude-opus-5-5": own, "house-model": own})
    assert table.price("claude-opus-5-5") is own
    assert table.price("house-model") is own
    assert table.price("claude-opus-5") is DEFAULT_PRICES["claude-opus-5"]


def test_a_model_without_a_price_is_refused_with_the_remedy() -> None:
    with pytest.raises(UnknownModel, match=r"'gpt-x' has no price.*add its dollars.*claude-opus-5-5"):
        PriceTable().price("gpt-x")


@settings(max_examples=100, deadline=None)
@given(PRICES, USAGES)
def test_the_ceiling_is_never_below_the_cost(price: Price, usage: Usage) -> None:
    ceiling = price.ceiling(usage.prompt_tokens, usage.output_tokens)
    assert ceiling >= price.cost(usage) - 1e-9


@settings(max_examples=100, deadline=None)
@given(
    PRICES,
    st.floats(min_value=0, max_value=50),
    st.lists(st.tuples(st.integers(1, 400_000), st.integers(1, 60_000), st.booleans()), max_size=12),
)
def test_no_sequence_of_calls_overruns_the_limit(
    price: Price, limit: float, calls: list[tuple[int, int, bool]]
) -> None:
    meter = Meter(Limits(max_cost_usd=limit), price)
    for size, written, cached in calls:
        try:
            meter.reserve(size, written)
        except LimitReached:
            break
        tokens = int(size / BYTES_PER_TOKEN)
        meter.record(
            Usage(
                input_tokens=0 if cached else tokens,
                cache_write_tokens=tokens if cached else 0,
                output_tokens=written,
            ),
            answered=True,
        )
    assert meter.usage.cost_usd <= limit + 1e-9


def test_calls_and_time_are_limits_too() -> None:
    now = [0.0]
    price = PriceTable().price("claude-sonnet-5-5")
    meter = Meter(Limits(max_calls=1, wall_seconds=10), price, clock=lambda: now[0])
    meter.check_calls()
    meter.record(Usage(input_tokens=1), answered=False)
    meter.check_calls()
    meter.record(Usage(input_tokens=1), answered=True)
    with pytest.raises(LimitReached, match="All 1 calls"):
        meter.check_calls()
    meter.check_time()
    now[0] = 10.0
    with pytest.raises(LimitReached, match="10 seconds"):
        meter.check_time()
