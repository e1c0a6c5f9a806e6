# The bot in a container: `docker build -t orgbot .`; docs/how-to/deploy.md has the way from there.
FROM python:3.11-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
# What only builds has an environment of its own. The pip of this stage fills both: the image that runs has none.
RUN python -m venv --without-pip /opt/orgbot && python -m venv --without-pip /opt/build
WORKDIR /src
# The locked packages first: this layer stays until the lock changes.
COPY requirements/run.txt requirements/build.txt requirements/
RUN python -m pip --python /opt/orgbot/bin/python install --no-deps --require-hashes -r requirements/run.txt
RUN python -m pip --python /opt/build/bin/python install --no-deps --require-hashes -r requirements/build.txt
COPY pyproject.toml README.md LICENSE manifest.yml ./
COPY approvals approvals
COPY bot bot
COPY handlers handlers
COPY operations operations
# Without the sandbox, which is for trying it out.
RUN /opt/build/bin/hatchling build -t wheel -d /wheel \
    && python -m pip --python /opt/orgbot/bin/python install --no-deps --no-index /wheel/*.whl

FROM python:3.11-slim
LABEL org.opencontainers.image.title="orgbot" org.opencontainers.image.licenses="MIT"
RUN useradd --system --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin orgbot \
    && install -d -o 10001 -g 10001 /data \
    && python -m pip uninstall --quiet --yes --root-user-action=ignore pip
COPY --from=build /opt/orgbot /opt/orgbot
ENV PATH=/opt/orgbot/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DATABASE_URL=sqlite:////data/orgbot.db \
    HOST=0.0.0.0 \
    PORT=3000
WORKDIR /data
USER 10001:10001
VOLUME /data
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f\"http://127.0.0.1:{os.environ['PORT']}/healthz\", timeout=4)"]
ENTRYPOINT ["orgbot"]
CMD ["run"]
