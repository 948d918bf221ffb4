"""What each vendor's equipment understands: one file per vendor, named as in `isp.nas.Vendor`.

A file holds `PROFILE`; a vendor without a file is spoken to as `generic`.
"""

from importlib import import_module
from pkgutil import iter_modules
from typing import cast

from isp.nas import Vendor
from policy.vendors.profile import Profile, Server

__all__ = ["Profile", "Server", "profile"]

_FILES = {module.name for module in iter_modules(__path__)}


def profile(vendor: Vendor) -> Profile:
    """How to speak to that vendor's equipment."""
    return _PROFILES[vendor]


def _load(vendor: Vendor) -> Profile:
    file = vendor.name.lower()
    module = import_module(f"{__name__}.{file if file in _FILES else 'generic'}")
    return cast("Profile", module.PROFILE)


_PROFILES = {vendor: _load(vendor) for vendor in Vendor}
