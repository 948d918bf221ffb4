# The whole suite in one image: `docker run turnpike` is `turnpike up`; name a daemon to run one:
# `docker run turnpike radiusd --config /etc/turnpike/turnpike.toml`.
FROM python:3.11-slim-bookworm AS build
WORKDIR /source
RUN python -m venv /opt/turnpike
COPY deployment.lock .
RUN /opt/turnpike/bin/pip install --no-cache-dir --require-hashes -r deployment.lock
COPY . .
RUN /opt/turnpike/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /var/lib/turnpike --create-home turnpike \
    && install -d -o turnpike -g turnpike -m 0750 /var/lib/turnpike /etc/turnpike
COPY --from=build /opt/turnpike /opt/turnpike
ENV PATH=/opt/turnpike/bin:$PATH PYTHONUNBUFFERED=1 TURNPIKE_DATA=/var/lib/turnpike
USER turnpike
WORKDIR /var/lib/turnpike
VOLUME /var/lib/turnpike
EXPOSE 1812/udp 1813/udp 3799/udp 8080/tcp
STOPSIGNAL SIGTERM
# Of `turnpike up`, and of radiusd alone; another daemon's container asks its own port.
HEALTHCHECK --interval=30s --timeout=5s --start-period=90s CMD \
    ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:9640/livez', timeout=4)"]
ENTRYPOINT ["python", "-m"]
CMD ["turnpike", "up"]
