"""Form uploads, read with the standard library."""

from __future__ import annotations

from dataclasses import dataclass
from email.parser import BytesParser
from email.policy import HTTP


@dataclass(frozen=True)
class Part:
    """One part of a multipart form."""

    name: str
    filename: str | None
    content: bytes

    @property
    def text(self) -> str:
        """The part as text."""
        return self.content.decode("utf-8")


def read_parts(content_type: str, body: bytes) -> list[Part]:
    """The parts of a multipart/form-data body, in order."""
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    message = BytesParser(policy=HTTP).parsebytes(head + body)
    parts = []
    for part in message.iter_parts() if message.is_multipart() else []:
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        parts.append(Part(str(name), part.get_filename(), content if isinstance(content, bytes) else b""))
    return parts
