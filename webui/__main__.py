"""`python -m webui`."""

from chassis.main import run
from webui.config import WebuiSettings
from webui.daemon import Webui

if __name__ == "__main__":
    run("webui", WebuiSettings, build=Webui)
