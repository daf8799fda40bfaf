"""What the columns of this room are called."""

from app.kernel.text import Text

LABELS: dict[str, Text] = {}
