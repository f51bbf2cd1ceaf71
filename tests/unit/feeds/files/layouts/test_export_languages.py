"""Exports of daily bars in other languages, as investing.com, Stooq, Ariva and Boursorama have them."""

from __future__ import annotations

import pytest

from tests.support.fake_source import read
from tests.support.samples import at
from ticker.errors import FeedError

#: Name, header, and how a date, a price and a volume are written.
INVESTING = [
    ("Allianz Historische Daten", "Datum,Zuletzt,Eröffn.,Hoch,Tief,Vol.,+/- %", "15.01.2024", ",", "Allianz"),
    ("Datos históricos SAN", "Fecha,Último,Apertura,Máximo,Mínimo,Vol.,% var.", "15.01.2024", ",", "SAN"),
    ("ENI Dati Storici", "Data,Ultimo,Apertura,Massimo,Minimo,Vol.,Var. %", "15.01.2024", ",", "ENI"),
    ("TTE - Données Historiques", "Date,Dernier,Ouv., Plus Haut,Plus Bas,Vol.,Variation %", "15/01/2024", ",", "TTE"),
    ("PETR4 Dados Históricos", "Data,Último,Abertura,Máxima,Mínima,Vol.,Var%", "15.01.2024", ",", "PETR4"),
    ("ASML historische gegevens", "Datum,Laatste,Open,Hoog,Laag,Vol.,% Var.", "15-01-2024", ",", "ASML"),
    ("THYAO Geçmiş Verileri", "Tarih,Şimdi,Açılış,Yüksek,Düşük,Hac.,Fark %", "15.01.2024", ",", "THYAO"),
    ("SBER прошлые данные", "Дата,Цена,Откр.,Макс.,Мин.,Объём,Изм. %", "15.01.2024", ",", "SBER"),
    ("KGHM - dane historyczne", "Data,Ostatnio,Otwarcie,Max.,Min.,Wol.,Zmiana%", "15.01.2024", ",", "KGHM"),
    ("7203 過去データ", "日付け,終値,始値,高値,安値,出来高,変化率 %", "2024年01月15日", ".", "7203"),
    ("600519 历史数据", "日期,收盘,开盘,高,低,交易量,涨跌幅", "2024-1-15", ".", "600519"),
    ("005930 과거 데이터", "날짜,종가,시가,고가,저가,거래량,변동 %", "2024- 01- 15", ".", "005930"),
]


@pytest.mark.parametrize(("name", "header", "day", "mark", "symbol"), INVESTING)
def test_investing_in_each_language(name: str, header: str, day: str, mark: str, symbol: str) -> None:
    """Date, close, open, high, low, volume and change; never a symbol per column."""
    prices = [f"{value}{mark}50" for value in (244, 243, 245, 242)]
    lines = (header.split(","), (day, *prices, f"1{mark}20M", f"0{mark}55%"))
    found = read("".join('"' + '","'.join(line) + '"\n' for line in lines), f"{name}.csv")
    assert found.bars[0][:7] == (symbol, at("2024-01-15"), 243.5, 245.5, 242.5, 244.5, 1_200_000.0)
    assert found.report.symbols == [symbol]


@pytest.mark.parametrize(
    "text",
    [
        "Data,Otwarcie,Najwyzszy,Najnizszy,Zamkniecie,Wolumen\n2024-01-15,243.5,245.5,242.5,244.5,1200\n",
        "Datum;Erster;Hoch;Tief;Schlusskurs;Stuecke;Volumen\n2024-01-15;243,5;245,5;242,5;244,5;1.200;293.400\n",
        "date;ouv;haut;bas;clot;vol;devise;\n15/01/2024;243.5;245.5;242.5;244.5;1200;EUR;\n",
        "Date,PX_OPEN,PX_HIGH,PX_LOW,PX_LAST,PX_VOLUME\n1/15/2024,243.5,245.5,242.5,244.5,1200\n",
        "Date,Trade Open,Trade High,Trade Low,Trade Close,Trade Volume\n2024-01-15,243.5,245.5,242.5,244.5,1200\n",
    ],
)  # fmt: skip
def test_other_sources(text: str) -> None:
    found = read(text, "AAA.csv")
    assert found.bars[0][:7] == ("AAA", at("2024-01-15"), 243.5, 245.5, 242.5, 244.5, 1200.0)


def test_bars_in_an_unknown_language_are_not_taken_for_four_symbols() -> None:
    """Of four columns near each other, one is always highest and one lowest."""
    rows = "".join(f"2024-01-{day:02},{day + 10}.5,{day + 11},{day + 10},{day + 10}.2\n" for day in range(1, 9))
    with pytest.raises(FeedError, match="the header has no column"):
        read(f"Date,Avaus,Ylin,Alin,Paatos\n{rows}")
    with pytest.raises(FeedError, match="the header has no column"):
        read("Date,Foo,Hoog,Bar\n2024-01-03,1,2,3\n")


def test_four_symbols_stay_four_symbols() -> None:
    rows = "".join(f"2024-01-{day:02},{day + 10}.5,{day + 11},{day + 10},{day + 10}.2\n" for day in range(1, 9))
    for names in ("AAPL,MSFT,OPEN,LOW", "7203,6758,9984,8306"):
        assert read(f"Date,{names}\n{rows}").report.symbols == names.split(",")
