import json


def read_document(text: str, kind: str, field: str = "content") -> str:
    return json.dumps(json.loads(text), separators=(",", ":"))
