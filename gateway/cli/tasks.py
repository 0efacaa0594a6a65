"""`tradepost tasks`: work that a bug has stopped."""

from __future__ import annotations

import typer

from gateway.cli import show
from gateway.cli.common import Json, Reason, act, gateway_of

app = typer.Typer(help="Work that a bug has stopped.", no_args_is_help=True)

COLUMNS = {"id": "Task", "stage": "Stage", "subject": "Of", "attempt": "Tries", "error": "Error"}


@app.command("list")
def list_(context: typer.Context, json: Json = False) -> None:
    """List stages that failed and wait for a person."""
    from gateway import views

    with gateway_of(context) as gateway, gateway.ledger.read() as view:
        found = views.failed_tasks(view)
    if json:
        show.emit_json(found)
        return
    rows = [{**task, "error": (task["error"] or "").strip().rsplit("\n", 1)[-1]} for task in found]
    show.emit_table(rows, COLUMNS, empty="No task has failed.")


@app.command()
def retry(context: typer.Context, task: int, reason: Reason = "") -> None:
    """Run a failed task again, once what stopped it is mended."""
    with gateway_of(context) as gateway:
        gateway.operations.retry_task(act(gateway, reason), task)
    show.talk().print(f"Task {task} runs again.")
