ARG BASE=python:3.13-slim

FROM ${BASE} AS build
COPY requirements.lock .
RUN python -m pip install --quiet --root-user-action=ignore --no-cache-dir --no-compile \
        --require-hashes --only-binary :all: --requirement requirements.lock --target /opt/cluster-status
COPY src/cluster_status /opt/cluster-status/cluster_status
COPY entrypoint.py /opt/cluster-status/__main__.py
# no programs, nor the tests that two dependencies bring; compiled, since nothing is written at run time
RUN cd /opt/cluster-status && rm -rf bin tests */tests && python -m compileall -q .

FROM ${BASE}
COPY --from=build /opt/cluster-status /opt/cluster-status
# The standard library comes uncompiled, which would cost every start a second: compile what is used of it.
# Nothing is installed from here on.
RUN PYTHONPATH=/opt/cluster-status python -c 'import cluster_status.wiring' && \
    python -m pip uninstall --quiet --root-user-action=ignore --yes pip
# Root, as GitHub wants it for container actions. -I, since a workflow's `env` reaches into the container: a
# directory to run is found whatever is in there, unlike a venv. -u, so that a secret is masked before all else.
ENTRYPOINT ["/usr/local/bin/python", "-I", "-B", "-u", "/opt/cluster-status"]
