import json


def document_diff(old: str, new: str) -> str:
    return f"- {old}\n+ {new}"


def same_document(a: str, b: str) -> bool:
    return json.loads(a) == json.loads(b)
