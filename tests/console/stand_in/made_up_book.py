"""Made-up tables of a broker's day: prices, accounts, orders, trades, positions, batches. One seed, one day."""

from __future__ import annotations

import datetime
import hashlib

import numpy as np
import polars as pl

from tallystick.core.time import market_time
from tallystick.risk.gate.events import SUBMIT_REASONS

DAY = datetime.date(2026, 11, 20)
ZONE = "Asia/Taipei"
OPENING = market_time(DAY, datetime.time(9, 0), ZONE)
ORDERS = 3_000
ACCOUNTS = 240
BATCHES = 420
NAMES = [
    ("2330", "Amber Foundry", "琥珀晶圓"),
    ("2317", "Willow Assembly", "楊柳組裝"),
    ("2454", "Heron Silicon", "蒼鷺矽科"),
    ("2412", "Island Telephone", "島嶼電話"),
    ("2881", "Granite Financial", "花崗金控"),
    ("2882", "Basalt Life", "玄武人壽"),
    ("1301", "Harbour Plastics", "港灣塑膠"),
    ("1303", "Northern Resin", "北方樹脂"),
    ("2002", "Anvil Steel", "鐵砧鋼鐵"),
    ("2603", "Monsoon Lines", "季風海運"),
    ("2609", "Current Shipping", "洋流航運"),
    ("2615", "Lighthouse Marine", "燈塔海運"),
    ("3008", "Prism Optics", "稜鏡光學"),
    ("3034", "Lattice Display", "格點顯示"),
    ("3711", "Package House", "封裝之家"),
    ("2308", "Delta-made Power", "三角電源"),
    ("2303", "Second Foundry", "第二晶圓"),
    ("2379", "Signal Works", "訊號工坊"),
    ("1216", "Grain and Sugar", "穀糖食品"),
    ("1101", "Limestone Cement", "石灰水泥"),
    ("9910", "Stride Footwear", "闊步製鞋"),
    ("2207", "Orchard Motors", "果園汽車"),
    ("2105", "Tread Rubber", "胎紋橡膠"),
    ("2912", "Corner Stores", "街角商店"),
]


