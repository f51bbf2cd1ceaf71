"""The samples of trades and quotes."""

from __future__ import annotations

from tests.support.samples import EST, NEW_YORK, Sample, at, text, zipped

_POLYGON_TRADES = (
    "ticker,conditions,correction,exchange,id,participant_timestamp,price,sequence_number,sip_timestamp,size,tape,"
    "trf_id,trf_timestamp"
)
_POLYGON_QUOTES = (
    "ticker,ask_exchange,ask_price,ask_size,bid_exchange,bid_price,bid_size,conditions,indicators,"
    "participant_timestamp,sequence_number,sip_timestamp,tape,trf_timestamp"
)
_DATABENTO_TRADES = (
    "ts_recv,ts_event,rtype,publisher_id,instrument_id,action,side,depth,price,size,flags,ts_in_delta,sequence,symbol"
)
_DATABENTO_MBP_1 = (
    "ts_recv,ts_event,rtype,publisher_id,instrument_id,action,side,depth,price,size,flags,ts_in_delta,sequence,"
    "bid_px_00,ask_px_00,bid_sz_00,ask_sz_00,bid_ct_00,ask_ct_00,symbol"
)
#: Databento's price of a missing side.
_NO_PRICE = 2**63 - 1

ALPACA_TRADES = Sample(
    id="alpaca trades",
    file="trades.csv",
    content=text(
        "symbol,timestamp,exchange,price,size,id,conditions,tape",
        "AAPL,2024-01-03 14:30:00.123456+00:00,V,184.22,100,1,\"['@', 'I']\",C",
        "AAPL,2024-01-03 14:30:01+00:00,Q,184.2301,5,2,['@'],C",
        "MSFT,2024-01-03 14:30:00.000000001+00:00,V,370.5,10,3,['@'],C",
    ),
    layout="alpaca-trades",
    kind="trades",
    trades=(
        ("MSFT", at("2024-01-03 14:30:00.000000001"), 370.5, 10),
        ("AAPL", at("2024-01-03 14:30:00.123456"), 184.22, 100),
        ("AAPL", at("2024-01-03 14:30:01"), 184.2301, 5),
    ),
)

