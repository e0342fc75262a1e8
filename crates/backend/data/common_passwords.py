#!/usr/bin/env python3
"""Makes common_passwords.bin: fingerprints of the 100,000 most common passwords that are long enough to be chosen.

The list is the one in the crate `passablewords` (MIT): a million passwords by how often they occurred in leaks, most
frequent first. Cargo fetches the crate and checks it against the registry's checksum. Passwords that the length rule
refuses anyway are left out, so that each fingerprint counts.

A fingerprint is the first 5 bytes of the SHA-256 of the password in lower case and in NFC. The file holds them sorted
and nothing else, so that it is searched where it lies.

    python3 crates/backend/data/common_passwords.py
"""

import hashlib
import json
import pathlib
import subprocess
import tempfile
import unicodedata

CRATE, VERSION = "passablewords", "=1.0.1"
LIST = "src/common-passwords.txt"
COUNT = 100_000
FINGERPRINT_BYTES = 5
# As in crates/backend/src/domain/password.
MIN_CHARS, MAX_CHARS = 8, 128


def source(folder: pathlib.Path) -> pathlib.Path:
    """The crate's folder, as cargo has unpacked it."""
    (folder / "src").mkdir()
    (folder / "src/lib.rs").touch()
    manifest = f'[package]\nname = "x"\nedition = "2024"\n[dependencies]\n{CRATE} = "{VERSION}"\n'
    (folder / "Cargo.toml").write_text(manifest)
    command = ["cargo", "metadata", "--format-version=1", "--manifest-path", str(folder / "Cargo.toml")]
    packages = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)["packages"]
    manifest_path = next(package["manifest_path"] for package in packages if package["name"] == CRATE)
    return pathlib.Path(manifest_path).parent


def most_common(lines: list[str]) -> list[str]:
    """The first COUNT different passwords of a fitting length."""
    chosen: dict[str, None] = {}
    for line in lines:
        password = unicodedata.normalize("NFC", unicodedata.normalize("NFC", line).lower())
        if MIN_CHARS <= len(password) <= MAX_CHARS:
            chosen[password] = None
        if len(chosen) == COUNT:
            return list(chosen)
    raise SystemExit(f"the list has only {len(chosen)} passwords of a fitting length")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        text = (source(pathlib.Path(folder)) / LIST).read_bytes().decode(errors="replace")
    passwords = most_common(text.splitlines())
    fingerprints = {hashlib.sha256(password.encode()).digest()[:FINGERPRINT_BYTES] for password in passwords}
    target = pathlib.Path(__file__).with_suffix(".bin")
    target.write_bytes(b"".join(sorted(fingerprints)))
    print(f"{target}: {len(fingerprints)} fingerprints, {target.stat().st_size} bytes")


if __name__ == "__main__":
    main()
