"""Where things lie."""

from pathlib import Path

TESTS = Path(__file__).parent
ROOT = TESTS.parent
VJ = ROOT / "vj"
FIELD = TESTS / "field"
"""Files as people really send them."""
CLIP = ROOT / "presets" / "clips" / "bigbuckbunny.mp4"