TICKS: tuple[Sample, ...] = (
    ALPACA_TRADES,
    Sample(
        id="alpaca quotes",
        file="quotes.csv",
        content=text(
            "symbol,timestamp,bid_price,bid_size,bid_exchange,ask_price,ask_size,ask_exchange,conditions,tape",
            "AAPL,2024-01-03 14:30:00.000123456+00:00,184.21,2,V,184.23,3,Q,['R'],C",
            "AAPL,2024-01-03 14:30:00.5+00:00,184.22,1,V,0,0, ,['R'],C",
        ),
        layout="alpaca-quotes",
        kind="quotes",
        quotes=(
            ("AAPL", at("2024-01-03 14:30:00.000123456"), 184.21, 2, 184.23, 3),
            ("AAPL", at("2024-01-03 14:30:00.5"), 184.22, 1, None, None),
        ),
    ),
    Sample(
        id="polygon trades",
        file="2024-01-03.csv",
        content=text(
            _POLYGON_TRADES,
            'A,"12,37",0,11,52983525027890,1704292200000000100,138.25,9,1704292200000123456,40,1,0,0',
            "ZTS,,0,4,7,1704292200000000050,190.1,8,1704292200000000060,1,1,202,1704292200000000055",
        ),
        layout="polygon-trades",
        kind="trades",
        trades=(
            ("ZTS", at("2024-01-03 14:30:00.000000060"), 190.1, 1),
            ("A", at("2024-01-03 14:30:00.000123456"), 138.25, 40),
        ),
    ),
    Sample(
        id="polygon quotes, one is one-sided",
        file="2024-01-03.csv",
        content=text(
            _POLYGON_QUOTES,
            'A,11,138.3,2,12,138.2,1,"1,81",604,1704292200000000100,9,1704292200000123456,1,0',
            "A,0,0,0,12,138.21,3,1,,1704292200000000200,10,1704292200000223456,1,0",
        ),
        layout="polygon-quotes",
        kind="quotes",
        quotes=(
            ("A", at("2024-01-03 14:30:00.000123456"), 138.2, 1, 138.3, 2),
            ("A", at("2024-01-03 14:30:00.000223456"), 138.21, 3, None, None),
        ),
    ),
    Sample(
        id="databento trades, raw",
        file="xnas.trades.csv",
        content=text(
            _DATABENTO_TRADES,
            "1704292200000165432,1704292200000123456,0,2,38,T,B,0,184220000000,36,130,11118,362933,AAPL",
            "1704292200000265432,1704292200000223456,0,2,38,T,A,0,184230000001,4,0,11904,366408,AAPL",
        ),
        layout="databento-trades",
        kind="trades",
        trades=(
            ("AAPL", at("2024-01-03 14:30:00.000123456"), 184.22, 36),
            ("AAPL", at("2024-01-03 14:30:00.000223456"), 184.230000001, 4),
        ),
    ),
    Sample(
        id="databento trades, pretty",
        file="xnas.trades.csv",
        content=text(
            _DATABENTO_TRADES,
            "2024-01-03T14:30:00.000165432Z,2024-01-03T14:30:00.000123456Z,0,2,38,T,B,0,184.220000000,36,130,1,1,AAPL",
        ),
        layout="databento-trades",
        kind="trades",
        trades=(("AAPL", at("2024-01-03 14:30:00.000123456"), 184.22, 36),),
    ),
    Sample(
        id="databento mbp-1, raw",
        file="xnas.mbp-1.csv",
        content=text(
            _DATABENTO_MBP_1,
            "1704292200000165432,1704292200000123456,1,2,38,A,B,0,184210000000,5,130,1,1,"
            "184210000000,184230000000,5,7,1,2,AAPL",
            "1704292200000265432,1704292200000223456,1,2,38,T,B,0,184230000000,7,130,1,2,"
            f"184210000000,{_NO_PRICE},5,0,1,0,AAPL",
        ),
        layout="databento-mbp-1",
        kind="ticks",
        trades=(("AAPL", at("2024-01-03 14:30:00.000223456"), 184.23, 7),),
        quotes=(
            ("AAPL", at("2024-01-03 14:30:00.000123456"), 184.21, 5, 184.23, 7),
            ("AAPL", at("2024-01-03 14:30:00.000223456"), 184.21, 5, None, None),
        ),
    ),
    Sample(
        id="databento mbp-1, pretty",
        file="xnas.mbp-1.csv",
        content=text(
            _DATABENTO_MBP_1,
            "2024-01-03T14:30:00.000165432Z,2024-01-03T14:30:00.000123456Z,1,2,38,A,B,0,184.210000000,5,130,1,1,"
            "184.210000000,184.230000000,5,7,1,2,AAPL",
            "2024-01-03T14:30:00.000265432Z,2024-01-03T14:30:00.000223456Z,1,2,38,C,A,0,184.230000000,7,130,1,1,"
            "184.210000000,,5,0,1,0,AAPL",
        ),
        layout="databento-mbp-1",
        kind="ticks",
        quotes=(
            ("AAPL", at("2024-01-03 14:30:00.000123456"), 184.21, 5, 184.23, 7),
            ("AAPL", at("2024-01-03 14:30:00.000223456"), 184.21, 5, None, None),
        ),
    ),
    Sample(
        id="lean trades",
        file="equity/usa/tick/ibm/20240703_trade.zip",
        content=zipped(
            {"20240703_ibm_Trade_Tick.csv": text("34200000,1849900,100,P,20002020,0", "34200000,1849900,100,P,0,0")}
        ),
        layout="lean-trades",
        kind="trades",
        zone=NEW_YORK,
        trades=(("IBM", at("2024-07-03 09:30:00", NEW_YORK), 184.99, 100),) * 2,
    ),
    Sample(
        id="lean quotes, one-sided",
        file="equity/usa/tick/ibm/20240103_quote.zip",
        content=zipped(
            {
                "20240103_ibm_Quote_Tick.csv": text(
                    "14400833,1825700,300,0,0,P,1,0",
                    "14400833,0,0,1940000,100,P,1,0",
                    "14400848,1825800,200,0,0,P,1,0",
                )
            }
        ),
        layout="lean-quotes",
        kind="quotes",
        zone=NEW_YORK,
        quotes=(
            ("IBM", at("2024-01-03 04:00:00.833", NEW_YORK), 182.57, 300, None, None),
            ("IBM", at("2024-01-03 04:00:00.833", NEW_YORK), 182.57, 300, 194, 100),
            ("IBM", at("2024-01-03 04:00:00.848", NEW_YORK), 182.58, 200, 194, 100),
        ),
    ),
    Sample(
        id="binance trades, ms",
        file="BTCUSDT-trades-2024-01-03.csv",
        content=text(
            "3335990001,45015.31000000,0.00044000,19.80673640,1704292200123,True,True",
            "3335990002,45015.32000000,0.5,22507.66,1704292200123,False,True",
        ),
        layout="binance-trades",
        kind="trades",
        trades=(
            ("BTCUSDT", at("2024-01-03 14:30:00.123"), 45015.31, 0.00044),
            ("BTCUSDT", at("2024-01-03 14:30:00.123"), 45015.32, 0.5),
        ),
    ),
    Sample(
        id="binance trades, µs",
        file="BTCUSDT-trades-2025-01-03.csv",
        content=text("4335990001,97015.31000000,0.00044000,42.68673640,1735914600123456,true,true"),
        layout="binance-trades",
        kind="trades",
        trades=(("BTCUSDT", at("2025-01-03 14:30:00.123456"), 97015.31, 0.00044),),
    ),
    Sample(
        id="TAQ trades",
        file="EQY_US_ALL_TRADE_20240103.csv",
        content=text(
            "Time|Exchange|Symbol|Sale Condition|Trade Volume|Trade Price|Trade Stop Stock Indicator|"
            "Trade Correction Indicator|Sequence Number|Trade Id|Source of Trade|Trade Reporting Facility|"
            "Participant Timestamp|Trade Reporting Facility TRF Timestamp|Trade Through Exempt Indicator",
            "093000123456789|D|BRK B| FTI|12|362.4600||00|1001|71675|N|Q|093000123000000|093000123456000|0",
            "093001000000000|N|A|@|100|138.25||00|1002|71676|C||093000999999999||0",
            "END|20240103|2||||||||||||",
        ),
        layout="taq-trades",
        kind="trades",
        zone=NEW_YORK,
        trades=(
            ("BRK B", at("2024-01-03 09:30:00.123456789", NEW_YORK), 362.46, 12),
            ("A", at("2024-01-03 09:30:01", NEW_YORK), 138.25, 100),
        ),
    ),
    Sample(
        id="TAQ quotes",
        file="SPLITS_US_ALL_BBO_A_20240103.csv",
        content=text(
            "Time|Exchange|Symbol|Bid_Price|Bid_Size|Offer_Price|Offer_Size|Quote_Condition|Sequence_Number|"
            "National_BBO_Ind|FINRA_BBO_Indicator|FINRA_ADF_MPID_Indicator|Quote_Cancel_Correction|Source_Of_Quote",
            "093000000000001|N|A|138.2|1|138.3|2|R|11|2||||C",
            "093000000000002|N|A|138.21|3|0|0|R|12|2||||C",
            "END|20240103|2|||||||||||",
        ),
        layout="taq-quotes",
        kind="quotes",
        zone=NEW_YORK,
        quotes=(
            ("A", at("2024-01-03 09:30:00.000000001", NEW_YORK), 138.2, 1, 138.3, 2),
            ("A", at("2024-01-03 09:30:00.000000002", NEW_YORK), 138.21, 3, None, None),
        ),
    ),
    Sample(
        id="TAQ trades of WRDS",
        file="taq_sample.csv",
        content=text(
            "DATE,TIME_M,EX,SYM_ROOT,SYM_SUFFIX,TR_SCOND,SIZE,PRICE,TR_CORR,TR_SEQNUM",
            "20240103,9:30:00.123456789,D,BRK,B, FTI,12,362.46,00,1001",
            "20240103,9:30:01,N,A,,@,100,138.25,00,1002",
        ),
        layout="taq-wrds",
        kind="trades",
        zone=NEW_YORK,
        trades=(
            ("BRK.B", at("2024-01-03 09:30:00.123456789", NEW_YORK), 362.46, 12),
            ("A", at("2024-01-03 09:30:01", NEW_YORK), 138.25, 100),
        ),
    ),
    Sample(
        id="TAQ quotes of WRDS",
        file="taq_sample.csv",
        content=text(
            "DATE,TIME_M,EX,BID,BIDSIZ,ASK,ASKSIZ,QU_COND,SYM_ROOT,SYM_SUFFIX",
            "03JAN2024,9:30:00.1,N,138.2,1,138.3,2,R,A,",
        ),
        layout="taq-wrds",
        kind="quotes",
        zone=NEW_YORK,
        quotes=(("A", at("2024-01-03 09:30:00.1", NEW_YORK), 138.2, 1, 138.3, 2),),
    ),
    Sample(
        id="LOBSTER messages",
        file="AAPL_2012-06-21_34200000_57600000_message_5.csv",
        content=text(
            "34200.004241176,1,16113575,18,5853300,1",
            "34200.01746,5,0,1,5853200,-1",
            "34200.190226476,4,16113584,100,5853800,-1",
            "34201.5,3,16113575,18,5853300,1",
            "57600.25,6,-1,250000,5859000,-1",
        ),
        layout="lobster",
        kind="trades",
        zone=NEW_YORK,
        trades=(
            ("AAPL", at("2012-06-21 09:30:00.01746", NEW_YORK), 585.32, 1),
            ("AAPL", at("2012-06-21 09:30:00.190226476", NEW_YORK), 585.38, 100),
            ("AAPL", at("2012-06-21 16:00:00.25", NEW_YORK), 585.9, 250_000),
        ),
    ),
    Sample(
        id="HistData ticks",
        file="DAT_ASCII_EURUSD_T_202407.csv",
        content=text("20240703 093000123,1.092500,1.092600,0", "20240703 093001000,1.092510,1.092620,0"),
        layout="histdata-ticks",
        kind="quotes",
        zone=EST,
        quotes=(
            ("EURUSD", at("2024-07-03 09:30:00.123", EST), 1.0925, 0, 1.0926, 0),
            ("EURUSD", at("2024-07-03 09:30:01", EST), 1.09251, 0, 1.09262, 0),
        ),
    ),
)
