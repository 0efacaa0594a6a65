"""The sample order, ship notice and invoice on their way from partners to whatever ERP a test has."""

from __future__ import annotations

from dataclasses import dataclass

from business_files import sample
from live_gateway import LiveGateway
from sqlalchemy import Connection

from gateway import views

ACME, DELTA = "acme-retail", "delta-supply"
#: The sample files, and what they bring: partner, title, number.
ORDER = (ACME, "x12/850/simple", "4501000101")
NOTICE = (DELTA, "x12/856/shipment-order-pack-item", "DS-88001")
INVOICE = (DELTA, "x12/810/charges-and-tax", "DS-I-5001")


@dataclass
class ErpWorld:
    """A gateway whose documents end in one ERP."""

    gateway: LiveGateway

    def send(self, what: tuple[str, str, str], name: str = "") -> None:
        """Send a sample file by OpenSSH's client."""
        partner, title, number = what
        file = self.gateway.home / (name or f"{number}.edi")
        file.write_bytes(sample(title))
        self.gateway.sftp(partner, f"put {file} inbox/{file.name}")

    def send_all(self) -> None:
        """Send the three sample files, each once the one before is in the ERP."""
        for what in (ORDER, NOTICE, INVOICE):
            self.send(what)
            self.delivered(what[2])

    def repeat_all(self) -> None:
        """Send the three files again under other names, and wait until nothing is left to do."""
        for what in (ORDER, NOTICE, INVOICE):
            self.send(what, f"again-{what[2]}.edi")
        self.gateway.wait_until_idle()

    def delivered(self, number: str) -> views.Item:
        """The consignment of a document, once it is delivered."""
        return self.consignment(number, "delivered")

    def consignment(self, number: str, state: str, error: str = "") -> views.Item:
        """The consignment of a document, once it is in `state` and says `error`."""

        def look(view: Connection) -> views.Item | None:
            for item in views.consignments(view, views.Page(100), state=state):
                if number in {document["number"] for document in item["documents"]}:
                    found = views.consignment(view, item["id"])
                    return found if error in (found["error"] or "") else None
            return None

        return self.gateway.wait_for(look, f"{number} {state} {error}")

    def restart(self) -> None:
        """Start the gateway that was killed."""
        self.gateway.start()


def keep_secret(gateway: LiveGateway, name: str, value: str) -> None:
    """A file in the home's folder of secrets that its owner alone may read."""
    secret = gateway.home / "secrets" / name
    secret.parent.mkdir(exist_ok=True)
    secret.write_text(value)
    secret.chmod(0o600)
