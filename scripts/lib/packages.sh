#!/usr/bin/env bash
# Debian packages, for scripts that run as root. Sourced.

_apt_get() {
  DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 --quiet=2 "$@" >/dev/null
}

update_package_lists() {
  _apt_get update
}

# Installs packages without starting the daemons in them: the tests start their own. A subshell has its own trap.
install_packages() ( # package…
  policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
  fi
  _apt_get install --no-install-recommends "$@"
)
