# The image of DASA: docker build -t dasa .   (or buildah bud --format docker -t dasa .)
#
# Behind a mirror, three optional build secrets say how to reach packages and stay out of the image:
# pip_conf (a pip.conf), npmrc (an .npmrc) and ca (certificates that these two name as /run/secrets/ca).
ARG BASE=python:3.11-slim-bookworm

FROM ${BASE} AS build
ENV PIP_CONFIG_FILE=/run/secrets/pip_conf \
    PIP_NO_CACHE_DIR=1 \
    npm_config_userconfig=/run/secrets/npmrc \
    npm_config_cache=/tmp/npm
WORKDIR /build

# Packages first: this layer, the slow one, changes only with the locks.
COPY requirements requirements
COPY tools/setup.py tools/setup.py
COPY client/package.json client/package-lock.json client/
RUN --mount=type=secret,id=pip_conf --mount=type=secret,id=npmrc --mount=type=secret,id=ca \
    python3 tools/setup.py packages && rm -rf /tmp/npm
RUN --mount=type=secret,id=pip_conf --mount=type=secret,id=ca \
    python3 -m venv --without-pip /opt/dasa && \
    .venv/bin/python -m pip -q --python /opt/dasa/bin/python install --require-hashes -r requirements/serve.txt

COPY . .
RUN --mount=type=secret,id=pip_conf --mount=type=secret,id=npmrc --mount=type=secret,id=ca \
    python3 tools/setup.py wheel && \
    .venv/bin/python -m build --no-isolation --wheel --outdir dist . && \
    .venv/bin/python -m pip -q --python /opt/dasa/bin/python install --no-deps --no-index dist/*.whl && \
    python3 tools/slim.py /opt/dasa

FROM ${BASE}
LABEL org.opencontainers.image.title="DASA" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN groupadd --gid 10001 dasa && \
    useradd --uid 10001 --gid dasa --no-create-home --home-dir /var/lib/dasa --shell /usr/sbin/nologin dasa && \
    install -d -o dasa -g dasa -m 0700 /var/lib/dasa
COPY LICENSE NOTICE /usr/share/doc/dasa/
COPY --from=build /opt/dasa /opt/dasa
# Nothing is written beside /var/lib/dasa (bundles, and the store where it is SQLite) and /tmp.
ENV PATH=/opt/dasa/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DASA_DATA=/var/lib/dasa \
    DASA_HOST=0.0.0.0 \
    DASA_LOG_FORMAT=json
USER 10001:10001
WORKDIR /var/lib/dasa
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-m", "dasa.server.probe"]
ENTRYPOINT ["dasa"]
CMD ["serve"]
