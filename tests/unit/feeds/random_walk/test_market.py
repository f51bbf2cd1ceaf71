"""The companies of the simulated market."""

from __future__ import annotations

import pytest

from feeds.random_walk.market import COMPANIES, LOADINGS, company, symbols
from ticker.model import is_symbol


def test_there_are_100_well_known_companies_with_plausible_figures() -> None:
    assert len(COMPANIES) == 100
    assert {"AAPL", "MSFT", "NVDA", "AMZN", "GOOGL", "TSLA", "JPM", "BRK.B", "SPY"} <= set(COMPANIES)
    for symbol, known in COMPANIES.items():
        assert known.symbol == symbol
        assert is_symbol(symbol)
        assert known.sector in LOADINGS
        assert 5 < known.price < 6000
        assert known.price == round(known.price, 2)
        assert 0.1 < known.volatility < 1
        assert 1 <= known.spread_cents < 0.002 * known.price * 100 + 2
        assert known.weight > 0


def test_the_most_active_companies_come_first() -> None:
    weights = [known.weight for known in COMPANIES.values()]
    assert weights == sorted(weights, reverse=True)


def test_the_three_parts_of_the_variance_add_up_to_1() -> None:
    for loading in LOADINGS.values():
        assert loading.own > 0.2
        assert loading.market**2 + loading.sector**2 + loading.own**2 == pytest.approx(1)


def test_further_symbols_are_numbered() -> None:
    """A larger market contains the smaller one."""
    assert symbols(3) == list(COMPANIES)[:3]
    assert symbols(103) == [*COMPANIES, "SYM0101", "SYM0102", "SYM0103"]
    assert len(set(symbols(12_000))) == 12_000
    assert symbols(12_000)[-1] == "SYM12000"


def test_any_other_symbol_has_plausible_and_constant_figures() -> None:
    """Derived from the name alone."""
    for name in ("SYM0101", "ZZZ", "日経", "x" * 64):
        made = company(name)
        assert made == company(name)
        assert made.symbol == name
        assert 2 <= made.price <= 3000
        assert 0.12 <= made.volatility <= 1.2
        assert made.spread_cents >= 1
        assert made.weight > 0
        assert made.sector in LOADINGS
    assert company("SYM0101").price == 329.25
