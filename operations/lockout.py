def lockout_warnings(document: str, kind: str) -> tuple[str, ...]:
    return ()