class Book:
    """The made-up tables, as Polars frames."""

    def __init__(self) -> None:
        self.random = np.random.default_rng(7)
        self.symbols = [f"{code}.XTAI" for code, _, _ in NAMES]
        self.bars = self._bars()
        self.last = dict(self.bars.group_by("symbol").agg(pl.col("close").last()).iter_rows())
        self.previous = dict(self.bars.group_by("symbol").agg(pl.col("close").get(-2)).iter_rows())
        self.accounts = self._accounts()
        self.orders = self._orders()
        self.trades = self._trades()
        self.positions = self._positions()
        self.obligations = self._obligations()
        numbers = self.accounts.select("account", pl.col("number").alias("account_number"))
        for name in ("orders", "trades", "positions", "obligations"):
            setattr(self, name, getattr(self, name).join(numbers, on="account", maintain_order="left"))
        self.batches = self._batches()

    def _bars(self) -> pl.DataFrame:
        days = [DAY - datetime.timedelta(days=n) for n in range(360, -1, -1)]
        days = [day for day in days if day.weekday() < 5]
        frames = []
        for symbol in self.symbols:
            start = float(self.random.choice([28.5, 64, 131, 350, 905]))
            steps = np.exp(np.cumsum(self.random.normal(0.0006, 0.016, len(days))))
            close = np.round(start * steps, 1)
            before = np.r_[close[0], close[:-1]]
            opening = np.round(before * (1 + self.random.normal(0, 0.005, len(days))), 1)
            high = np.maximum(opening, close) + np.round(
                np.abs(self.random.normal(0, 0.006, len(days))) * close, 1
            )
            low = np.minimum(opening, close) - np.round(
                np.abs(self.random.normal(0, 0.006, len(days))) * close, 1
            )
            volume = (self.random.lognormal(8.5, 0.6, len(days))).astype(np.int64) * 1000
            prices = {
                name: np.round(v * 10_000).astype(np.int64)
                for name, v in (("open", opening), ("high", high), ("low", low), ("close", close))
            }
            frames.append(
                pl.DataFrame(
                    {
                        "symbol": [symbol] * len(days),
                        "date": days,
                        **prices,
                        "volume": volume,
                        "turnover": prices["close"] * volume,
                    }
                )
            )
        return pl.concat(frames)

    def _accounts(self) -> pl.DataFrame:
        n = np.arange(ACCOUNTS)
        kind = np.where(n < 6, ["proprietary", "error", "fees", "tax", "clearing", "control"][0], "client")
        kind[:6] = ["proprietary", "error", "fees", "tax", "clearing", "control"]
        return pl.DataFrame(
            {
                "account": n,
                "number": [f"{700 + i % 12}-{100000 + i:06d}-{i % 10}" for i in n],
                "party": n // 2,
                "branch": n % 12,
                "kind": kind,
                "opened_on": [DAY - datetime.timedelta(days=int(40 + i * 11)) for i in n],
                "cash": self.random.integers(20_000, 9_000_000, ACCOUNTS) * 10_000,
                "status": np.where(n % 53 == 52, "blocked", "normal"),
            }
        )

    def _orders(self) -> pl.DataFrame:
        pick = self.random.integers(0, len(self.symbols), ORDERS)
        at = np.sort(self.random.beta(0.8, 1.1, ORDERS) * 16_200 * 1e9).astype(np.int64) + OPENING
        side = self.random.integers(1, 3, ORDERS)
        last = np.array([self.last[s] for s in self.symbols])[pick]
        price = np.round(last / 10_000 * (1 + self.random.normal(0, 0.012, ORDERS)), 1)
        quantity = self.random.choice([1000, 2000, 3000, 5000, 10_000, 37], ORDERS)
        refused = self.random.random(ORDERS) < 0.07
        reason = self.random.choice([4, 6, 7, 8, 9, 11, 11, 11, 12, 12, 13], ORDERS)
        filled = np.where(
            refused, 0, (quantity * self.random.choice([0, 0.4, 1, 1], ORDERS)).astype(np.int64)
        )
        status = np.select(
            [refused, filled == quantity, filled > 0], ["refused", "filled", "partly_filled"], "new"
        )
        account = self.random.integers(6, ACCOUNTS, ORDERS)
        day = int(f"{DAY:%Y%m%d}") * 10**9
        return pl.DataFrame(
            {
                "order_id": day + np.arange(1, ORDERS + 1),
                "received_at": at,
                "account": account,
                "symbol": [self.symbols[i] for i in pick],
                "side": np.where(side == 1, "buy", "sell"),
                "order_type": ["limit"] * ORDERS,
                "time_in_force": self.random.choice(["rod", "rod", "rod", "ioc", "fok"], ORDERS),
                "lot_type": np.where(quantity < 1000, "odd", "board"),
                "capacity": self.random.choice(["cash", "cash", "cash", "margin"], ORDERS),
                "price": np.round(price * 10_000).astype(np.int64),
                "quantity": quantity,
                "filled": filled,
                "status": status,
                "code": [
                    SUBMIT_REASONS[r].code if bad else "" for r, bad in zip(reason, refused, strict=True)
                ],
                "seq": 40 + np.arange(ORDERS) // 9,
            }
        )

    def _trades(self) -> pl.DataFrame:
        day = int(f"{DAY:%Y%m%d}") * 10**9
        filled = self.orders.filter(pl.col("filled") > 0)
        amount = filled["price"] * filled["filled"]
        fee = (amount * 1425 // 1_000_000 // 10_000 * 10_000).clip(200_000)
        tax = pl.Series(
            np.where((filled["side"] == "sell").to_numpy(), amount.to_numpy() * 3 // 1000, 0)
            // 10_000
            * 10_000
        )
        return filled.select(
            pl.Series("execution_id", day + np.arange(1, len(filled) + 1)),
            (pl.col("received_at") + 1_800_000_000).alias("executed_at"),
            "order_id",
            "account",
            "symbol",
            "side",
            "price",
            pl.col("filled").alias("quantity"),
            amount.alias("amount"),
            fee.alias("fee"),
            tax.alias("tax"),
            pl.lit(DAY).alias("trade_date"),
            pl.lit(DAY + datetime.timedelta(days=4)).alias("settlement_date"),
        )

    def _positions(self) -> pl.DataFrame:
        rows = []
        for account in range(6, ACCOUNTS):
            for symbol in self.random.choice(self.symbols, self.random.integers(1, 5), replace=False):
                posted = int(self.random.integers(0, 40)) * 1000
                due_in, due_out = (int(self.random.choice([0, 0, 0, 1000, 2000])) for _ in range(2))
                last = self.last[symbol]
                rows.append(
                    {
                        "account": account,
                        "symbol": str(symbol),
                        "posted": posted,
                        "due_in": due_in,
                        "due_out": due_out,
                        "bought_today": due_in,
                        "sold_today": due_out,
                        "sellable": max(posted + due_in - due_out, 0),
                        "cost": int(posted * last * 0.93),
                        "price": last,
                        "market_value": (posted + due_in - due_out) * last,
                    }
                )
        return pl.DataFrame(rows)

    def _obligations(self) -> pl.DataFrame:
        signed = (
            pl.when(pl.col("side") == "buy")
            .then(-pl.col("amount") - pl.col("fee"))
            .otherwise(pl.col("amount") - pl.col("fee") - pl.col("tax"))
        )
        cash = (
            self.trades.group_by("settlement_date", "account")
            .agg(signed.sum().alias("amount"))
            .sort("account")
        )
        return cash.with_columns(
            pl.lit("client").alias("tier"),
            pl.lit("CLEARING").alias("counterparty"),
            pl.lit(None, pl.String).alias("symbol"),
            pl.lit(None, pl.Int64).alias("quantity"),
            pl.lit("due").alias("status"),
        )

    def _batches(self) -> pl.DataFrame:
        kinds = [
            "gate.submit_order",
            "gate.submit_order",
            "ledger.record_execution",
            "gate.cancel_order",
            "gate.end_order",
        ]
        opening = [
            "core.day_opened",
            "market.adopt_rules",
            "market.register_instrument",
            "market.set_day_terms",
            "ledger.register_party",
            "ledger.open_account",
            "ledger.record_opening_cash",
            "ledger.record_opening_holding",
            "gate.set_account_terms",
        ]
        kind = opening + [kinds[i % 5] for i in range(BATCHES - len(opening))]
        hashes = ["0" * 64]
        for i in range(BATCHES):
            hashes.append(hashlib.sha256(f"{hashes[-1]}{kind[i]}{i}".encode()).hexdigest())
        step = 16_200 * 10**9 // BATCHES
        return pl.DataFrame(
            {
                "seq": np.arange(1, BATCHES + 1),
                "day": [DAY] * BATCHES,
                "recorded_at": OPENING - 1_800 * 10**9 + np.arange(BATCHES) * step,
                "actor": [
                    "writer" if k.startswith("core") else "operations" if i < 9 else "gate-1"
                    for i, k in enumerate(kind)
                ],
                "kind": kind,
                "version": np.ones(BATCHES, np.int64),
                "count": self.random.integers(1, 60, BATCHES),
                "hash": hashes[1:],
                "previous_hash": hashes[:-1],
            }
        )
