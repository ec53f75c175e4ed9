# syntax=docker/dockerfile:1
# Airflow's official image with FlowForge in it, for every component of docker-compose.yaml.

# Slim: without the providers that nothing here needs, whose versions would contradict constraints.txt.
ARG AIRFLOW_IMAGE=apache/airflow:slim-3.3.2-python3.12

# ---- the editor -------------------------------------------------------------------------------------------
FROM node:22-bookworm-slim AS editor
WORKDIR /build/editor
# The packages first: they are kept while the sources change.
COPY editor/package.json editor/package-lock.json ./
RUN npm ci --no-audit --no-fund --ignore-scripts
COPY editor ./
RUN npm run build

# ---- the wheel ----------------------------------------------------------------------------------------------
FROM python:3.12-slim-bookworm AS wheel
WORKDIR /build
COPY constraints.txt ./
RUN pip install --no-cache-dir --constraint constraints.txt build hatchling
COPY pyproject.toml hatch_build.py README.md LICENSE ./
COPY dags/graphs dags/graphs
COPY flowforge_provider flowforge_provider
COPY --from=editor /build/flowforge_provider/plugins/www flowforge_provider/plugins/www
RUN python -m build --wheel --no-isolation --outdir dist .

# ---- what runs, as the user airflow ---------------------------------------------------------------------------
FROM ${AIRFLOW_IMAGE}
# The versions of constraints.txt are those that the tests run with; Airflow itself stays the image's.
RUN --mount=type=bind,from=wheel,source=/build,target=/build \
    pip install --no-cache-dir --constraint /build/constraints.txt \
        "apache-airflow==${AIRFLOW_VERSION}" "$(echo /build/dist/*.whl)[celery,fab]" && \
    pip check
USER airflow
