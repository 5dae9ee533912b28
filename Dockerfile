# Dependabot updates this line, but reads no variable in it. A release builds on the digest that the tag then has: see
# docs/architecture.md.
FROM python:3.13-slim AS base

FROM base AS build
COPY requirements.lock /
RUN python -m pip install --quiet --root-user-action=ignore --disable-pip-version-check --no-cache-dir --no-compile \
        --require-hashes --only-binary :all: --requirement /requirements.lock --target /opt/cluster-status
COPY src/cluster_status /opt/cluster-status/cluster_status
COPY entrypoint.py /opt/cluster-status/__main__.py
# Remove programs, and the tests of two dependencies. Compile here, because nothing is written at run time. The image is
# reproducible: it does not depend on the umask or, with unchecked hashes, on the file times of the checkout.
RUN rm -rf /opt/cluster-status/bin /opt/cluster-status/tests /opt/cluster-status/*/tests && \
    chmod -R u=rwX,go=rX /opt/cluster-status && \
    python -m compileall -q --invalidation-mode unchecked-hash /opt/cluster-status

FROM base
COPY --from=build /opt/cluster-status /opt/cluster-status
# The standard library is not compiled in this base image, which costs each start a second: compile the modules in use.
# Nothing is installed after this step.
RUN PYTHONPATH=/opt/cluster-status python -B -c 'import sys, cluster_status.wiring, cluster_status.adapters.site.site; \
        used = (getattr(module, "__cached__", None) and module.__file__ for module in sys.modules.values()); \
        print(*(path for path in used if path and path.startswith(sys.prefix)), sep="\n")' >/tmp/used && \
    python -B -m compileall -q --invalidation-mode unchecked-hash -i /tmp/used && rm /tmp/used && \
    rm -r /usr/local/bin/pip* /usr/local/lib/python3.*/site-packages/pip*
# Runs as root, as GitHub requires for container actions. -I ignores the variables that a workflow sets under `env`. The
# code is a directory, not a venv, because it is found independently of them. -u writes the masks of secrets at once.
ENTRYPOINT ["/usr/local/bin/python", "-I", "-B", "-u", "/opt/cluster-status"]
