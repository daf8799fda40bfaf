"""Fetch the browser's libraries from npm into app/static/vendor/, and write their manifest.

Run it only to change a version: `.venv/bin/python tools/vendor.py` (needs npm, fonttools and brotli).
`tests/house/test_vendor.py` checks every file against the manifest.
"""

import hashlib
import io
import json
import re
import subprocess
import tarfile
import tempfile
from pathlib import Path

VENDOR = Path(__file__).resolve().parent.parent / "app" / "static" / "vendor"
# package, version, licence, {file in the package: file here}
LIBRARIES = [
    ("@event-calendar/build", "5.10.1", "MIT", {
        "dist/event-calendar.min.js": "event-calendar/event-calendar.min.js",
        "dist/event-calendar.min.css": "event-calendar/event-calendar.min.css",
        "LICENSE": "event-calendar/LICENSE",
    }),
    ("chart.js", "4.6.1", "MIT", {"dist/chart.umd.min.js": "chart.js/chart.umd.min.js", "LICENSE.md": "chart.js/LICENSE"}),
    ("flatpickr", "4.6.13", "MIT", {
        "dist/flatpickr.min.js": "flatpickr/flatpickr.min.js",
        "dist/flatpickr.min.css": "flatpickr/flatpickr.min.css",
        "LICENSE.md": "flatpickr/LICENSE",
    }),
    ("htmx.org", "2.0.11", "0BSD", {"dist/htmx.min.js": "htmx/htmx.min.js", "LICENSE": "htmx/LICENSE"}),
    ("swagger-ui-dist", "5.35.0", "Apache-2.0", {
        "swagger-ui-bundle.js": "swagger-ui/swagger-ui-bundle.js",
        "swagger-ui.css": "swagger-ui/swagger-ui.css",
        "LICENSE": "swagger-ui/LICENSE",
        "NOTICE": "swagger-ui/NOTICE",
    }),
    ("tom-select", "2.6.2", "Apache-2.0", {
        "dist/js/tom-select.base.min.js": "tom-select/tom-select.base.min.js",
        "dist/css/tom-select.min.css": "tom-select/tom-select.min.css",
        "LICENSE": "tom-select/LICENSE",
    }),
]  # fmt: skip
# A package without the licence it names: the text is here already, from the repository of the same release.
WITHOUT_LICENCE = {"@event-calendar/build"}
FONT = ("notosans", "5.0.0", "OFL-1.1", {"Regular": 400, "SemiBold": 600, "Bold": 700})
# Latin, Cyrillic with the Mongolian letters, punctuation, arrows and the signs we print, ₮ and № among them.
GLYPHS = (
    "U+0020-007E,U+00A0-00FF,U+0131,U+0152-0153,U+02C6,U+02DA,U+02DC,U+0400-045F,U+0462-0463,U+0472-0475,"
    "U+0490-0491,U+04AE-04AF,U+04E8-04E9,U+2013-2014,U+2018-201E,U+2020-2022,U+2026,U+2030,U+2032-2033,"
    "U+2039-203A,U+20AC,U+20AE,U+2116,U+2122,U+2190-2193,U+2212,U+2264-2265,U+25CF,U+2713,U+00D7"
)
ICONS = ("lucide-static", "1.62.0", "ISC", [
    "search", "menu", "bell", "user", "users", "calendar", "calendar-plus", "clock", "stethoscope", "pill",
    "receipt", "wallet", "shield", "settings", "log-out", "sun", "moon", "monitor", "plus", "pencil", "trash-2", "x",
    "check", "chevron-left", "chevron-right", "chevron-down", "filter", "download", "upload", "chart-column",
    "phone", "triangle-alert", "circle-alert", "circle-check", "info", "house", "door-open", "armchair",
    "clipboard-list", "id-card", "list", "arrow-left", "arrow-right", "undo-2", "printer", "languages",
    "panel-left-close", "history", "ellipsis", "credit-card", "banknote", "file-text", "key-round", "log-in",
    "circle-user", "activity", "refresh-cw", "user-plus", "lock", "tags", "umbrella", "palmtree", "briefcase", "eye",
    "mail", "message-square", "phone-call", "phone-off", "pin", "send",
])  # fmt: skip


