# Dependabot updates this line, but reads no variable in it. A release builds on the digest that the tag then has: see
# docs/architecture.md.
FROM python:3.13-slim AS build
COPY requirements.lock /
RUN python -m pip install --quiet --root-user-action=ignore --disable-pip-version-check --no-cache-dir --no-compile \
        --require-hashes --only-binary :all: --requirement /requirements.lock --target /opt/cluster-status && \
    rm -rf /opt/cluster-status/bin /opt/cluster-status/tests /opt/cluster-status/*/tests
COPY src/cluster_status /opt/cluster-status/cluster_status
COPY entrypoint.py /opt/cluster-status/__main__.py
COPY tools/image_root.py /
# The image does not depend on the umask of the checkout.
RUN chmod -R u=rwX,go=rX /opt/cluster-status && python -B /image_root.py /opt/cluster-status /image

# Only what the action runs: no shell, package manager, pip or setuid program. It is pulled at every poll.
FROM scratch
COPY --from=build /image /
ENV PATH=/usr/local/bin LANG=C.UTF-8
# Runs as root, as GitHub requires for container actions. -I ignores the variables that a workflow sets under `env`. The
# code is a directory, not a venv, because it is found independently of them. -u writes the masks of secrets at once.
ENTRYPOINT ["/usr/local/bin/python", "-I", "-B", "-u", "/opt/cluster-status"]
