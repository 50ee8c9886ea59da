"""Whether the tests run in Wine, which lacks some of what Windows does."""

import ctypes
import sys

IS_WINE = sys.platform == "win32" and hasattr(ctypes.windll.ntdll, "wine_get_version")
