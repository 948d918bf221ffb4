"""What webui counts."""

from chassis.metrics import counter

__all__ = ["sign_ins"]

sign_ins = counter(
    "turnpike_webui_sign_ins_total",
    "Sign-ins by outcome.",
    ("outcome",),
    initial=(("ok",), ("refused",), ("slowed",)),
)
