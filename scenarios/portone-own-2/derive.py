"""Figures of this case; the arithmetic of all PortOne cases is in ../portone.py."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from portone import derive  # noqa: E402

derive(__file__, "own-2")
