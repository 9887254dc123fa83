"""The site of a rehearsed stack, seen as a visitor sees it: through the front, by its name, with the certificate checked."""

import http.client
import socket
import ssl

from rehearsal.stack import Stack
from rehearsal.stackfile import domain

ANSWER_LIMIT = 60
"""Seconds that a site has to answer once all of it runs."""


def answer(stack: Stack, path: str) -> str:
    """Status and reason of a GET. Raises OSError where nobody answers, or the certificate is another's."""
    name = domain(stack.name)
    context = ssl.create_default_context(cafile=str(stack.home.certificate(stack.name)))
    with socket.create_connection(("127.0.0.1", 443), timeout=10) as plain, context.wrap_socket(plain, server_hostname=name) as secure:
        connection = http.client.HTTPConnection(name)
        connection.sock = secure
        connection.request("GET", path, headers={"Host": name})
        reply = connection.getresponse()
        return f"{reply.status} {reply.reason}"
