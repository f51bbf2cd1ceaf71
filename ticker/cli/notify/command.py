"""``ticker notify``: a notice to all connected clients."""

from __future__ import annotations

import click

from ticker.cli.http import fetch
from ticker.cli.server import Server, option, server_options


@click.command("notify")
@click.argument("text")
@option("notify", "--to", metavar="NAME", help="Send it only to clients of this key, or of tokens with this `sub`.")
@server_options("notify")
def command(text: str, to: str | None, server: Server) -> None:
    """Send a notice to all connected clients.

    Dashboards, terminals and scripts show TEXT. With authentication enabled it requires a key made with --admin.
    Clients that connect later do not get it.

    \b
    ticker notify "Maintenance at 17:00"
    ticker notify "Your key expires tomorrow" --to partner
    """
    body: dict[str, object] = {"text": text} if to is None else {"text": text, "to": to}
    reached = fetch(server, "/v1/notices", body, has={"reached"})["reached"]
    click.echo(f"sent to {reached} {'client' if reached == 1 else 'clients'}")
