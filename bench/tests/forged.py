"""What a client may say of a request's way and name, none of which is to reach a server."""

FORGED = {
    "X-Forwarded-For": "6.6.6.6",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "evil.test",
    "X-Forwarded-Port": "666",
    "X-Forwarded-Prefix": "/evil",
    "X-Forwarded-Scheme": "https",
    "X-Forwarded-Server": "evil.test",
    "X-Forwarded-Ssl": "on",
    "X-Real-IP": "6.6.6.6",
    "X-Client-IP": "6.6.6.6",
    "True-Client-IP": "6.6.6.6",
    "Forwarded": "for=6.6.6.6;proto=https;host=evil.test",
    "X-Request-Id": "forged",
}


def forged_in(seen):
    """Those of a request's fields (in lower case) that a client has forged."""
    return {name: seen[name.lower()] for name, value in FORGED.items() if seen.get(name.lower()) == value}
