"""What webui counts."""

from chassis.metrics import counter

__all__ = ["answers", "sign_ins"]

answers = counter("turnpike_webui_answers_total", "Answers by HTTP status.", ("status",))
sign_ins = counter(
    "turnpike_webui_sign_ins_total",
    "Sign-ins by outcome.",
    ("outcome",),
    initial=(("ok",), ("refused",), ("slowed",)),
)
