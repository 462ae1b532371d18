"""What people see of amounts and reasons: decimals at the command line and in the console, whole units in JSON."""

from __future__ import annotations

import json

import pytest
from litestar.testing import TestClient
from onboarding_files import AT, FILES, register, write

from tallystick.cli.show import REJECTED, show
from tallystick.console import create_pages
from tallystick.core.access import Actor
from tallystick.gateway import create_api


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_proof_reads_in_decimals_and_its_batch_as_tables(firm, tmp_path, capsys):
    register(firm)
    banks = FILES["bank_totals"].replace("120000.50", "120000.51")
    reply = firm.governance.onboard(folder=str(write(tmp_path / "files", bank_totals=banks)), at=AT)
    assert show(reply, as_json=False) == REJECTED
    said = capsys.readouterr().out
    assert "1,120,000.51" in said
    assert "1,120,000.50" in said
    assert "11200005100" not in said
    show(reply, as_json=True)
    (line,) = json.loads(capsys.readouterr().out)["differing_amounts"]
    assert (line["their_amount"], line["our_amount"]) == (1_120_000_5100, 1_120_000_5000)

    *_, batch = firm.house.journal.batches(kinds=["governance.prove_onboarding"])
    token = firm.house.access.session(Actor("mei"))
    with TestClient(create_api(firm.house, pages=create_pages(firm.house))) as client:
        client.headers["Authorization"] = f"Bearer {token}"
        page = client.get(f"/journal/batches/{batch.seq}").text
    for cell in ("1,120,000.51", "1,120,000.50", "2,500", "9901.XTAI", "client_cash"):
        assert cell in page, page
    assert "11200005100" not in page
