#!/usr/bin/env bash
# A Docker engine for the tests, on a machine where none answers. Sourced after packages.sh.

engine_answers() {
  docker version >/dev/null 2>&1
}

# docker.io is the engine. Debian 13 moved its client and buildx to packages of their own. Debian 12 has no package
# with buildx: its client builds without it. Ubuntu has docker-buildx, and the client in docker.io.
# Of the packages that docker.io only recommends, it needs two: apparmor, because the engine starts no container on a
# kernel with AppArmor otherwise, and ca-certificates, because it pulls images over HTTPS.
install_engine() {
  local packages=(docker.io apparmor ca-certificates) package
  update_package_lists
  for package in docker-cli docker-buildx; do
    if apt-cache show "$package" >/dev/null 2>&1; then
      packages+=("$package")
    fi
  done
  install_packages "${packages[@]}"
}

# Starts an engine with a socket of its own, and makes it the engine of every later command. The images are those of
# Debian's service, so that the next run need not pull them again.
start_engine() {
  export PATH=$PATH:/usr/sbin:/sbin # for dockerd, and for iptables, which it runs
  if ! command -v dockerd >/dev/null || ! command -v docker >/dev/null; then
    install_engine
  fi
  engine_directory=$(mktemp -d)
  unset DOCKER_CONTEXT DOCKER_TLS_VERIFY
  export DOCKER_HOST=unix://$engine_directory/docker.sock
  # in a session of its own: an interrupt from the terminal is for the tests, which still remove their containers
  setsid dockerd --host "$DOCKER_HOST" >"$engine_directory/log" 2>&1 </dev/null &
  engine_pid=$!
  local deadline=$((SECONDS + 60))
  until engine_answers; do
    if [ "$SECONDS" -ge "$deadline" ] || ! kill -0 "$engine_pid" 2>/dev/null; then
      echo 'dockerd does not start. The end of its log:' >&2
      tail -n 20 "$engine_directory/log" >&2
      return 1
    fi
    sleep 0.2
  done
}

# Ends the engine that start_engine started, if it did.
stop_engine() {
  if [ -n "${engine_pid:-}" ]; then
    kill "$engine_pid" 2>/dev/null || true
    wait "$engine_pid" || true
    rm -rf "$engine_directory"
    engine_pid=
  fi
}