def package(name: str, version: str) -> dict[str, bytes]:
    """Every file of an npm package."""
    with tempfile.TemporaryDirectory() as folder:
        packed = subprocess.run(
            ["npm", "pack", "--silent", f"{name}@{version}"], cwd=folder, check=True, capture_output=True, text=True
        )
        data = (Path(folder) / packed.stdout.strip().splitlines()[-1]).read_bytes()
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        return {
            member.name.split("/", 1)[1]: archive.extractfile(member).read()  # type: ignore[union-attr]
            for member in archive.getmembers()
            if member.isfile()
        }


def subset(data: bytes, flavor: str | None) -> bytes:
    """A font cut to the glyphs we use."""
    from fontTools import subset as tool

    options = tool.Options()
    options.flavor = flavor
    options.layout_features = ["kern", "liga", "tnum", "mark", "mkmk", "ccmp", "locl"] if flavor else ["kern"]
    options.name_IDs = ["*"]
    font = tool.load_font(io.BytesIO(data), options)
    subsetter = tool.Subsetter(options)
    subsetter.populate(unicodes=tool.parse_unicodes(GLYPHS.replace("U+", "")))
    subsetter.subset(font)
    out = io.BytesIO()
    font.flavor = flavor
    font.save(out)
    return out.getvalue()


def sprite(files: dict[str, bytes], names: list[str]) -> bytes:
    """One SVG with a symbol for each icon we use."""
    symbols = []
    for name in sorted(names):
        text = files[f"icons/{name}.svg"].decode()
        inner = re.search(r"<svg[^>]*>(.*)</svg>", text, re.S)[1]  # type: ignore[index]
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{" ".join(inner.split())}</symbol>')
    return ('<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n").encode()


def main() -> None:
    """Write everything anew."""
    manifest = []

    def put(entry: dict, path: str, data: bytes) -> None:
        target = VENDOR / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        entry["files"][path] = hashlib.sha256(data).hexdigest()

    for name, version, licence, wanted in LIBRARIES:
        entry = {"name": name, "version": version, "licence": licence, "files": {}}
        files = package(name, version)
        if name in WITHOUT_LICENCE:
            files["LICENSE"] = (VENDOR / wanted["LICENSE"]).read_bytes()
        for inside, here in wanted.items():
            data = files[inside]
            if inside.endswith((".js", ".css")):  # no source maps are shipped
                # at line feeds alone: a script may hold the other separators of Unicode inside its texts
                lines = re.split("\r?\n", data.decode().removesuffix("\n"))
                data = ("\n".join(line for line in lines if "sourceMappingURL=" not in line) + "\n").encode()
            put(entry, here, data)
        manifest.append(entry)

    name, version, licence, weights = FONT
    entry = {"name": name, "version": version, "licence": licence, "note": "subset, see tools/vendor.py", "files": {}}
    files = package(name, version)
    put(entry, "noto-sans/LICENSE", files["LICENSE"])
    for style, weight in weights.items():
        data = files[f"NotoSans-{style}.woff2"]
        if weight != 700:
            put(entry, f"noto-sans/noto-sans-{weight}.woff2", subset(data, "woff2"))
        if weight != 600:
            put(entry, f"noto-sans/noto-sans-{weight}.ttf", subset(data, None))
    manifest.append(entry)

    name, version, licence, names = ICONS
    entry = {"name": name, "version": version, "licence": licence, "note": "only the icons used", "files": {}}
    files = package(name, version)
    put(entry, "lucide/icons.svg", sprite(files, names))
    put(entry, "lucide/LICENSE", files["LICENSE"])
    manifest.append(entry)
    (VENDOR / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")


if __name__ == "__main__":
    main()
