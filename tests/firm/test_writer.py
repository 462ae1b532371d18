"""The writer process: durable answers, one writer, ids decided once, nothing lost or halved when it is killed."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tallystick.core.access import GrantRole
from tallystick.core.errors import TallystickError
from tallystick.core.schema import schema_of
from tallystick.core.writer import WriterClient
from tallystick.firm import Firm
from tallystick.ledger import house_parties
from tallystick.ledger.events import PartyKind, RegisterParty

Kill = Callable[[Path], None]
HOUSE = len(house_parties())


def parties(first: int, count: int) -> list[RegisterParty]:
    """The next clients after the house's own parties."""
    first += HOUSE
    return [
        RegisterParty(party=first + i, kind=PartyKind.CLIENT, reference=f"v{first + i}") for i in range(count)
    ]


def test_an_answer_means_the_batch_is_in_the_journal(firm: Firm) -> None:
    decision = firm.house.writer.decide(RegisterParty, parties(0, 3))
    assert decision.accepted
    batch = firm.house.journal.batch(decision.position)
    assert batch.kind == "ledger.register_party"
    assert batch.actor == "mei"
    assert schema_of(RegisterParty).unpack(batch.records)[2].reference == f"v{HOUSE + 2}"


def test_a_refused_command_is_recorded_with_its_reasons(firm: Firm) -> None:
    decision = firm.house.writer.decide(RegisterParty, parties(5, 1))
    assert not decision.accepted
    assert [r.code for r in decision.rejections()] == ["ledger.party_out_of_order"]
    assert firm.house.journal.batch(decision.position).verdicts["mask"][0] == 1


def test_the_same_id_gets_the_earlier_answer_and_other_content_a_refusal(firm: Firm) -> None:
    first = firm.house.writer.send(GrantRole(command_id="g1", user="lin", role="auditor"))
    again = firm.house.writer.send(GrantRole(command_id="g1", user="lin", role="auditor"))
    other = firm.house.writer.send(GrantRole(command_id="g1", user="lin", role="administrator"))
    assert (first.position, first.index) == (again.position, again.index)
    assert again.verdicts["flags"][0] == 1
    assert [r.code for r in other.rejections()] == ["writer.id_reused"]
    assert firm.house.machine("access").state.grants["lin"] == ["auditor"]


def test_ids_are_remembered_after_the_writer_was_killed(firm: Firm, kill_writer: Kill) -> None:
    first = firm.house.writer.send(GrantRole(command_id="g1", user="lin", role="auditor"))
    kill_writer(firm.path)
    time.sleep(0.1)
    firm.house.writer.close()
    again = firm.house.writer.send(GrantRole(command_id="g1", user="lin", role="auditor"))
    assert again.position == first.position


def test_a_second_writer_is_refused_with_the_holder(
    firm: Firm, writer_pid: Callable[[Path], int | None]
) -> None:
    firm.house.writer.decide(RegisterParty, parties(0, 1))
    second = subprocess.run(
        [sys.executable, "-m", "tallystick", "writer", str(firm.path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert second.returncode == 2
    assert str(writer_pid(firm.path)) in second.stderr


def test_many_clients_share_the_one_writer(firm: Firm) -> None:
    accepted: list[int] = []

    def send(name: str) -> None:
        client = WriterClient(firm.path, name, firm.house.writer._start_command)
        for number in range(20):
            decision = client.send(
                GrantRole(command_id=f"{name}-{number}", user=f"{name}{number}", role="auditor")
            )
            accepted.append(int(decision.accepted))
        client.close()

    threads = [threading.Thread(target=send, args=(name,)) for name in ("a", "b", "c")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(accepted) == 60
    assert len(firm.house.machine("access").state.grants) == 61


def test_a_kind_nobody_knows_or_bytes_that_do_not_read_are_a_fault_and_the_writer_lives(firm: Firm) -> None:
    import numpy as np

    firm.house.writer.decide(RegisterParty, parties(0, 1))
    with pytest.raises(TallystickError, match="columns"):
        firm.house.writer.decide(RegisterParty, np.zeros(3, dtype=[("party", "<i4")]))
    assert firm.house.writer.decide(RegisterParty, parties(1, 1)).accepted


def survive_kills(firm: Firm, kill_writer: Kill, kills: int, seed: int) -> int:
    """Send parties while the writer is killed at random moments; returns how many were acknowledged."""
    chance = random.Random(seed)
    acknowledged = 0
    for _ in range(kills):
        killer = threading.Timer(chance.uniform(0.0, 0.25), kill_writer, args=(firm.path,))
        killer.start()
        try:
            while killer.is_alive():
                count = chance.choice([1, 7, 400])
                sent = firm.house.writer.decide(RegisterParty, parties(acknowledged, count))
                assert sent.accepted
                acknowledged += count
        except TallystickError as error:
            assert error.code in ("writer.gone", "writer.not_started")  # noqa: PT017
        killer.join()
        kill_writer(firm.path)
        firm.house.writer.close()
        known = firm.house.machine("ledger").party_count - HOUSE
        assert known >= acknowledged, "an acknowledged party is lost"
        acknowledged = known
    return acknowledged


def test_killed_at_ten_moments_everything_acknowledged_is_there(firm: Firm, kill_writer: Kill) -> None:
    acknowledged = survive_kills(firm, kill_writer, kills=10, seed=1)
    firm.house.writer.decide(RegisterParty, parties(acknowledged, 1))
    verified = firm.call("journal.verify")
    assert verified.chain.sound
    assert verified.replay.same


@pytest.mark.lab
@pytest.mark.timeout(7200)
def test_killed_at_five_hundred_moments(firm: Firm, kill_writer: Kill) -> None:
    survive_kills(firm, kill_writer, kills=500, seed=2)
    assert firm.call("journal.verify").replay.same


def test_the_firm_opens_elsewhere(firm: Firm, tmp_path: Path, kill_writer: Kill) -> None:
    firm.house.writer.decide(RegisterParty, parties(0, 5))
    kill_writer(firm.path)
    firm.close()
    moved = firm.path.rename(tmp_path / "moved")
    with Firm.open(moved, user="mei") as again:
        assert again.house.machine("ledger").party_count == HOUSE + 5
        assert again.call("journal.verify").replay.same
    kill_writer(moved)
