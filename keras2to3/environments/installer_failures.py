"""What to tell a user whose installer has failed."""

from __future__ import annotations

from collections.abc import Sequence

from interchange.errors import Exit, Failure

VARIABLE = "KERAS2TO3_INSTALLER"

_HINT = (
    "Check the network and the free disk space (about 2 GB an environment), then run the command again; "
    f"{VARIABLE}=uv or {VARIABLE}=pip chooses the other installer."
)
_PROXY = (
    "A proxy or a login page that answers in place of the index looks the same: open the address of the index in a "
    "browser, and check HTTPS_PROXY, PIP_INDEX_URL and UV_DEFAULT_INDEX."
)
# What pip and uv print, in lower case, and the hint for it. In the end pip says of all that a package is missing.
_KNOWN = {
    ("certificate verify failed", "invalid peer certificate"): (
        "The index, or a proxy before it, has a certificate that this machine does not know: set PIP_CERT and "
        "SSL_CERT_FILE to the file with your organization's certificates."
    ),
    (
        *("failed to establish a new connection", "cannot connect to proxy", "proxyerror", "unreachable"),
        *("client error (connect)", "error sending request", "name resolution", "timed out"),
    ): (
        "The index cannot be reached: check the network, HTTPS_PROXY, PIP_INDEX_URL and UV_DEFAULT_INDEX. For a "
        "machine without a network, write a set with `env export` on another one, and build from it with `env import`."
    ),
    ("no matching distribution found", "there is no version of", "was not found in the package registry"): (
        f"The index does not have this package for this Python and platform. {_PROXY}"
    ),
    ("do not match the hashes", "hash mismatch"): f"A downloaded file is not the one that the lock lists. {_PROXY}",
    ("no space left on device",): (
        "Free about 2 GB for an environment; KERAS2TO3_HOME names another folder for them, TMPDIR one for downloads."
    ),
}


def failed(command: Sequence[str], status: int, lines: Sequence[str]) -> Failure:
    """The failure of a command, with its last lines as a log."""
    output = "\n".join(line for line in lines if line)
    text = output.lower()
    hint = next((hint for marks, hint in _KNOWN.items() if any(mark in text for mark in marks)), _HINT)
    log = f"$ {' '.join(command)}\n{output or '(no output)'}"
    reason = next((line.strip() for line in reversed(lines) if line.strip()), "no output")
    return Failure(
        Exit.ENVIRONMENT, f"An installer failed with exit status {status}: {reason}", hint, detail={"log": log}
    )
