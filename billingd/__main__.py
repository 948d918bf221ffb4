"""`python -m billingd`."""

from billingd.config import BillingdSettings
from billingd.daemon import Billingd
from chassis.main import run

if __name__ == "__main__":
    run("billingd", BillingdSettings, build=Billingd)
