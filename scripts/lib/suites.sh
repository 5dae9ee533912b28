#!/usr/bin/env bash
# The suites of tests: what each needs, whether it can run here, and which did not. Sourced after docker.sh.

ALL_SUITES=(unit property contract browser real image)
left_out=() # what did not run, as arguments of pytest
reasons=()  # and why, in the same order

# Prints the suites that are named in arguments of pytest, a line each.
named_suites() { # argument…
  local suite
  for suite in "${ALL_SUITES[@]}"; do
    if [[ " $*" == *" tests/$suite"* ]]; then
      echo "$suite"
    fi
  done
}

missing_packages() { # suite…
  python -m tests.servers.program "$@"
}

install_missing_packages() { # suite…
  local packages
  read -ra packages < <(missing_packages "$@")
  if [ "${#packages[@]}" != 0 ] && command -v apt-get >/dev/null; then
    update_package_lists
    install_packages "${packages[@]}"
  fi
}

# Prints why a suite cannot run here, or nothing if it can.
why_not() { # suite
  local packages
  if [[ $1 =~ ^(real|image)$ && $EUID != 0 ]]; then
    echo 'only root can start a real sshd and a real Slurm'
    return
  fi
  packages=$(missing_packages "$1")
  if [ -n "$packages" ]; then
    echo "Debian packages are missing: $packages"
  elif [ "$1" = image ] && ! engine_answers; then
    echo 'no Docker engine answers'
  fi
}

# Root in a container may lack the capabilities.
can_make_namespaces() {
  unshare --mount --net ip link set lo up 2>/dev/null
}

leave_out() { # arguments of pytest, reason
  left_out+=("$1")
  reasons+=("$2")
}

command_for() { # arguments of pytest
  if [ "$EUID" != 0 ]; then
    printf 'sudo '
  fi
  echo "scripts/test --install $1"
}

list_left_out() { # further arguments of pytest
  local index words count
  if [ "${#left_out[@]}" != 0 ]; then
    echo 'These tests did not run:'
  fi
  for index in "${!left_out[@]}"; do
    read -ra words <<<"${left_out[index]}"
    count=$(pytest --collect-only "${words[@]}" "$@" --verbosity=-1 | grep -c :: || true) # one line for each
    printf '  %s (%s tests), because %s. To run them:\n' "${words[*]}" "$count" "${reasons[index]}"
    printf '    %s\n' "$(command_for "${words[*]}")"
  done
}
