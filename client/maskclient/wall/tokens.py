"""Who may look at the wall, change it, and publish to it."""

import hmac

from maskclient.addresses import is_loopback

LEAST_LETTERS = 16
"""Of a token. There is no limit on tries, so it must not be guessable."""
MAKE_ONE = 'python -c "import secrets; print(secrets.token_urlsafe())"'
_SCHEME = "bearer "


def checked_token(host: str, token: str | None) -> str | None:
    """Return the token that is to be asked for; None if anybody on this computer may look.

    Parameters
    ----------
    host : str
        Where the wall listens.
    token : str or None
        What the person gave.

    Raises
    ------
    ValueError
        If others reach the wall and there is no token, or one that can be guessed.
    """
    if not token:
        if is_loopback(host):
            return None
        raise ValueError(
            f"At {host} others can reach the wall, so it needs a token. Make one with: {MAKE_ONE} "
            "and put it into MASKCHECK_TOKEN, or stay on this computer: --host 127.0.0.1"
        )
    if len(token) < LEAST_LETTERS or not token.isascii() or not token.isprintable() or " " in token:
        raise ValueError(
            f"The token must have {LEAST_LETTERS} letters, digits or signs at least, without spaces. "
            f"Make one with: {MAKE_ONE}"
        )
    return token


def matches(wanted: str | None, given: object) -> bool:
    """Say whether a token is the wanted one, in a time that does not tell how much of it is right."""
    if wanted is None:
        return True
    return isinstance(given, str) and hmac.compare_digest(
        wanted.encode(), given.encode(errors="surrogatepass")
    )


def bearer(header: str | None) -> str | None:
    """Return the token in an ``Authorization`` header; None if it holds none."""
    if header is None or header[: len(_SCHEME)].lower() != _SCHEME:
        return None
    return header[len(_SCHEME) :].strip()
