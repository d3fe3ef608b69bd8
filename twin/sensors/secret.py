"""Passwords and keys: in the system's keyring, only their name in a project; without one, in the environment."""

from __future__ import annotations

import os
import re

from twin.errors import BadInput

_SERVICE = "stockholm-twin"


def secret(name: str) -> str:
    """Return a secret by its name; "" for no name.

    The environment variable ``TWIN_SECRET_NAME`` comes first, for machines without a desktop.

    Raises
    ------
    BadInput
        When it is in neither place.
    """
    if not name:
        return ""
    variable = "TWIN_SECRET_" + re.sub(r"\W", "_", name).upper()
    if variable in os.environ:
        return os.environ[variable]
    import keyring
    import keyring.errors

    try:
        found = keyring.get_password(_SERVICE, name)
    except keyring.errors.KeyringError:
        found = None
    if found is None:
        raise BadInput(
            "The keyring holds nothing called {name}; put it there, or set {variable}.", name=name, variable=variable
        )
    return found


def keep_secret(name: str, value: str) -> None:
    """Put a secret into the system's keyring.

    Raises
    ------
    BadInput
        When this system has no keyring; nothing is written anywhere else then.
    """
    import keyring
    import keyring.errors

    try:
        keyring.set_password(_SERVICE, name, value)
    except keyring.errors.KeyringError as error:
        raise BadInput("This system has no keyring to keep {name} in.", name=name) from error
