"""Delivery over HTTPS: whose certificate is trusted, and how we show ours (SEC-15)."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from fake_erp import fake_erp

from outbound.connector import Consignment, Outcome, Refused, TryLater
from outbound.http_json import HttpJson, HttpJsonOptions

ORDER = Consignment("doc-1:v1", "order-1.json", "application/json", b"{}")
LOCAL = frozenset({"localhost", "127.0.0.1"})
NOW = datetime.datetime.now(datetime.UTC)
DAY = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Identity:
    """A certificate that is its own authority, with its key in the same file."""

    pem: Path


def identity(folder: Path, name: str, *, days_left: int = 1) -> Identity:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    names: list[x509.GeneralName] = [x509.DNSName(name)]
    if name == "localhost":
        names.append(x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - 10 * DAY)
        .not_valid_after(NOW + days_left * DAY)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = folder / f"{name}.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return Identity(pem)


def server_side(who: Identity, clients: Identity | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(who.pem)
    if clients is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(clients.pem)
    return context


def test_a_certificate_of_the_authority_we_were_given_is_trusted(tmp_path: Path) -> None:
    who = identity(tmp_path, "localhost")
    with fake_erp(server_side(who), host="localhost") as erp:
        connector = HttpJson(HttpJsonOptions(url=erp.url, allow_hosts=LOCAL, ca_file=who.pem))
        assert connector.check() == "localhost can be reached."
        assert connector.deliver(ORDER).outcome is Outcome.ACCEPTED


@pytest.mark.parametrize("case", ["unknown authority", "another host", "expired"])
def test_a_certificate_that_cannot_be_trusted_stops_the_endpoint(tmp_path: Path, case: str) -> None:
    """SEC-15."""
    name = "elsewhere.example" if case == "another host" else "localhost"
    who = identity(tmp_path, name, days_left=-1 if case == "expired" else 1)
    ca_file = None if case == "unknown authority" else who.pem
    with fake_erp(server_side(who), host="localhost") as erp:
        connector = HttpJson(HttpJsonOptions(url=erp.url, allow_hosts=LOCAL, ca_file=ca_file))
        with pytest.raises(Refused) as caught:
            connector.deliver(ORDER)
        assert erp.requests == []
    assert caught.value.reason.startswith("OUT-039")
    assert caught.value.endpoint_wide


def test_our_own_certificate_is_shown_to_a_server_that_asks(tmp_path: Path) -> None:
    who, us = identity(tmp_path, "localhost"), identity(tmp_path, "tradepost.example")
    with fake_erp(server_side(who, clients=us), host="localhost") as erp:
        named = HttpJsonOptions(url=erp.url, allow_hosts=LOCAL, ca_file=who.pem, client_certificate=us.pem)
        assert HttpJson(named).deliver(ORDER).outcome is Outcome.ACCEPTED
        nameless = HttpJsonOptions(url=erp.url, allow_hosts=LOCAL, ca_file=who.pem)
        with pytest.raises(TryLater):
            HttpJson(nameless).deliver(ORDER)
        assert len(erp.requests) == 1
