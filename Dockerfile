ARG BASE=python:3.13-slim

FROM ${BASE} AS build
COPY requirements.lock /
RUN python -m pip install --quiet --root-user-action=ignore --disable-pip-version-check --no-cache-dir --no-compile \
        --require-hashes --only-binary :all: --requirement /requirements.lock --target /opt/cluster-status
COPY src/cluster_status /opt/cluster-status/cluster_status
COPY entrypoint.py /opt/cluster-status/__main__.py
# No programs, nor the tests that two dependencies bring. Compiled, since nothing is written at run time. One commit
# gives one image: neither the umask of a checkout matters, nor, since compiled code is not bound to them, its times.
RUN rm -rf /opt/cluster-status/bin /opt/cluster-status/tests /opt/cluster-status/*/tests && \
    chmod -R u=rwX,go=rX /opt/cluster-status && \
    python -m compileall -q --invalidation-mode unchecked-hash /opt/cluster-status

FROM ${BASE}
COPY --from=build /opt/cluster-status /opt/cluster-status
# The standard library comes uncompiled, which would cost every start a second: compile what is used of it.
# Nothing is installed from here on.
RUN PYTHONPATH=/opt/cluster-status python -B -c 'import sys, cluster_status.wiring; \
        used = (getattr(module, "__cached__", None) and module.__file__ for module in sys.modules.values()); \
        print(*(path for path in used if path and path.startswith(sys.prefix)), sep="\n")' >/tmp/used && \
    python -B -m compileall -q --invalidation-mode unchecked-hash -i /tmp/used && rm /tmp/used && \
    rm -r /usr/local/bin/pip* /usr/local/lib/python3.*/site-packages/pip*
# Root, as GitHub wants it for container actions. -I, since a workflow's `env` reaches into the container: a
# directory to run is found whatever is in there, unlike a venv. -u, so that a secret is masked before all else.
ENTRYPOINT ["/usr/local/bin/python", "-I", "-B", "-u", "/opt/cluster-status"]
