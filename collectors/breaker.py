"""Whether a device that does not answer is worth another look: it is left alone ever longer."""

from chassis.breaker import Breaker, Patience

__all__ = ["Breaker", "after"]

after = Patience(failures_max=2, open_seconds=60, open_seconds_max=900).after
"""One reading that gave nothing may be bad luck. A device that is back is noticed within a quarter
of an hour at worst, by one GET.
"""
