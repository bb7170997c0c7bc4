"""kill -9 at any time: what was answered is kept, what was to be sent is sent."""

import socket
import subprocess
import sys
import threading

import pytest
import requests

from localdev.cluster.ports import HOST

BODY = {"amount": "1299", "currency": "usd", "confirm": "true", "payment_method": "pm_card_visa"}
HEADERS = {"Authorization": "Bearer sk_test_1234567890"}


@pytest.fixture
def restarted(server):
    """Whatever the test kills is running again for the next one."""
    yield server
    if server.process.poll() is not None:
        server.start()


def test_what_was_answered_survives_and_its_key_still_answers_the_same(
    restarted, client, endpoint, wait
):
    options = {"idempotency_key": "survivor"}
    params = {"amount": 1299, "currency": "usd", "confirm": True, "payment_method": "pm_card_visa"}
    restarted.post("/_test/webhooks", json={"delay_ms": 500})
    paid = client.payment_intents.create(params, options)
    restarted.kill()
    assert endpoint.received == []
    restarted.start()
    assert client.payment_intents.create(params, options).to_dict() == paid.to_dict()
    wait(lambda: "payment_intent.succeeded" in endpoint.types())
    assert len(client.charges.list({"payment_intent": paid.id}).data) == 1


def test_a_webhook_not_taken_before_the_crash_is_tried_again(restarted, pay, endpoint, wait):
    endpoint.statuses[:] = [500]
    intent = pay()
    wait(lambda: endpoint.statuses == [])
    restarted.kill()
    restarted.start()
    wait(lambda: intent.id in [event.data.object.id for event in endpoint.events()])


@pytest.mark.parametrize("after", [5, 15, 40])
def test_kills_amid_requests_charge_no_key_twice(restarted, client, wait, after):
    """Clients repeat with their key whatever was cut off, as Stripe asks them to."""
    answered = []

    def shop(number):
        headers = HEADERS | {"Idempotency-Key": f"crash-{after}-{number}"}
        while True:
            try:
                answer = restarted.post("/v1/payment_intents", data=BODY, headers=headers)
            except requests.RequestException:
                continue
            answered.append(answer.json()["id"])
            return

    def shops(numbers):
        for number in numbers:
            shop(number)

    threads = [threading.Thread(target=shops, args=(range(n, 60, 4),)) for n in range(4)]
    before = newest_id(client)
    for thread in threads:
        thread.start()
    wait(lambda: len(answered) >= after)
    restarted.kill()
    restarted.start()
    for thread in threads:
        thread.join(timeout=60)
    charges = charges_since(client, before)
    assert len(answered) == len(set(answered)) == len(charges) == 60
    assert {charge.payment_intent for charge in charges} == set(answered)


def newest_id(client):
    found = client.charges.list({"limit": 1}).data
    return found[0].id if found else None


def charges_since(client, charge_id):
    params = {"limit": 100} | ({"ending_before": charge_id} if charge_id else {})
    return client.charges.list(params).data


def test_a_second_server_on_the_same_file_is_refused(server):
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
    again = subprocess.run(
        [
            sys.executable, "-m", "localdev.stripe", f"--port={port}", f"--state={server.state}",
            "--secret-key=a", "--publishable-key=b", "--webhook-secret=c",
        ],
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert again.returncode == 1
    assert "in use by another process" in again.stderr
