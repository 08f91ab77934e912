# The image of Parley: dependencies are pinned by hash, it runs unprivileged and writes only to /app/data.

FROM python:3.13-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src
COPY requirements.lock requirements-build.lock ./
RUN python -m venv /opt/parley \
    && /opt/parley/bin/pip install --no-deps --require-hashes -r requirements.lock \
    && python -m pip install --root-user-action=ignore --no-deps --require-hashes -r requirements-build.lock
COPY pyproject.toml README.md LICENSE ./
COPY migrations migrations
COPY bot bot
RUN python -m hatchling build -t wheel -d dist \
    && /opt/parley/bin/pip install --no-deps --no-index dist/*.whl

FROM python:3.13-slim
LABEL org.opencontainers.image.title="Parley" \
      org.opencontainers.image.description="A Discord bot that brings chat models into channels" \
      org.opencontainers.image.licenses="MIT"
RUN groupadd --gid 10001 parley \
    && useradd --uid 10001 --gid parley --no-create-home --home-dir /app --shell /usr/sbin/nologin parley \
    && install --directory --owner=parley --group=parley /app/data
COPY --from=build /opt/parley /opt/parley
ENV PATH=/opt/parley/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
# the default database, data/parley.db, is relative to this directory and therefore in the volume
WORKDIR /app
VOLUME /app/data
USER 10001:10001
# on SIGTERM, Parley finishes and records running replies before it exits
STOPSIGNAL SIGTERM
# No HEALTHCHECK: Parley listens on no port, reconnects on its own, and exits if it cannot recover.
CMD ["parley", "run"]
