"""What the browser loads is ours: every vendored file is the one of the manifest, nothing comes from another host."""

import hashlib
import json
import re
from pathlib import Path

STATIC = Path(__file__).resolve().parents[2] / "app" / "static"


def test_vendored_files_are_those_of_the_manifest() -> None:
    manifest = json.loads((STATIC / "vendor" / "manifest.json").read_text())
    listed = {path: digest for entry in manifest for path, digest in entry["files"].items()}
    on_disk = {str(p.relative_to(STATIC / "vendor")) for p in (STATIC / "vendor").rglob("*") if p.is_file()} - {
        "manifest.json"
    }
    assert set(listed) == on_disk
    for path, digest in listed.items():
        assert hashlib.sha256((STATIC / "vendor" / path).read_bytes()).hexdigest() == digest, path
    assert all(entry["licence"] and entry["version"] for entry in manifest)


def test_nothing_is_loaded_from_another_host() -> None:
    own = [*STATIC.glob("css/*"), *STATIC.glob("js/*"), *(STATIC.parent / "templates").rglob("*.html")]
    for path in own:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"""(?:src|href|url\()\s*=?\s*["'(]?\s*(?:https?:)?//""", text), path
